import assert from 'node:assert/strict';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { newId } from '../../../src/platform/ids.ts';
import type { NumberedEvent } from '../../../src/events/repository.ts';
import { maySee } from '../../../src/events/stream/audience.ts';
import {
  eventFrame,
  expiredFrame,
  heartbeatFrame,
  maxFrameBytes,
  openingFrame,
  resetFrame,
  retryFrame,
  toEventView,
} from '../../../src/events/stream/frames.ts';
import { decideResume, hasExpired, maxReplay } from '../../../src/events/stream/resume.ts';

const eventWith = (view: Readonly<Record<string, unknown>>): NumberedEvent => ({
  _id: newId(),
  clientId: newId(),
  type: 'lead.created',
  entity: { type: 'lead', id: newId() },
  version: 1,
  at: new Date('2026-11-29T08:00:00.000Z'),
  audience: 'everyone',
  view,
  seq: 42,
});

function parse(text: string): EventSourceMessage[] {
  const messages: EventSourceMessage[] = [];
  createParser({ onEvent: (message) => messages.push(message) }).feed(text);
  return messages;
}

describe('frames of a stream', () => {
  it('an event with any text › arrives as it was, in one frame', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const event = eventWith({ text });
        const [message, ...others] = parse(eventFrame(event));
        assert.deepEqual(JSON.parse(message?.data ?? ''), JSON.parse(JSON.stringify(toEventView(event))));
        assert.deepEqual([message?.id, message?.event, others.length], ['42', undefined, 0]);
      }),
    );
  });

  it('an event › never shows the client, the audience or the user', () => {
    const shown = toEventView({ ...eventWith({}), audience: 'user', userId: newId() });
    assert.deepEqual(Object.keys(shown), ['id', 'seq', 'type', 'at', 'entity', 'version', 'view']);
  });

  it('a frame over the limit › throws', () => {
    assert.throws(() => eventFrame(eventWith({ text: 'x'.repeat(maxFrameBytes) })), /larger than/);
  });

  it('end of the process › no event', () => {
    assert.deepEqual(parse(retryFrame(500)), []);
  });

  it('ready, ping, reset and expired › notices with a name', () => {
    const messages = parse(
      openingFrame(6, 3_000) + heartbeatFrame(7) + resetFrame(7, 'too-old') + expiredFrame,
    );
    assert.deepEqual(
      messages.map(({ event, data }) => [event, JSON.parse(data) as unknown]),
      [
        ['ready', { seq: 6 }],
        ['ping', {}],
        ['reset', { seq: 7, reason: 'too-old' }],
        ['expired', {}],
      ],
    );
  });
});

describe('resume of a stream', () => {
  const cases: readonly (readonly [string, string | undefined, number, object])[] = [
    ['no id', undefined, 5, { from: 5 }],
    ['an empty id', '', 5, { from: 5 }],
    ['an id behind the head', '3', 5, { from: 3 }],
    ['the id of the head', '5', 5, { from: 5 }],
    ['nothing seen yet', '0', 5, { from: 0 }],
    ['an id beyond the head', '6', 5, { from: 5, reset: 'unknown' }],
    ['an id that is no number', '3a', 5, { from: 5, reset: 'unknown' }],
    ['a number in another form', '03', 5, { from: 5, reset: 'unknown' }],
    ['a negative number', '-1', 5, { from: 5, reset: 'unknown' }],
    ['a number that is too long', '9'.repeat(40), 5, { from: 5, reset: 'unknown' }],
    ['the most that is replayed', '1', maxReplay + 1, { from: 1 }],
    ['one more', '0', maxReplay + 1, { from: maxReplay + 1, reset: 'too-old' }],
  ];
  for (const [situation, lastEventId, head, expected] of cases) {
    it(`${situation} › ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(decideResume(lastEventId, head), expected);
    });
  }

  it('the next number › tells whether events are missing', () => {
    assert.equal(hasExpired(3, 4, 9), false);
    assert.equal(hasExpired(3, 5, 9), true);
    assert.equal(hasExpired(3, undefined, 9), true);
    assert.equal(hasExpired(9, undefined, 9), false);
  });
});

describe('audience of an event', () => {
  const [me, other] = [newId(), newId()];
  const agent = { role: 'agent', userId: me } as const;
  const admin = { role: 'admin', userId: me } as const;
  for (const [audience, userId, ofAgent, ofAdmin] of [
    ['everyone', undefined, true, true],
    ['admins', undefined, false, true],
    ['user', me, true, true],
    ['user', other, false, false],
    ['user', undefined, false, false],
  ] as const) {
    const whom = userId === undefined ? '' : userId === me ? ' (the listener)' : ' (another)';
    it(`${audience}${whom} › agent ${ofAgent}, admin ${ofAdmin}`, () => {
      const event = { audience, ...(userId === undefined ? {} : { userId }) };
      assert.deepEqual([maySee(event, agent), maySee(event, admin)], [ofAgent, ofAdmin]);
    });
  }
});
