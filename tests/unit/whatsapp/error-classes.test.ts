import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  automaticRetryAfter,
  maxProviderCalls,
  planRetry,
  ruleFor,
  type ErrorClass,
  type ErrorRule,
  type ProviderError,
} from '../../../src/whatsapp/error-classes.ts';
import { errorRanges, errorRules } from '../../../src/whatsapp/error-table.ts';

interface Row {
  readonly codes: readonly number[];
  readonly class: ErrorClass;
  readonly httpStatus?: number;
  /** Calls in all, where the documentation bounds the retries. */
  readonly maxAttempts?: number;
  readonly backoff?: ErrorRule['backoff'];
}

/** Meta's error reference with the class that the documentation gives to each row, in its order. */
const documented: readonly Row[] = [
  { codes: [0], class: 'credentials', httpStatus: 401 },
  { codes: [1], class: 'retry', maxAttempts: 3 },
  { codes: [2], class: 'retry', httpStatus: 503 },
  { codes: [3], class: 'credentials', httpStatus: 500 },
  { codes: [4, 17, 613], class: 'retry-later', httpStatus: 429, backoff: 'hour' },
  { codes: [10, 131005], class: 'credentials', httpStatus: 403 },
  { codes: [33], class: 'sender' },
  { codes: [100], class: 'message' },
  { codes: [104, 190], class: 'credentials', httpStatus: 401 },
  { codes: [368], class: 'sender', httpStatus: 403 },
  { codes: [80007], class: 'retry-later', backoff: 'hour' },
  { codes: [130403], class: 'message' },
  { codes: [130429], class: 'retry' },
  { codes: [130472], class: 'message' },
  { codes: [130497], class: 'message', httpStatus: 403 },
  { codes: [131000], class: 'retry', httpStatus: 500, maxAttempts: 4 },
  { codes: [131008, 131009], class: 'message' },
  { codes: [131016, 133004], class: 'retry', httpStatus: 503 },
  { codes: [131021], class: 'message' },
  { codes: [131026], class: 'message' },
  { codes: [131030], class: 'message' },
  { codes: [131031], class: 'sender', httpStatus: 403 },
  { codes: [131037], class: 'sender' },
  { codes: [131042, 131044], class: 'sender' },
  { codes: [131045], class: 'sender', httpStatus: 500 },
  { codes: [131047], class: 'window' },
  { codes: [131048], class: 'sender' },
  { codes: [131049], class: 'retry-later' },
  { codes: [131050], class: 'message' },
  { codes: [131051], class: 'message' },
  { codes: [131052], class: 'message' },
  { codes: [131053], class: 'message' },
  { codes: [131055], class: 'message' },
  { codes: [131056], class: 'retry', backoff: 'pair' },
  { codes: [131057, 2494100], class: 'retry-later', httpStatus: 500, backoff: 'minutes' },
  { codes: [131059], class: 'message' },
  { codes: [131062], class: 'message' },
  { codes: [131063], class: 'marketing-endpoint' },
  { codes: [131064], class: 'sender' },
  { codes: [132000], class: 'template' },
  { codes: [132001], class: 'template', httpStatus: 404 },
  { codes: [132005], class: 'message' },
  { codes: [132007], class: 'template' },
  { codes: [132008, 132012, 132018], class: 'message' },
  { codes: [132015], class: 'template' },
  { codes: [132016], class: 'template' },
  { codes: [132068], class: 'template' },
  { codes: [132069], class: 'retry-later', backoff: 'full-hour' },
  { codes: [133000, 133005, 133006, 133008, 133009, 133010, 133015, 133016], class: 'sender' },
  { codes: [134011], class: 'sender' },
  { codes: [134100], class: 'message' },
  { codes: [134101], class: 'retry-later', backoff: 'ten-minutes' },
  { codes: [134102], class: 'template', httpStatus: 500 },
  { codes: [135000], class: 'retry', maxAttempts: 2 },
  { codes: [137000], class: 'message' },
];

/** Rows without an entry of their own: the general rules must give what the documentation says. */
const undocumentedInTable: readonly Row[] = [
  { codes: [200, 250, 299], class: 'credentials', httpStatus: 403 },
  { codes: [138000, 138006, 139000, 139101, 147000], class: 'message', httpStatus: 500 },
  { codes: [200005, 200006, 200007, 2593107, 2593108], class: 'message', httpStatus: 500 },
  { codes: [2388019, 2388039, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299], class: 'message' },
  { codes: [470], class: 'window' },
  { codes: [471], class: 'sender' },
  { codes: [472, 480, 501, 1008, 1009, 1013, 1026], class: 'message' },
  { codes: [1000, 1014], class: 'retry', maxAttempts: 4 },
  { codes: [1015, 1016, 503], class: 'retry' },
  { codes: [1005], class: 'credentials' },
  { codes: [401, 499, 599, 1001, 1031], class: 'message' },
];

describe('error class', () => {
  for (const row of [...documented, ...undocumentedInTable]) {
    it(`${row.codes.join(', ')} › ${row.class}, as documented`, () => {
      for (const code of row.codes) {
        for (const httpStatus of [row.httpStatus ?? 400, undefined]) {
          const rule = ruleFor({ code, ...(httpStatus === undefined ? {} : { httpStatus }) });
          assert.equal(rule.class, row.class, `${code} with HTTP ${httpStatus ?? 'none, as in a receipt'}`);
          assert.equal(rule.maxAttempts, row.maxAttempts, `calls for ${code}`);
          assert.equal(rule.backoff, row.backoff, `ladder of ${code}`);
        }
      }
    });
  }

  it('the table › holds no code that the documentation does not name, and advice for each', () => {
    const codes = documented.flatMap((row) => row.codes);
    assert.deepEqual(
      Object.keys(errorRules).map(Number),
      codes.toSorted((a, b) => a - b),
    );
    for (const rule of [...Object.values(errorRules), ...errorRanges.map((range) => range.rule)]) {
      assert.match(rule.title, /^\S.*\S$/);
      assert.match(rule.advice, /\.$/);
    }
  });

  it('every code that old relays can tell › is known, and an HTTP status without a code is none of them', () => {
    const codes = [[400, 599] as const, [1_000, 1_031] as const].flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_value, index) => first + index),
    );
    for (const code of codes)
      assert.doesNotMatch(ruleFor({ code }).title, /Unknown error code/, String(code));
    for (const httpStatus of [400, 404, 470, 499]) {
      assert.match(ruleFor({ code: httpStatus, httpStatus }).title, /Unknown error code/);
    }
    for (const httpStatus of [500, 502, 503])
      assert.equal(ruleFor({ code: httpStatus, httpStatus }).class, 'retry');
  });

  it('100 with subcode 33 › the object may not be used: credentials', () => {
    assert.equal(ruleFor({ code: 100, subcode: 33 }).class, 'credentials');
    assert.equal(ruleFor({ code: 100, subcode: 2_388_000 }).class, 'message');
  });

  it('131009 › passes where the marketing endpoint has not read the template yet', () => {
    const rule = ruleFor({ code: 131009, endpoint: 'marketing' });
    assert.deepEqual([rule.class, rule.backoff], ['retry-later', 'ten-minutes']);
    assert.equal(ruleFor({ code: 131009, endpoint: 'messages' }).class, 'message');
  });

  it('131053 › passes when the host of the media was busy or broken, and is final otherwise', () => {
    for (const detail of ['Media host answered 503', 'HTTP 429 Too Many Requests'])
      assert.equal(ruleFor({ code: 131053, detail }).class, 'retry', detail);
    for (const detail of ['Unsupported MIME type', 'File of 5000000 bytes', undefined])
      assert.equal(ruleFor({ code: 131053, ...(detail === undefined ? {} : { detail }) }).class, 'message');
  });

  const general: readonly { name: string; error: ProviderError; class: ErrorClass; maxAttempts?: number }[] =
    [
      { name: 'an unknown code with 4xx', error: { code: 999_999, httpStatus: 400 }, class: 'message' },
      { name: 'an unknown code with 429', error: { code: 429, httpStatus: 429 }, class: 'retry' },
      {
        name: 'an unknown code with 5xx',
        error: { code: 999_999, httpStatus: 500 },
        class: 'retry',
        maxAttempts: 4,
      },
      { name: 'an unknown code in a receipt', error: { code: 999_999 }, class: 'message' },
      {
        name: 'an unknown code that Meta calls transient',
        error: { code: 999_999, isTransient: true },
        class: 'retry',
        maxAttempts: 4,
      },
      {
        name: 'a final code that Meta calls transient',
        error: { code: 131026, isTransient: true },
        class: 'retry',
        maxAttempts: 4,
      },
      {
        name: 'a passing code that Meta calls transient',
        error: { code: 130429, isTransient: true },
        class: 'retry',
      },
      {
        name: 'a slow code that Meta calls transient',
        error: { code: 80007, isTransient: true },
        class: 'retry-later',
      },
      {
        name: 'a final code that is not transient',
        error: { code: 131026, isTransient: false },
        class: 'message',
      },
    ];

  for (const { name, error, class: expected, maxAttempts } of general) {
    it(`${name} › ${expected}`, () => {
      const rule = ruleFor(error);
      assert.equal(rule.class, expected);
      assert.equal(rule.maxAttempts, maxAttempts);
    });
  }
});

describe('retry plan', () => {
  const rule = (extra: Partial<ErrorRule> = {}): ErrorRule => ({
    class: 'retry',
    title: 't',
    advice: 'a',
    ...extra,
  });
  const plan = (given: Partial<ErrorRule>, attempt: number, retryAfterMs?: number): number | null =>
    planRetry({
      rule: rule(given),
      attempt,
      jitter: 0,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });

  const ladders: readonly { name: string; given: Partial<ErrorRule>; delaysS: readonly number[] }[] = [
    {
      name: 'the default doubles from 2 s to 5 min',
      given: {},
      delaysS: [2, 4, 8, 16, 32, 64, 128, 256, 300, 300],
    },
    { name: 'a pair limit waits 4^X s', given: { backoff: 'pair' }, delaysS: [1, 4, 16, 64, 256, 256] },
    {
      name: 'minutes',
      given: { class: 'retry-later', backoff: 'minutes' },
      delaysS: [120, 240, 480, 900, 900],
    },
    {
      name: 'ten minutes',
      given: { class: 'retry-later', backoff: 'ten-minutes' },
      delaysS: [600, 600, 600],
    },
    {
      name: 'full hours',
      given: { class: 'retry-later', backoff: 'full-hour' },
      delaysS: [3_600, 3_600, 3_600],
    },
    { name: 'hours', given: { class: 'retry-later', backoff: 'hour' }, delaysS: [900, 1_800, 3_600, 3_600] },
  ];
  for (const { name, given, delaysS } of ladders) {
    it(`${name} › ${delaysS.join(', ')} s`, () => {
      assert.deepEqual(
        delaysS.map((_delay, index) => plan(given, index + 1)),
        delaysS.map((seconds) => seconds * 1_000),
      );
    });
  }

  it('a class that is never retried › no further call, whatever the provider asks', () => {
    const classes = ['message', 'template', 'sender', 'credentials', 'window', 'marketing-endpoint'] as const;
    for (const never of classes) assert.equal(plan({ class: never }, 1, 1_000), null);
  });

  it('calls used up › none after the last, one more before', () => {
    assert.equal(plan({ maxAttempts: 3 }, 2), 4_000);
    assert.equal(plan({ maxAttempts: 3 }, 3), null);
    assert.equal(plan({ maxAttempts: 3 }, 4), null);
  });

  it('all the calls that one message may have › no further one, whatever the error', () => {
    assert.notEqual(plan({}, maxProviderCalls - 1), null);
    assert.equal(plan({}, maxProviderCalls), null);
    assert.equal(plan({ class: 'retry-later', backoff: 'hour' }, maxProviderCalls, 1_000), null);
  });

  it('a new message follows later › this one is not called again, but a passing error is', () => {
    const automaticRetry = { afterMs: 60_000, max: 2 };
    assert.equal(plan({ class: 'retry-later', automaticRetry }, 1), null);
    assert.equal(plan({ class: 'retry', automaticRetry }, 1), 2_000);
  });

  it('told by a receipt › as many new messages as calls were left, at most three; of what is final none', () => {
    for (const { class: errorClass, maxAttempts } of documented) {
      const given = rule({ class: errorClass, ...(maxAttempts === undefined ? {} : { maxAttempts }) });
      const passes = errorClass === 'retry' || errorClass === 'retry-later';
      const max = passes ? Math.min((maxAttempts ?? 4) - 1, 3) : undefined;
      assert.equal(automaticRetryAfter(given, 'receipt')?.max, max, errorClass);
      assert.equal(automaticRetryAfter(given, 'answer'), null);
    }
    assert.equal(automaticRetryAfter(rule({ class: 'template', template: 'paused' }), 'receipt')?.max, 1);
    assert.equal(automaticRetryAfter(rule({ class: 'template', template: 'disabled' }), 'receipt'), null);
    const automaticRetry = { afterMs: 5, max: 2 };
    for (const reportedBy of ['answer', 'receipt'] as const) {
      assert.deepEqual(
        automaticRetryAfter(rule({ class: 'message', automaticRetry }), reportedBy),
        automaticRetry,
      );
    }
  });

  it('Retry-After › goes before our ladder, shorter or longer, but never under a second', () => {
    assert.equal(plan({}, 8, 3_000), 3_000);
    assert.equal(plan({}, 1, 90_000), 90_000);
    assert.equal(plan({}, 1, 0), 1_000);
  });

  it('any question › jitter only adds, at most a quarter, in whole milliseconds, and grows no shorter', () => {
    const question = fc.record({
      attempt: fc.integer({ min: 1, max: maxProviderCalls - 1 }),
      jitter: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      backoff: fc.constantFrom<ErrorRule['backoff']>(undefined, 'pair', 'minutes', 'hour', 'full-hour'),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 999_999_000 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(question, ({ attempt, jitter, backoff, retryAfterMs }) => {
        const given = rule(backoff === undefined ? {} : { backoff });
        const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
        const delayMs = planRetry({ rule: given, attempt, jitter, ...wait });
        const bareMs = planRetry({ rule: given, attempt, jitter: 0, ...wait });
        assert.ok(delayMs !== null && bareMs !== null);
        assert.ok(Number.isInteger(delayMs));
        assert.ok(delayMs >= bareMs && delayMs <= bareMs * 1.25 + 1);
        assert.ok(delayMs >= (retryAfterMs ?? 0), 'the provider’s Retry-After was undercut');
        assert.ok(delayMs >= 1_000);
        if (retryAfterMs === undefined) assert.ok(delayMs <= 1.25 * 3_600_000);
      }),
    );
  });
});
