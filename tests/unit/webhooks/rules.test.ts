import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readCorpus } from '../../../proofs/fuzz/corpus.ts';
import {
  backoffMs,
  firstDueAt,
  isUrgentBody,
  judgeEvent,
  maxWaitMs,
  unmatchedAlertMs,
  type ItemOutcome,
} from '../../../src/webhooks/rules.ts';
import { parseWebhookBody } from '../../../src/whatsapp/events.ts';

const done: ItemOutcome = { kind: 'done' };
const unmatched: ItemOutcome = { kind: 'unmatched', reason: 'no message' };
const failed: ItemOutcome = { kind: 'failed', reason: 'MongoNetworkError' };
const invalid: ItemOutcome = { kind: 'invalid', reason: '[0]: id' };

describe('webhook event', () => {
  const young = { attempts: 1, ageMs: 0 };
  const old = { attempts: 9, ageMs: maxWaitMs };

  it('all items done, or no item › done', () => {
    assert.deepEqual(judgeEvent([], young), { kind: 'done' });
    assert.deepEqual(judgeEvent([done, done], old), { kind: 'done' });
  });

  const again: readonly [string, ItemOutcome[], string][] = [
    ['one is unmatched', [done, unmatched], 'unmatched: no message'],
    ['one failed', [failed, done], 'failed: MongoNetworkError'],
    ['one failed beside an invalid one', [invalid, failed], 'failed: MongoNetworkError'],
    ['one is unmatched beside a failed one', [unmatched, failed], 'failed: MongoNetworkError'],
  ];
  for (const [name, outcomes, reason] of again) {
    it(`${name} › again while it is young, dead after the retry period`, () => {
      const isRead = !outcomes.includes(failed);
      assert.deepEqual(judgeEvent(outcomes, young), { kind: 'again', delayMs: 500, reason, isRead });
      const late = { attempts: 4, ageMs: maxWaitMs - 1 };
      assert.deepEqual(judgeEvent(outcomes, late), { kind: 'again', delayMs: 4_000, reason, isRead });
      assert.deepEqual(judgeEvent(outcomes, old), { kind: 'dead', reason });
    });
  }

  it('one can never be read › dead at once, so that operators see it', () => {
    assert.deepEqual(judgeEvent([done, invalid], young), { kind: 'dead', reason: 'invalid: [0]: id' });
  });

  it('any outcomes › done only if all are, dead early only if no retry can succeed', () => {
    const outcomes = fc.array(fc.constantFrom(done, unmatched, failed, invalid), { maxLength: 8 });
    fc.assert(
      fc.property(outcomes, fc.nat(), fc.integer({ min: 1, max: 100 }), (items, ageMs, attempts) => {
        const verdict = judgeEvent(items, { attempts, ageMs });
        const isOpen = items.some(({ kind }) => kind === 'failed' || kind === 'unmatched');
        assert.equal(
          verdict.kind === 'done',
          items.every(({ kind }) => kind === 'done'),
        );
        assert.equal(verdict.kind === 'again', isOpen && ageMs < maxWaitMs);
      }),
    );
  });

  it('waits › double from half a second up to five minutes', () => {
    const delays = [0, 1, 2, 3, 4, 10, 11, 12, 2_000].map(backoffMs);
    assert.deepEqual(delays, [500, 500, 1_000, 2_000, 4_000, 256_000, 300_000, 300_000, 300_000]);
  });

  it('the limits › 36 h of retries, a check after 15 min', () => {
    assert.deepEqual([maxWaitMs, unmatchedAlertMs], [129_600_000, 900_000]);
  });
});

describe('urgent webhook event', () => {
  it('every known body, as it is and indented › a person’s message is urgent, receipts alone are not', async () => {
    const bodies = (await readCorpus()).map(({ wire }) => wire.toString('utf8'));
    const indented = bodies.map((body) => JSON.stringify(JSON.parse(body), null, 2));
    const seen = { words: 0, receipts: 0 };
    for (const body of [...bodies, ...indented]) {
      const kinds = parseWebhookBody(body).map(({ kind }) => kind);
      if (kinds.some((kind) => kind === 'message' || kind === 'preference')) {
        assert.equal(isUrgentBody(body), true, body);
        seen.words += 1;
      } else if (kinds.every((kind) => kind === 'status')) {
        assert.equal(isUrgentBody(body), false, body);
        seen.receipts += 1;
      }
    }
    assert.ok(seen.words >= 20 && seen.receipts >= 8, JSON.stringify(seen));
  });

  it('receipts that quote the keys, in any text of theirs › not urgent', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('messages', 'user_preferences'), (text, key) => {
        const message = `${text}"${key}":${text}`;
        const body = {
          statuses: [{ id: 'wamid.1', status: 'failed', timestamp: '1', errors: [{ message }] }],
        };
        assert.equal(isUrgentBody(JSON.stringify(body)), false);
      }),
    );
  });

  it('one message among many receipts › urgent', () => {
    const statuses = Array.from({ length: 100 }, (_, index) => ({ id: `wamid.${index}` }));
    assert.equal(isUrgentBody(JSON.stringify({ statuses, messages: [{ id: 'wamid.m' }] })), true);
  });
});

describe('webhook event that may hold a STOP', () => {
  const now = new Date('2026-11-28T12:00:00Z');
  const hasHeadStart = (body: string): boolean => firstDueAt(body, now) < now;
  const bodyOf = (message: object, field = 'messages'): string => {
    const messages = [{ id: 'wamid.1', from: '4915500000001', ...message }];
    const value = field === 'history' ? { history: [{ threads: [{ id: '1', messages }] }] } : { messages };
    return JSON.stringify({ entry: [{ changes: [{ field, value }] }] });
  };
  const text = (body: string) => ({ type: 'text', text: { body } });

  const may: readonly [string, object][] = [
    ['STOP', text('STOP')],
    ['a stop word with courtesies', text('stop, thanks!')],
    ['a short text with a stop word', text('will you please stop that')],
    ['a stop word before 70,000 spaces', text(`STOP${' '.repeat(70_000)}`)],
    ['a stop word of another script', text('إيقاف')],
    ['a start word', text('start')],
    ['a caption', { type: 'image', image: { id: '1', caption: 'Stop' } }],
    ['the tap of a button', { type: 'button', button: { text: 'Ja', payload: 'x' } }],
    ['the tap of a reply', { type: 'interactive', interactive: { button_reply: { id: '1', title: 'Ja' } } }],
  ];
  for (const [name, message] of may)
    it(`${name} › has a head start; escaped too`, () => {
      const body = bodyOf(message);
      const escaped = body.replaceAll(
        /[^\p{ASCII}]/gu,
        (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
      assert.deepEqual([hasHeadStart(body), hasHeadStart(escaped)], [true, true]);
    });

  it('a text with an escape that JSON does not have › judged as it stands', () => {
    const wrong = (words: string) => bodyOf(text('@')).replace('@', () => words);
    assert.deepEqual([hasHeadStart(wrong('\\q stop')), hasHeadStart(wrong('\\q hello'))], [true, false]);
  });

  const others: readonly [string, object][] = [
    ['hello', text('hello')],
    ['a word that contains a stop word', text('return')],
    ['a long text', text(`please stop ${'by '.repeat(100)}`)],
    ['a picture', { type: 'image', image: { id: '1' } }],
  ];
  for (const [name, message] of others)
    it(`${name} › has none, and is urgent`, () => {
      assert.deepEqual([hasHeadStart(bodyOf(message)), isUrgentBody(bodyOf(message))], [false, true]);
    });

  it('a backlog › never has a head start, and is urgent only with a STOP', () => {
    const [hello, stop] = [bodyOf(text('hello'), 'history'), bodyOf(text('STOP'), 'history')];
    assert.deepEqual([hasHeadStart(hello), isUrgentBody(hello)], [false, false]);
    assert.deepEqual([hasHeadStart(stop), isUrgentBody(stop)], [false, true]);
  });
});
