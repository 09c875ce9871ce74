/* Values that fields of queries refuse. */

export const badIds: readonly string[] = [
  'x',
  '1',
  '0'.repeat(23),
  '0'.repeat(25),
  'A'.repeat(24),
  'null',
  '%24ne',
  '%00',
  '%7B%22%24ne%22%3A1%7D',
];
const badLimits = ['0', '-1', '101', '1.5', 'ten', '', '1e2', '99999999999999999999', '%2B5'];
const badCursors = ['', 'x', 'bnVsbA', 'W10', 'WyJ4IiwieCJd', '%00', 'a'.repeat(2_000)];
export const badWords = ['', 'any', '$ne', '%00'];
export const badTimes = ['', 'now', '1', '2026-11-23', '2026-11-23T09:00:00', '2026-13-01T00:00:00Z', '%00'];
export const badSearches = ['', '%20', 'x'.repeat(101)];
/** Of every list. */
export const paging = { limit: badLimits, cursor: badCursors };
/** Of lists of people. */
export const people = { tag: ['', '%20', '%00', 'x'.repeat(51)], optInStatus: badWords, q: badSearches };
