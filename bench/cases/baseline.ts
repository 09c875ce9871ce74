import { request } from 'undici';
import type { BareRun, BareSettings } from '../processes/bare-contract.ts';
import { bareBundlePath, compileBaselines, processPath } from '../stage/compile.ts';
import type { Stage } from '../stage/stage.ts';

export interface Baseline {
  readonly pid: number;
  /** Runs the workflows to their end; returns their ids. */
  run(run: Omit<BareRun, 'prefix'>): Promise<readonly string[]>;
}

/** Starts the process of the baseline workflows, which do only what the compared workflows cannot avoid. */
export async function startBaseline(stage: Stage): Promise<Baseline> {
  await compileBaselines();
  const port = await stage.freePort();
  const settings: BareSettings = {
    address: stage.temporalAddress,
    namespace: stage.namespace,
    workflowBundlePath: bareBundlePath,
    port,
  };
  const url = `http://127.0.0.1:${port}`;
  const { pid } = await stage.start({
    name: 'baseline',
    args: [processPath('bare-worker'), JSON.stringify(settings)],
    readyUrl: url,
    env: { NODE_ENV: 'production' },
  });
  let runs = 0;
  return {
    pid,
    async run(given) {
      runs += 1;
      const run: BareRun = { ...given, prefix: `${given.kind}:${runs}:` };
      const answer = await request(url, {
        method: 'POST',
        body: JSON.stringify(run),
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`the baseline failed: ${text}`);
      return Array.from({ length: given.count }, (_, index) => `${run.prefix}${index}`);
    },
  };
}
