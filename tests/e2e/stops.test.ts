import assert from 'node:assert/strict';
import { randomSeed } from '../../proofs/shared/random.ts';
import { formatStops } from '../../proofs/stops/report.ts';
import { runStops } from '../../proofs/stops/run.ts';
import { useStack } from '../support/stack.ts';

const tries = 40;

describe('e2e › stops', function () {
  this.timeout(120_000);
  const stack = useStack('stops', { env: { LOG_LEVEL: 'warn', PROVIDER_SENDS_PER_SECOND: '80' } });

  it('40 pauses, blocks, opt-outs and cancels while two workers send › no call begins after the answer', async () => {
    const { apiUrl, sandboxUrl, env, secondWorker } = stack();
    await secondWorker.start();
    const lines: string[] = [];
    const report = await runStops(
      { seed: randomSeed(), tries, businesses: 4 },
      { apiUrl, sandboxUrl, mongodbUri: env['MONGODB_URI'] ?? '' },
      (line) => void lines.push(line),
    );
    const story = `${lines.join('\n')}\n\n${formatStops(report)}`;
    assert.deepEqual(report.violations, [], story);
    assert.ok(report.before + report.after + report.never >= 4 * tries, story);
    assert.ok(report.before > 0 && report.never + report.after > 0, `the stops raced with nothing\n${story}`);
  });
});
