import { readFile, writeFile } from 'node:fs/promises';
import type { Cluster } from './cluster/cluster.ts';
import { prepareCluster, withCluster } from './cluster/with-cluster.ts';
import { readStormOptions, usage } from './inbox-storm/options.ts';
import { addToPage, formatStorm } from './inbox-storm/report.ts';
import { runStorm, type StormCluster } from './inbox-storm/run.ts';
import { runProof } from './shared/run-proof.ts';

const env = {
  LOG_LEVEL: 'warn',
  PROVIDER_SENDS_PER_SECOND: '300',
  // Sooner than by default, so that a storm does not wait for what a killed process had begun.
  SWEEP_INTERVAL_MS: '1000',
  SWEEP_OLDER_THAN_MS: '4000',
};

const stormCluster = ({ apiUrl, secondApiUrl, ...cluster }: Cluster): StormCluster => ({
  ...cluster,
  apiUrls: [apiUrl, secondApiUrl],
  async kill(target) {
    await cluster.kill(target);
    await cluster.untilReady(target);
  },
});

await runProof({
  name: 'inbox-storm',
  usage,
  readOptions: readStormOptions,
  run: async ({ page, ...options }, log) =>
    withCluster({ name: 'inbox-storm', binaries: await prepareCluster(log), env, log }, async (cluster) => {
      await cluster.startSecond();
      const report = await runStorm(options, stormCluster(cluster), log);
      if (page !== null)
        await writeFile(page, addToPage(await readFile(page, 'utf8').catch(() => ''), report));
      return report;
    }),
  format: formatStorm,
});
