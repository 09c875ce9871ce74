import assert from 'node:assert/strict';
import { startLoop, type Loop, type LoopOptions } from '../../../src/platform/loop.ts';
import { captureLog } from '../../support/logger.ts';
import { waitFor } from '../../support/wait.ts';

describe('loop', () => {
  let loop: Loop | undefined;
  afterEach(() => loop?.stop());

  const start = (step: LoopOptions['step'], options: Partial<LoopOptions> = {}) => {
    const log = captureLog();
    loop = startLoop({ name: 'test', step, idleMs: 1, maxIdleMs: 4, logger: log.logger, ...options });
    return { log, loop };
  };

  it('more may be waiting › the next round follows at once', async () => {
    let rounds = 0;
    // An idle wait of a minute: without «more» the second round would not come within this test.
    start(async () => (++rounds < 100 ? 'more' : 'idle'), { idleMs: 60_000, maxIdleMs: 60_000 });
    await waitFor('100 rounds', () => rounds === 100, { everyMs: 1 });
  });

  it('idle › continues after a wait', async () => {
    let rounds = 0;
    start(async () => (++rounds, 'idle'));
    await waitFor('5 rounds', () => rounds >= 5, { everyMs: 1 });
  });

  it('idle rounds › the wait doubles up to the longest', async () => {
    const startedAtMs: number[] = [];
    start(async () => (startedAtMs.push(performance.now()), 'idle'), { idleMs: 20, maxIdleMs: 80 });
    await waitFor('6 rounds', () => startedAtMs.length >= 6, { everyMs: 1 });
    const waits = startedAtMs.slice(1).map((at, index) => at - (startedAtMs[index] ?? 0));
    for (const [index, minMs] of [20, 40, 80, 80, 80].entries()) {
      assert.ok((waits[index] ?? 0) >= minMs - 2, `wait ${index + 1}: ${waits[index]} ms`);
    }
  });

  it('a round that fails › logged with the name of the loop, and the loop continues', async () => {
    let rounds = 0;
    const { log } = start(async () => {
      rounds += 1;
      if (rounds === 1) throw new Error('the database is away');
      return 'idle';
    });
    await waitFor('a round after the failure', () => rounds >= 2, { everyMs: 1 });
    const [line] = log.lines();
    assert.equal(line?.['level'], 'error');
    assert.equal(line['loop'], 'test');
    assert.match(JSON.stringify(line['error']), /the database is away/);
  });

  it('stopped while it waits › ends at once', async () => {
    let rounds = 0;
    const { loop: waiting } = start(async () => (++rounds, 'idle'), {
      idleMs: 60_000,
      maxIdleMs: 60_000,
    });
    await waitFor('the first round', () => rounds === 1, { everyMs: 1 });
    await waiting.stop();
    assert.equal(rounds, 1);
  });

  it('stopped in the middle of a round › the round is finished, and no other begins', async () => {
    let finish = (): void => undefined;
    let rounds = 0;
    const { loop: busy } = start(async () => {
      rounds += 1;
      await new Promise<void>((resolve) => (finish = resolve));
      return 'more';
    });
    let hasStopped = false;
    const stopped = busy.stop().then(() => (hasStopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(hasStopped, false);
    finish();
    await stopped;
    assert.equal(rounds, 1);
  });
});
