import assert from 'node:assert/strict';
import { formatChaos } from '../../proofs/chaos/report.ts';
import { runChaos } from '../../proofs/chaos/run.ts';
import { withElapsedTime } from '../../proofs/shared/log.ts';
import { randomSeed } from '../../proofs/shared/random.ts';

const messages = 100;
const kills = 4;

describe('e2e › chaos', function () {
  this.timeout(180_000);

  it('100 messages, kill -9 of api, worker, mongod and temporal › none lost, none sent twice, all records agree', async () => {
    const lines: string[] = [];
    const report = await runChaos(
      { seed: randomSeed(), messages, kills, faults: 0, pauseMs: 0, pacePerSecond: 0 },
      {
        binaries: {
          mongod: process.env['TEST_MONGOD_BINARY'] ?? '',
          temporal: process.env['TEST_TEMPORAL_BINARY'] ?? '',
        },
        log: withElapsedTime((line) => void lines.push(line)),
      },
    );
    const story = `${lines.join('\n')}\n\n${formatChaos(report)}`;
    assert.deepEqual(report.violations, [], story);
    assert.equal(report.accepted, messages, story);
    assert.equal(lines.filter((line) => line.includes('kill -9')).length, kills, story);
    assert.ok(report.interrupted.length <= report.maxUnknown, story);
  });
});
