import assert from 'node:assert/strict';
import fc from 'fast-check';
import { atAction, pathOfAction, refusedAt } from '../../../../src/inbox/macros/refusals.ts';
import { AppError } from '../../../../src/platform/errors.ts';

describe('a refused action of a macro', () => {
  it('without a place of its own › is named as a whole', () => {
    const { code, message, errors, extensions } = refusedAt(
      2,
      new AppError('wrong-state', 'The conversation is closed.', { extensions: { state: 'closed' } }),
    );
    assert.deepEqual([code, extensions], ['wrong-state', { state: 'closed' }]);
    assert.match(message, /^Nothing was done, because action 3 of the macro was refused: The conversation/);
    assert.deepEqual(errors, [{ path: 'macro.actions.2', message: 'The conversation is closed.' }]);
  });

  it('with places in its request › any of them becomes a place in the action', () => {
    const place = fc.constantFrom('', '.agentId', '.labels.3', '.values.body', '.body');
    fc.assert(
      fc.property(fc.nat({ max: 9 }), fc.array(place, { minLength: 1, maxLength: 4 }), (index, places) => {
        const issues = places.map((part) => ({ path: `body${part}`, message: 'Wrong.' }));
        const { errors } = refusedAt(index, new AppError('invalid-input', 'Wrong.', { errors: issues }));
        assert.deepEqual(
          errors.map(({ path }) => path),
          places.map((part) => `${pathOfAction(index)}${part}`),
        );
      }),
    );
  });

  it('a failure of ours › stays what it is', async () => {
    for (const error of [new Error('bug'), new AppError('dependency-away', 'Away.')])
      await assert.rejects(
        atAction(0, () => Promise.reject(error)),
        (thrown) => thrown === error,
      );
    assert.equal(await atAction(0, async () => 'done'), 'done');
  });
});
