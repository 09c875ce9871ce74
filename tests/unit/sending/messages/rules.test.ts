import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  burstOf,
  causeOfEnd,
  deadlinesOf,
  decideAfterCall,
  earlierOf,
  isBulkPriority,
  maxPermitWaitMs,
  priorityOf,
  priorityOrDefault,
  toFailure,
} from '../../../../src/sending/messages/rules.ts';
import { maxProviderCalls } from '../../../../src/whatsapp/error-classes.ts';
import type { GatewayAnswer, RejectedError } from '../../../../src/whatsapp/gateway.ts';
import { errorEnds } from '../../../../scripts/docs/error-ends.ts';

const rejected = (
  error: Partial<RejectedError> & { code: number },
  retryAfterMs?: number,
): GatewayAnswer => ({
  kind: 'rejected',
  error: { title: 'Title', detail: 'Detail', httpStatus: 400, ...error },
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

describe('after a provider call', () => {
  const done: readonly { name: string; answer: GatewayAnswer; attempt: number; expected: object }[] = [
    {
      name: 'accepted',
      answer: { kind: 'accepted', providerMessageId: 'wamid.1', isHeld: false },
      attempt: 1,
      expected: { kind: 'accepted', providerMessageId: 'wamid.1', isHeld: false },
    },
    {
      name: 'accepted but held for a quality assessment',
      answer: { kind: 'accepted', providerMessageId: 'wamid.2', isHeld: true },
      attempt: 3,
      expected: { kind: 'accepted', providerMessageId: 'wamid.2', isHeld: true },
    },
    {
      name: 'no answer that can be read',
      answer: { kind: 'unknown', reason: 'the connection was reset', code: 'ECONNRESET' },
      attempt: 1,
      expected: { kind: 'unknown', reason: 'the connection was reset', code: 'ECONNRESET' },
    },
    {
      name: 'refused for ever',
      answer: rejected({ code: 131026 }),
      attempt: 1,
      expected: {
        kind: 'rejected',
        failure: {
          code: '131026',
          class: 'message',
          title: 'The message cannot be delivered',
          detail: 'Detail',
          advice:
            'Check the number: it may not be on WhatsApp, or its app may be too old. The contact shows the number as suspect ' +
            'until a message reaches it.',
        },
      },
    },
    {
      name: 'refused for ever although a Retry-After came along',
      answer: rejected({ code: 131047, detail: '' }, 1_000),
      attempt: 1,
      expected: {
        kind: 'rejected',
        failure: {
          code: '131047',
          class: 'window',
          title: 'The customer service window is closed',
          detail: 'Title',
          advice: 'Send an approved template instead.',
        },
      },
    },
    {
      name: 'refused for the last time that the table allows',
      answer: rejected({ code: 131000, httpStatus: 500 }),
      attempt: 4,
      expected: {
        kind: 'rejected',
        failure: {
          code: '131000',
          class: 'retry',
          title: 'Something went wrong at Meta',
          detail: 'Detail',
          advice: 'Retry the message, unless an automatic retry has already followed (`retriedBy` names it).',
        },
      },
    },
  ];

  for (const { name, answer, attempt, expected } of done) {
    it(`${name} › is final`, () => {
      assert.deepEqual(decideAfterCall(answer, attempt, 0), { kind: 'done', outcome: expected });
    });
  }

  const retries: readonly {
    name: string;
    answer: GatewayAnswer;
    attempt: number;
    delayMs: number;
    code: string;
  }[] = [
    {
      name: 'never reached',
      answer: { kind: 'not-reached', reason: 'ECONNREFUSED' },
      attempt: 1,
      delayMs: 2_000,
      code: 'not-reached',
    },
    {
      name: 'never reached, for the tenth time',
      answer: { kind: 'not-reached', reason: 'ENOTFOUND' },
      attempt: 10,
      delayMs: 300_000,
      code: 'not-reached',
    },
    {
      name: 'a passing fault',
      answer: rejected({ code: 131000, httpStatus: 500 }),
      attempt: 3,
      delayMs: 8_000,
      code: '131000',
    },
    {
      name: 'too fast, with Retry-After',
      answer: rejected({ code: 130429 }, 7_000),
      attempt: 1,
      delayMs: 7_000,
      code: '130429',
    },
    {
      name: 'too much for one person',
      answer: rejected({ code: 131056 }),
      attempt: 3,
      delayMs: 16_000,
      code: '131056',
    },
    {
      name: '429 without a body',
      answer: rejected({ code: 429, httpStatus: 429 }),
      attempt: 2,
      delayMs: 4_000,
      code: '429',
    },
  ];

  for (const { name, answer, attempt, delayMs, code } of retries) {
    it(`${name} › another call after ${delayMs} ms`, () => {
      const next = decideAfterCall(answer, attempt, 0);
      assert.equal(next.kind, 'retry');
      assert.deepEqual({ code: next.code, delayMs: next.delayMs }, { code, delayMs });
      assert.notEqual(next.title, '');
    });
  }
});

describe('after a refusal for another reason than the message', () => {
  for (const [name, code, gate] of [
    ['a payment problem', 131042, 'channel'],
    ['an expired token', 190, 'channel'],
    ['a paused template', 132015, 'template'],
  ] as const) {
    it(`${name} › held behind its ${gate}`, () => {
      const next = decideAfterCall(rejected({ code }), 1, 0);
      assert.ok(next.kind === 'hold', next.kind);
      assert.deepEqual([next.gate, next.code], [gate, String(code)]);
    });
  }

  it('the same gate refusal on every allowed call › fails', () => {
    assert.equal(decideAfterCall(rejected({ code: 132015 }), maxProviderCalls - 1, 0).kind, 'hold');
    for (const code of [132015, 131042]) {
      const next = decideAfterCall(rejected({ code }), maxProviderCalls, 0);
      assert.ok(next.kind === 'done' && next.outcome.kind === 'rejected', next.kind);
      assert.equal(next.outcome.failure.code, String(code));
    }
  });

  it('marketing disabled on this endpoint › called again at once, and final on the other one', () => {
    const next = decideAfterCall(rejected({ code: 131063 }), 1, 0);
    assert.ok(next.kind === 'retry');
    assert.equal(next.delayMs, 1_000);
    const final = { kind: 'done' } as const;
    assert.equal(decideAfterCall(rejected({ code: 131063, endpoint: 'marketing' }), 1, 0).kind, final.kind);
    assert.equal(decideAfterCall(rejected({ code: 131063 }), 5, 0).kind, final.kind);
  });
});

describe('deadlines', () => {
  const dayMs = 24 * 3_600_000;

  it('a sign-in code › valid for ten minutes, or less with a shorter time to live', () => {
    const codeLifeMs = 600_000;
    assert.deepEqual(deadlinesOf('authentication', dayMs), {
      dispatchTtlMs: codeLifeMs,
      unknownDeadlineMs: codeLifeMs,
    });
    assert.equal(deadlinesOf('authentication', 1_000).dispatchTtlMs, 1_000);
  });

  it('everything else › the time to live of the settings; an unknown outcome stays open for a day, marketing for three', () => {
    for (const category of ['utility', undefined] as const) {
      assert.deepEqual(deadlinesOf(category, 7), { dispatchTtlMs: 7, unknownDeadlineMs: dayMs });
    }
    assert.deepEqual(deadlinesOf('marketing', 7), { dispatchTtlMs: 7, unknownDeadlineMs: 3 * dayMs });
  });
});

describe('priority', () => {
  it('none stored › the usual one; a burst for everybody but campaigns', () => {
    assert.deepEqual([priorityOrDefault(undefined), priorityOrDefault(1)], [3, 1]);
    assert.deepEqual([1, 2, 3, 4, 5].map(burstOf), [20, 20, 20, 20, 1]);
    assert.deepEqual([1, 2, 3, 4, 5].map(isBulkPriority), [false, false, true, true, true]);
  });

  it('maximum wait › two seconds; for bulk the time of three calls of the channel', () => {
    const patience = (isBulk: boolean) =>
      [1, 2, 80].map((rate) => maxPermitWaitMs({ isBulk, sendsPerSecond: rate }));
    assert.deepEqual(patience(false), [2_000, 2_000, 2_000]);
    assert.deepEqual(patience(true), [2_000, 1_500, 500]);
  });
});

describe('failure of a message', () => {
  it('a receipt with details › code, class, the product’s title, the details and the advice', () => {
    assert.deepEqual(toFailure({ code: 131021, title: 'Provider’s title', detail: 'Why' }), {
      code: '131021',
      class: 'message',
      title: 'Sender and recipient are the same',
      detail: 'Why',
      advice: 'Choose another recipient.',
    });
  });

  it('a receipt without details › the provider’s title serves as detail', () => {
    assert.equal(
      toFailure({ code: 131026, title: 'Message undeliverable', detail: '' }).detail,
      'Message undeliverable',
    );
  });
});

describe('the cause of a final status', () => {
  const waiting = { gate: 'template' };
  const failure = toFailure({ code: 131_026, title: 'Title', detail: '' });
  for (const [status, given, cause] of [
    ['expired', { waiting }, 'template'],
    ['expired', {}, 'none'],
    ['failed', { waiting, failure }, 'message'],
    ['failed', {}, 'internal'],
    ['canceled', { failure: { ...failure, code: 'contact-opted-out' } }, 'contact-opted-out'],
    ['canceled', { waiting }, 'none'],
    ['unknown', { waiting, failure }, 'call'],
  ] as const) {
    it(`${status}, ${Object.keys(given).join(' and ') || 'nothing known'} › ${cause}`, () => {
      assert.equal(causeOfEnd(status, given), cause);
    });
  }
});

describe('priority of a message', () => {
  it('a code, an answer, a notice, an offer › in this order', () => {
    const uses = ['authentication', 'free-form', 'utility', 'marketing'] as const;
    assert.deepEqual(uses.map(priorityOf), [1, 2, 3, 5]);
  });
});

describe('the earlier of two ends', () => {
  const [one, two] = [new Date(1_000), new Date(2_000)];
  it('both, one, none › the earlier, the one, none', () => {
    assert.deepEqual([earlierOf(one, two), earlierOf(two, one), earlierOf(one, one)], [one, one, one]);
    assert.deepEqual([earlierOf(one, undefined), earlierOf(undefined, two)], [one, two]);
    assert.equal(earlierOf(undefined, undefined), undefined);
  });
});

describe('the advice of a failed message', () => {
  it('any error, by answer or receipt › never announces a retry or says that nothing is needed', () => {
    const code = fc.oneof(
      fc.constantFrom(...errorEnds.map(({ example }) => example.code)),
      fc.integer({ min: 0, max: 3_000_000 }),
    );
    const error = fc.record({
      ...{ code, title: fc.constant('Title'), httpStatus: fc.constantFrom(400, 429, 500, 503) },
      ...{ detail: fc.constantFrom('', 'HTTP 503'), isTransient: fc.boolean() },
      endpoint: fc.constantFrom('messages' as const, 'marketing' as const),
    });
    const assertEnded = (advice: string) =>
      assert.doesNotMatch(advice, /tried again|nothing to do|again by itself/i);
    const notReached: GatewayAnswer = { kind: 'not-reached', reason: 'ECONNREFUSED' };
    fc.assert(
      fc.property(error, (said) => {
        const { httpStatus: _status, isTransient: _transient, endpoint: _endpoint, ...told } = said;
        assertEnded(toFailure(told).advice);
        for (const answer of [rejected(said), notReached]) {
          const after = decideAfterCall(answer, maxProviderCalls, 0);
          assert.ok(after.kind === 'done' && after.outcome.kind === 'rejected');
          assertEnded(after.outcome.failure.advice);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
