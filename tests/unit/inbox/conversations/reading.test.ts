import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  afterReading,
  afterUnreading,
  maxUnreadCount,
  readUpToOf,
  shownUnread,
  type ReadingState,
} from '../../../../src/inbox/conversations/reading.ts';

type Step =
  | { readonly kind: 'arrives' }
  | { readonly kind: 'read'; readonly position: number }
  | { readonly kind: 'read-all' }
  | { readonly kind: 'unread'; readonly position: number };

const position = fc.integer({ min: -3, max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ kind: 'arrives' } as const),
  position.map((at) => ({ kind: 'read', position: at }) as const),
  fc.constant({ kind: 'read-all' } as const),
  position.map((at) => ({ kind: 'unread', position: at }) as const),
);

/** The state after a step, as the repository stores it. */
function after(state: ReadingState, taken: Step): ReadingState {
  const { lastArrival = 0, unreadCount } = state;
  switch (taken.kind) {
    case 'arrives':
      return { ...state, lastArrival: lastArrival + 1, unreadCount: Math.max(unreadCount, 1) };
    case 'read':
      return { ...state, ...afterReading(state, taken.position) };
    case 'read-all':
      return { ...state, ...afterReading(state, lastArrival) };
    case 'unread':
      return { ...state, ...afterUnreading(state, taken.position) };
  }
}

/** Message by message: which of them are unread. */
function afterByMessage(unread: ReadonlySet<number>, last: number, taken: Step): ReadonlySet<number> {
  const all = Array.from({ length: last }, (_value, index) => index + 1);
  switch (taken.kind) {
    case 'arrives':
      return new Set([...unread, last + 1]);
    case 'read':
      return new Set([...unread].filter((number) => number > taken.position));
    case 'read-all':
      return new Set();
    case 'unread':
      return new Set([...unread, ...all.filter((number) => number > taken.position)]);
  }
}

describe('what is read › the position', () => {
  it('any course of messages, reads and unreads › as if each message had its own mark', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let state: ReadingState = { unreadCount: 0 };
        let unread: ReadonlySet<number> = new Set();
        for (const taken of steps) {
          const last = state.lastArrival ?? 0;
          // Nobody can name a message that has not arrived.
          const possible =
            'position' in taken ? { ...taken, position: Math.min(taken.position, last) } : taken;
          unread = afterByMessage(unread, last, possible);
          state = after(state, possible);
          const counted = (state.lastArrival ?? 0) - readUpToOf(state);
          const numbered = Math.min(counted, state.lastArrival ?? 0);
          assert.equal(numbered, unread.size, JSON.stringify(state));
          assert.equal(state.unreadCount > 0, counted > 0);
        }
      }),
    );
  });

  it('an older message › changes nothing', () => {
    const state = { lastArrival: 5, readUpTo: 3, unreadCount: 1 };
    assert.equal(afterReading(state, 2), null);
    assert.equal(afterReading(state, 3), null);
  });

  it('a message of the old version beside › unread until all is read, whatever older one is named', () => {
    const state = { lastArrival: 5, readUpTo: 5, unreadCount: 1 };
    assert.equal(afterReading(state, 4), null);
    assert.deepEqual(afterReading(state, 5), { readUpTo: 5, unreadCount: 0 });
    assert.equal(shownUnread(state, 0), 1);
  });

  it('messages of earlier versions, numbered below 1 › unread and read as all others', () => {
    const unread = afterUnreading({ unreadCount: 0 }, -3);
    assert.deepEqual(unread, { readUpTo: -3, unreadCount: 1 });
    assert.deepEqual(afterReading({ readUpTo: -3, unreadCount: 1 }, -1), { readUpTo: -1, unreadCount: 1 });
    assert.deepEqual(afterReading({ readUpTo: -3, unreadCount: 1 }, 0), { readUpTo: 0, unreadCount: 0 });
  });

  it('unread from a later message than the first unread one › the earlier ones stay unread', () => {
    assert.equal(afterUnreading({ lastArrival: 5, readUpTo: 1, unreadCount: 1 }, 3), null);
  });

  it('the shown number › 0 without a mark, and bounded', () => {
    assert.equal(shownUnread({ unreadCount: 0 }, 7), 0);
    assert.equal(shownUnread({ unreadCount: 3 }, 7), 7);
    assert.equal(shownUnread({ unreadCount: 900 }, 900), maxUnreadCount);
  });
});
