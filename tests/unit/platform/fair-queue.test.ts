import assert from 'node:assert/strict';
import { setImmediate as nextTick } from 'node:timers/promises';
import fc from 'fast-check';
import { createFairQueue, type QueueRefusal } from '../../../src/platform/fair-queue.ts';

class Refused extends Error {
  readonly reason: QueueRefusal;
  constructor(reason: QueueRefusal) {
    super(reason);
    this.reason = reason;
  }
}

/** A queue whose jobs end when told; `started` and `refused` get their names. */
function stage(options: { maxRunning: number; maxWaiting: number; maxPerKey: number }) {
  const queue = createFairQueue({ ...options, refusal: (reason) => new Refused(reason) });
  const started: string[] = [];
  const refused: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (key: string): void => {
    void queue
      .run(key, async () => {
        started.push(key);
        await new Promise<void>((resolve) => ends.push(resolve));
      })
      .catch((error: unknown) => {
        assert.ok(error instanceof Refused);
        refused.push(`${key} ${error.reason}`);
      });
  };
  const endOne = async (): Promise<void> => {
    ends.shift()?.();
    await nextTick();
  };
  return { ask, endOne, started, refused, runningCount: () => ends.length };
}

describe('fair queue', () => {
  it('one caller with many jobs, another with one › the other waits for one job', async () => {
    const { ask, endOne, started } = stage({ maxRunning: 1, maxWaiting: 100, maxPerKey: 100 });
    for (let count = 0; count < 10; count += 1) ask('flood');
    ask('home');
    await endOne();
    await endOne();
    assert.deepEqual(started, ['flood', 'flood', 'home']);
  });

  it('more jobs than one caller may have › refused, until one of them ends', async () => {
    const { ask, endOne, refused } = stage({ maxRunning: 2, maxWaiting: 100, maxPerKey: 3 });
    for (let count = 0; count < 5; count += 1) ask('flood');
    await nextTick();
    assert.deepEqual(refused, ['flood key', 'flood key']);
    await endOne();
    ask('flood');
    await nextTick();
    assert.equal(refused.length, 2);
  });

  it('a full queue › a caller with less takes the place of one with the most; the one with the most is refused', async () => {
    const { ask, refused } = stage({ maxRunning: 1, maxWaiting: 4, maxPerKey: 100 });
    for (let count = 0; count < 5; count += 1) ask('flood');
    ask('flood');
    ask('home');
    await nextTick();
    assert.deepEqual(refused.toSorted(), ['flood all', 'flood key']);
  });

  it('a job that fails › its place is free again', async () => {
    const queue = createFairQueue({
      ...{ maxRunning: 1, maxWaiting: 1, maxPerKey: 1 },
      refusal: (reason) => new Refused(reason),
    });
    const failing = async () => Promise.reject(new Error('failed'));
    await assert.rejects(queue.run('a', failing), /failed/);
    assert.equal(await queue.run('a', async () => 'done'), 'done');
  });

  it('whoever comes and in whatever order › bounds hold, each job starts or is refused, and nobody is passed twice', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(key, fc.constant(null));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const bounds = { maxRunning: 2, maxWaiting: 6, maxPerKey: 4 };
        const { ask, endOne, started, refused, runningCount } = stage(bounds);
        const asked = steps.filter((one) => one !== null);
        for (const one of steps) {
          if (one === null) await endOne();
          else ask(one);
          await nextTick();
          assert.ok(runningCount() <= bounds.maxRunning);
        }
        while (runningCount() > 0) await endOne();
        assert.equal(started.length + refused.length, asked.length);
      }),
      { numRuns: 50 },
    );
  });
});
