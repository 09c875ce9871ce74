import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { createBatches } from '../../../src/platform/batches.ts';

/** Work that ends when the test says so. */
function createManualWork() {
  const batches: { readonly asks: readonly number[]; end(error?: Error): void }[] = [];
  const work = (asks: readonly number[]): Promise<number[]> =>
    new Promise((resolve, reject) => {
      batches.push({
        asks,
        end: (error) => (error === undefined ? resolve(asks.map((ask) => ask * 10)) : reject(error)),
      });
    });
  return { batches, work };
}

/** Until what is scheduled has begun, and what has ended was told. */
async function turns(): Promise<void> {
  for (let count = 0; count < 5; count += 1) await turn();
}

describe('platform › batches', () => {
  it('asks of one turn › one batch, each with its own answer', async () => {
    const { batches, work } = createManualWork();
    const { ask } = createBatches({ maxSize: 10, work });
    const answers = Promise.all([1, 2, 3].map((number) => ask('a', number)));
    await turns();
    assert.deepEqual(
      batches.map(({ asks }) => asks),
      [[1, 2, 3]],
    );
    batches[0]?.end();
    assert.deepEqual(await answers, [10, 20, 30]);
  });

  it('asks while a batch runs › form the next batch', async () => {
    const { batches, work } = createManualWork();
    const { ask } = createBatches({ maxSize: 2, work });
    const first = ask('a', 1);
    await turns();
    const others = [2, 3, 4].map((number) => ask('a', number));
    await turns();
    assert.equal(batches.length, 1);
    batches[0]?.end();
    await first;
    await turns();
    assert.deepEqual(
      batches.map(({ asks }) => asks),
      [[1], [2, 3]],
    );
    batches[1]?.end();
    await turns();
    batches[2]?.end();
    assert.deepEqual(await Promise.all(others), [20, 30, 40]);
  });

  it('asks that weigh more than a batch may › several batches, and a heavy ask alone', async () => {
    const { batches, work } = createManualWork();
    const weight = { max: 10, of: (ask: number) => ask };
    const { ask } = createBatches({ maxSize: 3, weight, maxConcurrent: 9, work });
    const answers = Promise.all([4, 5, 20, 1, 1, 1, 1].map((number) => ask('a', number)));
    await turns();
    await turns();
    assert.deepEqual(
      batches.map(({ asks }) => asks),
      [[4, 5], [20], [1, 1, 1], [1]],
    );
    for (const { end } of batches) end();
    assert.deepEqual(await answers, [40, 50, 200, 10, 10, 10, 10]);
  });

  it('several at once › no more than allowed are under way', async () => {
    const { batches, work } = createManualWork();
    const { ask } = createBatches({ maxSize: 1, maxConcurrent: 2, work });
    const answers = [1, 2, 3].map((number) => ask('a', number));
    await turns();
    assert.equal(batches.length, 2);
    batches[1]?.end();
    await turns();
    assert.equal(batches.length, 3);
    for (const { end } of batches) end();
    assert.deepEqual(await Promise.all(answers), [10, 20, 30]);
  });

  it('names › do not wait for each other', async () => {
    const { batches, work } = createManualWork();
    const { ask } = createBatches({ maxSize: 10, work });
    void ask('a', 1);
    await turns();
    const other = ask('b', 2);
    await turns();
    batches[1]?.end();
    assert.equal(await other, 20);
    batches[0]?.end();
  });

  it('a batch that fails › fails all of its asks, and none of the next', async () => {
    const { batches, work } = createManualWork();
    const { ask } = createBatches({ maxSize: 10, work });
    const failing = Promise.allSettled([ask('a', 1), ask('a', 2)]);
    await turns();
    const later = ask('a', 3);
    batches[0]?.end(new Error('no disk'));
    const outcomes = await failing;
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status === 'rejected' && (outcome.reason as Error).message),
      ['no disk', 'no disk'],
    );
    await turns();
    batches[1]?.end();
    assert.equal(await later, 30);
  });
});
