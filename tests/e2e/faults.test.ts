import assert from 'node:assert/strict';
import type { PlannedFault } from '../../proofs/chaos/fault-plan.ts';
import { formatChaos } from '../../proofs/chaos/report.ts';
import { runChaos } from '../../proofs/chaos/run.ts';
import { withElapsedTime } from '../../proofs/shared/log.ts';
import { randomSeed } from '../../proofs/shared/random.ts';

const faults: readonly PlannedFault[] = [
  { fault: { kind: 'step-down' }, afterAccepted: 5 },
  { fault: { kind: 'pause', target: 'worker' }, afterAccepted: 15 },
  { fault: { kind: 'link', link: 'provider', fault: 'reset' }, afterAccepted: 25 },
  { fault: { kind: 'step-down' }, afterAccepted: 35 },
  { fault: { kind: 'link', link: 'mongodb', fault: 'reset' }, afterAccepted: 45 },
];

const inMessages = (by: 'api' | 'worker', command: 'insert' | 'findAndModify' | 'update') =>
  ({ kind: 'commands', path: { by, command, collection: 'messages' } }) as const;

const failingCommands: readonly PlannedFault[] = [
  { fault: { ...inMessages('api', 'insert'), failure: 'timed out by the write concern' }, afterAccepted: 5 },
  { fault: { ...inMessages('worker', 'findAndModify'), failure: 'connection closed' }, afterAccepted: 10 },
  { fault: { ...inMessages('worker', 'update'), failure: 'unconfirmed' }, afterAccepted: 15 },
];

async function run(faults: readonly PlannedFault[], messages: number) {
  const lines: string[] = [];
  const report = await runChaos(
    {
      seed: randomSeed(),
      messages,
      kills: 0,
      faults: faults.length,
      pauseMs: 3_000,
      pacePerSecond: 8,
    },
    {
      binaries: {
        mongod: process.env['TEST_MONGOD_BINARY'] ?? '',
        temporal: process.env['TEST_TEMPORAL_BINARY'] ?? '',
      },
      log: withElapsedTime((line) => void lines.push(line)),
      faults,
    },
  );
  const story = `${lines.join('\n')}\n\n${formatChaos(report)}`;
  assert.deepEqual(report.violations, [], story);
  assert.equal(report.accepted, messages, story);
  assert.equal(report.recoveries.length, faults.length, story);
  assert.deepEqual([report.lost, report.sentTwice], [0, 0], story);
  return { report, story };
}

describe('e2e › faults', function () {
  this.timeout(240_000);

  it('60 messages, step-downs, a frozen worker, resets › none lost, none sent twice, all accounts agree', async () => {
    await run(faults, 60);
  });

  it('100 messages, commands that fail, or take effect and are not confirmed › the same', async () => {
    const { report, story } = await run(failingCommands, 100);
    for (const { name, failedCommands } of report.recoveries)
      assert.ok(failedCommands > 0, `${name}\n${story}`);
  });
});
