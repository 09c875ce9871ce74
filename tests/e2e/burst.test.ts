import assert from 'node:assert/strict';
import { formatBurst } from '../../proofs/burst/report.ts';
import { runBurst } from '../../proofs/burst/run.ts';
import { randomSeed } from '../../proofs/shared/random.ts';
import { useStack } from '../support/stack.ts';

/** `npm run burst` takes more. */
const receipts = 1_000;

describe('e2e › burst of receipts', function () {
  this.timeout(150_000);
  const stack = useStack('burst', { env: { LOG_LEVEL: 'warn', PROVIDER_SENDS_PER_SECOND: '300' } });

  it('1,000 receipts, 30 % twice, shuffled, 50 POSTs at a time › equal to a replay in order, each fact once', async () => {
    const { apiUrl, sandboxUrl, env } = stack();
    const lines: string[] = [];
    const report = await runBurst(
      { seed: randomSeed(), receipts },
      {
        apiUrl,
        sandboxUrl,
        mongodbUri: env['MONGODB_URI'] ?? '',
        appSecret: env['SANDBOX_APP_SECRET'] ?? '',
      },
      (line) => void lines.push(line),
    );
    const story = `${lines.join('\n')}\n\n${formatBurst(report)}`;
    assert.deepEqual(report.violations, [], story);
    assert.ok(report.statusChanges > 200, story);
    assert.ok(report.inbound > 50 && report.contacts > 5, story);
  });
});
