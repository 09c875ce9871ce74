import assert from 'node:assert/strict';
import fc from 'fast-check';
import { statesFor, stateAfter, stepOf, type ImportCommand } from '../../../src/people/imports/lifecycle.ts';
import type { ImportState } from '../../../src/people/imports/states.ts';
import { useImportStage } from '../../support/import-stage.ts';
import { codeOf, signUpAdmin, type Member } from '../../support/messaging-api.ts';

const byUsers = ['change', 'start', 'pause', 'resume', 'cancel', 'undo'] as const;
type Act = (typeof byUsers)[number] | 'work';

/** What the work of the worker ends with in each state. */
const workOf: Partial<Record<ImportState, ImportCommand>> = {
  ...{ analysing: 'analysed', running: 'applied', canceling: 'settled', undoing: 'taken-back' },
};

/** The pure lifecycle, and the one thing beside it: an import that was never started cannot be undone. */
interface World {
  readonly state: ImportState;
  readonly hasStarted: boolean;
}

function after({ state, hasStarted }: World, act: Act): World | null {
  const command = act === 'work' ? workOf[state] : act;
  if (command === undefined) return act === 'work' ? { state, hasStarted } : null;
  const next = stateAfter(state, command);
  if (next === undefined || (act === 'undo' && !hasStarted)) return null;
  return { state: next, hasStarted: hasStarted || act === 'start' };
}

describe('api › the lifecycle of imports', function () {
  this.timeout(120_000);
  const stage = useImportStage('import-lifecycle');
  let admin: Member;
  let next = 0;

  before(async () => {
    admin = await signUpAdmin(stage.api());
  });

  const act = (id: string, name: Exclude<Act, 'work'>) =>
    name === 'change'
      ? admin.patch(`/api/imports/${id}`, { options: { onExisting: 'skip' } })
      : stage.post(admin, id, name);

  it('commands and work in any order › the states are those of the table, all others are refused', async () => {
    const acts = fc.array(fc.constantFrom<Act>('work', 'work', 'work', ...byUsers), {
      minLength: 3,
      maxLength: 14,
    });
    const seen = new Set<ImportState>();
    await fc.assert(
      fc.asyncProperty(acts, async (order) => {
        next += 1;
        const { body } = await stage.upload(
          admin,
          `phone,name\n+4915113${String(next).padStart(6, '0')},Ana`,
        );
        let world: World = { state: 'analysing', hasStarted: false };
        for (const name of order) {
          const expected = after(world, name);
          if (name === 'work') await stage.settle(admin, body.id);
          else {
            const answer = await act(body.id, name);
            assert.equal(
              codeOf(answer),
              expected === null ? '409 wrong-state' : '200 undefined',
              `${name} ${answer.text}`,
            );
          }
          world = expected ?? world;
          seen.add(world.state);
          const { body: stored } = await admin.get(`/api/imports/${body.id}`);
          assert.equal(stored['state'], world.state, `after ${name}`);
        }
        // Its place among the running imports is free for the next order.
        if (stepOf(world.state) !== 'idle') await stage.settle(admin, body.id);
      }),
      {
        numRuns: 15,
        examples: [
          [['work', 'start', 'pause', 'pause', 'resume', 'work', 'cancel', 'undo', 'work', 'undo']],
          [['start', 'work', 'change', 'work', 'cancel', 'start', 'work', 'undo', 'resume']],
        ],
      },
    );
    for (const command of byUsers)
      for (const state of statesFor(command)) assert.ok(seen.has(state as ImportState), state);
  });
});
