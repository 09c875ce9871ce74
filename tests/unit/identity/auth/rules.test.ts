import assert from 'node:assert/strict';
import { passwordProblem } from '../../../../src/identity/auth/rules.ts';

describe('password rule', () => {
  for (const [situation, password, isTaken] of [
    ['7 bytes', 'x'.repeat(7), false],
    ['8 bytes', 'x'.repeat(8), true],
    ['72 bytes', 'x'.repeat(72), true],
    ['73 bytes', 'x'.repeat(73), false],
    ['24 three-byte characters', '€'.repeat(24), true],
    ['25 three-byte characters', '€'.repeat(25), false],
    ['a NUL inside', 'abcdefgh\0ijkl', false],
  ] as const) {
    it(`${situation} › ${isTaken ? 'taken' : 'refused with a reason'}`, () => {
      const problem = passwordProblem(password);
      assert.equal(problem === undefined, isTaken);
      if (problem !== undefined) assert.match(problem, /^The password must/);
    });
  }
});
