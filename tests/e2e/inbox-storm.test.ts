import assert from 'node:assert/strict';
import { formatStorm } from '../../proofs/inbox-storm/report.ts';
import { stormTargets, type StormTarget } from '../../proofs/inbox-storm/kills.ts';
import { runStorm } from '../../proofs/inbox-storm/run.ts';
import { withElapsedTime } from '../../proofs/shared/log.ts';
import { randomSeed } from '../../proofs/shared/random.ts';
import { useStack } from '../support/stack.ts';

/** `npm run inbox-storm` has more of all. */
const conversations = 100;
const agents = 6;
const minutes = 0.15;

describe('e2e › the storm of the inbox', function () {
  this.timeout(180_000);
  const stack = useStack('inbox-storm', {
    env: {
      ...{ LOG_LEVEL: 'warn', PROVIDER_SENDS_PER_SECOND: '300' },
      ...{ SWEEP_INTERVAL_MS: '1000', SWEEP_OLDER_THAN_MS: '4000' },
    },
  });

  it('100 contacts and 6 agents, two APIs and two workers killed in turn › nothing lost, nobody passed, every event once', async () => {
    const { api, worker, secondApi, secondWorker, apiUrl, secondApiUrl, sandboxUrl, env } = stack();
    await Promise.all([secondApi.start(), secondWorker.start()]);
    const processes = { api, worker, 'second-api': secondApi, 'second-worker': secondWorker };
    const lines: string[] = [];
    const report = await runStorm(
      { seed: randomSeed(), conversations, agents, minutes },
      {
        apiUrls: [apiUrl, secondApiUrl],
        ...{ sandboxUrl, mongodbUri: env['MONGODB_URI'] ?? '', appSecret: env['SANDBOX_APP_SECRET'] ?? '' },
        async kill(target: StormTarget) {
          await processes[target].kill();
          await processes[target].start();
        },
      },
      withElapsedTime((line) => void lines.push(line)),
    );
    const story = `${lines.join('\n')}\n\n${formatStorm(report)}`;
    assert.deepEqual(report.violations, [], story);
    const killed = new Set(report.kills.map(({ target }) => target));
    assert.ok(
      report.kills.length >= 3 && killed.size >= Math.min(report.kills.length, stormTargets.length),
      story,
    );
    assert.ok((report.figures.decisions.get('least-loaded') ?? 0) >= conversations / 2, story);
    assert.ok(report.files > 0 && report.figures.breaches > 0, story);
    assert.ok(report.figures.connections > 6, story);
  });
});
