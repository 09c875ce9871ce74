import assert from 'node:assert/strict';
import { describeFault, type Fault } from '../../proofs/chaos/fault-plan.ts';
import { formatChaos } from '../../proofs/chaos/report.ts';
import { runChaos } from '../../proofs/chaos/run.ts';
import { withElapsedTime } from '../../proofs/shared/log.ts';
import { randomSeed } from '../../proofs/shared/random.ts';

const inMessages = (by: 'api' | 'worker', command: 'insert' | 'findAndModify' | 'update') =>
  ({ kind: 'commands', path: { by, command, collection: 'messages' } }) as const;

/** These come first: they need commands to fail, so messages must still be sent, even on a slow machine. */
const failingCommands: readonly Fault[] = [
  { ...inMessages('api', 'insert'), failure: 'timed out by the write concern' },
  { ...inMessages('worker', 'findAndModify'), failure: 'connection closed' },
  { ...inMessages('worker', 'update'), failure: 'unconfirmed' },
];

const faults: readonly Fault[] = [
  ...failingCommands,
  { kind: 'step-down' },
  { kind: 'pause', target: 'worker' },
  { kind: 'link', link: 'provider', fault: 'reset' },
  { kind: 'link', link: 'mongodb', fault: 'reset' },
];

const messages = 100;
/** Slow enough that messages are still being sent during most faults. */
const pacePerSecond = 4;
const firstAfter = 5;
const nextAfter = 10;

describe('e2e › faults', function () {
  this.timeout(180_000);

  it('100 messages, failing commands, a step-down, a frozen worker, reset links › none lost, none sent twice, all records agree', async () => {
    const lines: string[] = [];
    const report = await runChaos(
      { seed: randomSeed(), messages, kills: 0, faults: faults.length, pauseMs: 2_000, pacePerSecond },
      {
        binaries: {
          mongod: process.env['TEST_MONGOD_BINARY'] ?? '',
          temporal: process.env['TEST_TEMPORAL_BINARY'] ?? '',
        },
        log: withElapsedTime((line) => void lines.push(line)),
        faults: faults.map((fault, index) => ({ fault, afterAccepted: firstAfter + index * nextAfter })),
      },
    );
    const story = `${lines.join('\n')}\n\n${formatChaos(report)}`;
    assert.deepEqual(report.violations, [], story);
    assert.equal(report.accepted, messages, story);
    assert.equal(report.recoveries.length, faults.length, story);
    assert.deepEqual({ lost: report.lost, sentTwice: report.sentTwice }, { lost: 0, sentTwice: 0 }, story);
    const names = new Set(failingCommands.map(describeFault));
    const ofCommands = report.recoveries.filter(({ name }) => names.has(name));
    assert.equal(ofCommands.length, failingCommands.length, story);
    for (const { name, failedCommands } of ofCommands) assert.ok(failedCommands > 0, `${name}\n${story}`);
  });
});
