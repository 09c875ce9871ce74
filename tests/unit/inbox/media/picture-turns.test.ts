import assert from 'node:assert/strict';
import { setImmediate as nextTick } from 'node:timers/promises';
import { createPictureTurns } from '../../../../src/inbox/media/picture-turns.ts';

/** Turns whose jobs end when told; `begun` gets their names. */
function stage() {
  const take = createPictureTurns();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  return {
    begun,
    ask: (clientId: string, name: string, maxWaitMs?: number): Promise<string | null> =>
      take({
        clientId,
        maxWaitMs,
        job: async () => {
          begun.push(name);
          await new Promise<void>((resolve) => ends.push(resolve));
          return name;
        },
      }),
    endOne: async (): Promise<void> => {
      ends.shift()?.();
      await nextTick();
    },
  };
}

describe('turns of pictures', () => {
  it('one client with many, another with one › the other waits for one after the one at work', async () => {
    const { ask, endOne, begun } = stage();
    const all = ['a1', 'a2', 'a3', 'a4'].map((name) => ask('a', name));
    const other = ask('b', 'b1', 60_000);
    for (let count = 0; count < 5; count += 1) await endOne();
    assert.deepEqual(begun, ['a1', 'a2', 'b1', 'a3', 'a4']);
    assert.deepEqual(await Promise.all([...all, other]), ['a1', 'a2', 'a3', 'a4', 'b1']);
  });

  it('the turn does not come in time › null, and the job is never run', async () => {
    const { ask, endOne, begun } = stage();
    const first = ask('a', 'a1');
    assert.equal(await ask('b', 'b1', 1), null);
    const last = ask('c', 'c1');
    await endOne();
    await nextTick();
    await endOne();
    assert.deepEqual(await Promise.all([first, last]), ['a1', 'c1']);
    assert.deepEqual(begun, ['a1', 'c1']);
  });

  it('a job that has begun › is waited for, however long', async () => {
    const { ask, endOne } = stage();
    const slow = ask('a', 'a1', 1);
    const early = await Promise.race([
      slow,
      new Promise((resolve) => setTimeout(resolve, 20, 'still at work')),
    ]);
    assert.equal(early, 'still at work');
    await endOne();
    assert.equal(await slow, 'a1');
  });

  it('a job that fails › its caller is told, and the next one runs', async () => {
    const take = createPictureTurns();
    const failing = take({
      ...{ clientId: 'a', maxWaitMs: 1_000 },
      job: () => Promise.reject(new Error('no disk')),
    });
    await assert.rejects(failing, /no disk/);
    assert.equal(await take({ clientId: 'a', job: () => Promise.resolve('next') }), 'next');
  });
});
