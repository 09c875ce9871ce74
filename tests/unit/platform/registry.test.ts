import assert from 'node:assert/strict';
import { AppError, type ProblemCode } from '../../../src/platform/errors.ts';
import { combineTables } from '../../../src/platform/registry.ts';

describe('tables of the areas', () => {
  it('combined › have every entry under its own key', () => {
    const combined = combineTables({ 'already-left': 1 }, { 'email-taken': 'x' });
    assert.deepEqual(combined, { 'already-left': 1, 'email-taken': 'x' });
  });

  it('a key that two declare › is refused by its name', () => {
    assert.throws(() => combineTables({ a: 1 }, { b: 1 }, { a: 2 }), /a is declared twice/);
  });
});

/** True where a code compiles. */
type IsCode<Code extends string> = Code extends ProblemCode ? true : false;

describe('AppError', () => {
  it('codes › only declared ones compile, of every area', () => {
    const known: [IsCode<'not-found'>, IsCode<'malformed-json'>, IsCode<'already-left'>] = [true, true, true];
    const unknown: IsCode<'nobody-declares-this'> = false;
    assert.deepEqual([...known, unknown], [true, true, true, false]);
  });

  it('isRefusal › true for 4xx codes, false for failures on our side', () => {
    const isRefusal = (code: ProblemCode) => new AppError(code, 'x').isRefusal;
    assert.ok(isRefusal('window-closed') && isRefusal('too-many-requests') && isRefusal('invalid-input'));
    assert.ok(
      !isRefusal('internal') && !isRefusal('overloaded') && !isRefusal('draining') && !isRefusal('not-ready'),
    );
  });
});
