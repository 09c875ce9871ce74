import assert from 'node:assert/strict';
import { formatStopRace } from '../../proofs/stop-race/report.ts';
import { runStopRace } from '../../proofs/stop-race/run.ts';
import { randomSeed } from '../../proofs/shared/random.ts';
import { useStack } from '../support/stack.ts';

const messages = 200;
const contacts = 20;
const stops = 5;

describe('e2e › stop race', function () {
  this.timeout(90_000);
  const stack = useStack('stop-race', {
    env: { LOG_LEVEL: 'warn', PROVIDER_SENDS_PER_SECOND: '20' },
    isWorkerLate: true,
  });

  it('200 messages wait, 5 of 20 contacts say STOP › none is sent after the acknowledgement, all others are', async () => {
    const { apiUrl, sandboxUrl, env, worker } = stack();
    const lines: string[] = [];
    const report = await runStopRace(
      { seed: randomSeed(), messages, contacts, stops },
      { apiUrl, sandboxUrl, mongodbUri: env['MONGODB_URI'] ?? '', startWorker: worker.start },
      (line) => void lines.push(line),
    );
    const story = `${lines.join('\n')}\n\n${formatStopRace(report)}`;
    assert.deepEqual(report.violations, [], story);
    assert.equal(report.stops, stops, story);
    assert.ok(report.canceled >= 10, story);
    assert.equal(report.racing + report.refused, stops * 5, story);
    assert.ok(report.sent >= 120, story);
  });
});
