import assert from 'node:assert/strict';
import {
  defaultTtlMs,
  describeAnswer,
  describeBesides,
  describeReceipt,
  errorEnds,
} from '../../../scripts/docs/error-ends.ts';
import { classLetters } from '../../../src/whatsapp/error-rule.ts';
import { legacyCodes, ruleFor } from '../../../src/whatsapp/error-classes.ts';
import { testConfig } from '../../support/config.ts';

/**
 * Meta's error reference, row by row as it is documented, with the class of each: `first-last` is a range, `code/sub` a
 * subcode. It is written down here once more, so that a code that falls out of the product's table is missed.
 */
const documented: Readonly<Record<string, string>> = {
  A: '0 3 10 200-299 131005 100/33 104 190 1005',
  R: '1 2 130429 131000 131016 133004 131056 135000 500 503 1000 1014 1015 1016',
  RL: '4 17 613 80007 131049 131057 2494100 132069 134101',
  P:
    '33 368 131031 131037 131042 131044 131045 131048 131064 133000 133005 133006 133008 133009 133010 133015 133016 ' +
    '134011 471',
  N:
    '100 130403 130472 130497 131008 131009 131021 131026 131030 131050 131051 131052 131053 131055 131059 131062 ' +
    '132005 132008 132012 132018 134100 137000 138000-138999 139000-139999 147000-147999 2388039 2388040 2388047 ' +
    '2388072 2388073 2388293 2388299 2388019 200005-200007 2593107-2593108 472 480 501 1008 1009 1013 1026 ' +
    '400-599 1000-1031',
  NT: '132000 132001 132007 132015 132016 132068 134102',
  T: '131047 470',
  M: '131063',
};

const expected = Object.entries(documented).flatMap(([letter, codes]) =>
  codes.split(' ').map((name) => ({ letter, name })),
);

/** Whether a row of the table belongs to this documented name. */
function isRowOf(row: string, documentedName: string): boolean {
  const [first = '', last = first] = (row.split(' ')[0] ?? '').split('–');
  const [from = '', to = from] = documentedName.split('-');
  if (row.includes(' of the ') || row.includes(' with ')) return false;
  return first === last
    ? first === from && from === to
    : Number(first) <= Number(from) && Number(to) <= Number(last);
}

describe('ends of errors', () => {
  it('every documented code › has a row, of the documented class', () => {
    for (const { letter, name } of expected) {
      const found = errorEnds.filter((end) => isRowOf(end.name, name));
      // A code with its own row may also lie within a range.
      const own = found.filter((end) => end.name.split(' ')[0] === name);
      const rows = own.length > 0 ? own : found;
      assert.deepEqual(
        rows.map((end) => classLetters[end.class]),
        [letter],
        name,
      );
    }
  });

  it('every row › a documented code, or one of the rules without a code', () => {
    const general = errorEnds
      .map(({ name }) => name)
      .filter((row) => !expected.some(({ name }) => isRowOf(row, name)));
    assert.deepEqual(general, [
      '131009 of the marketing endpoint',
      '131053 with 429 or 5xx of the media’s host',
      'any final code with `is_transient`',
      'others, HTTP 429',
      'others, HTTP 5xx',
      'others, HTTP 4xx or a receipt',
    ]);
  });

  it('every row › describes its end, and no two rows have the same error', () => {
    for (const end of errorEnds) {
      for (const text of [describeAnswer(end), describeReceipt(end), describeBesides(end)]) {
        assert.match(text, /^\S.*$/, end.name);
        assert.doesNotMatch(text, /undefined|null|NaN/, end.name);
      }
    }
    assert.equal(new Set(errorEnds.map(({ example }) => JSON.stringify(example))).size, errorEnds.length);
  });

  it('a range › means the same from its first code to its last', () => {
    for (const { name, class: errorClass } of errorEnds.filter((end) => end.name.includes('–'))) {
      const [first, last] = name.split('–').map(Number);
      assert.ok(first !== undefined && last !== undefined);
      for (const code of [first, last]) {
        if (!(code in legacyCodes)) assert.equal(ruleFor({ code }).class, errorClass, String(code));
      }
    }
  });

  it('the default time to live › equals the configuration’s default', () => {
    assert.equal(testConfig().messages.dispatchTtlMs, defaultTtlMs);
  });

  const failedThen = (waits: string, most = '3 times') =>
    `failed, then an automatic retry after ${waits}, at most ${most}`;
  const words: readonly [string, string, string, string][] = [
    ['131042', 'waits until the channel is active again, then sent', 'failed', 'channel paused'],
    [
      '131048',
      'waits, then expires after 24 h (`DISPATCH_TTL_MS`); sent if an admin resumes the channel earlier',
      'failed',
      'channel paused for at least 24 h',
    ],
    [
      '131000',
      'sent after 2 s, 4 s, 8 s; failed at the 4th refusal',
      failedThen('1 min, 4 min, 16 min'),
      '–',
    ],
    ['135000', 'sent after 2 s; failed at the 2nd refusal', failedThen('1 min', 'once'), '–'],
    ['1', 'sent after 2 s, 4 s; failed at the 3rd refusal', failedThen('1 min, 4 min', '2 times'), '–'],
    [
      '131056',
      'sent after 1 s, 4 s, 16 s …',
      failedThen('1 min, 4 min, 16 min'),
      'the contact’s other messages wait too',
    ],
    ['132069', 'sent after 60 min, 60 min, 60 min …', failedThen('60 min, 4 h, 16 h'), '–'],
    [
      '131063',
      'sent by the marketing endpoint after 1 s',
      'failed',
      'the channel uses the marketing endpoint from then on',
    ],
    [
      '132015',
      'waits until the template is approved again, then sent',
      failedThen('1 min', 'once'),
      'template paused, its messages wait',
    ],
    ['132016', 'failed', 'failed', 'template disabled, its waiting messages fail'],
    ['131026', 'failed', 'failed', 'number marked as suspect'],
    ['100/33', 'waits until the channel is active again, then sent', '–', 'channel paused'],
    ['131050', 'failed', 'failed', 'marketing opt-out recorded'],
    ['131047', 'failed', 'failed', 'window closed'],
    ['130429', 'sent after 2 s, 4 s, 8 s …', failedThen('1 min, 4 min, 16 min'), 'the channel slows down'],
  ];
  for (const [name, answer, receipt, besides] of words) {
    it(`${name} › ${answer}; ${receipt}; ${besides}`, () => {
      const end = errorEnds.find((candidate) => candidate.name === name);
      assert.ok(end);
      assert.deepEqual(
        [describeAnswer(end), describeReceipt(end), describeBesides(end)],
        [answer, receipt, besides],
      );
    });
  }

  it('131049 › an automatic retry follows a day later, after an answer and after a receipt', () => {
    const end = errorEnds.find(({ name }) => name === '131049');
    assert.ok(end);
    const text = 'failed, then an automatic retry after 24 h 5 min, at most 2 times';
    assert.deepEqual([describeAnswer(end), describeReceipt(end)], [text, text]);
  });
});
