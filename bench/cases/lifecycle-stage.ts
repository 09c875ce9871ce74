import type { Log } from '../stage/stage.ts';
import { startBaseline, type Baseline } from './baseline.ts';
import { withProductStage, type ProductStage } from './product-stage.ts';

/** Everything that benchmarks of whole messages need, running: the product with one worker, and the baseline. */
export interface LifecycleStage extends ProductStage {
  readonly pids: { readonly api: number; readonly worker: number };
  readonly baseline: Baseline;
}

export interface LifecycleStageOptions {
  readonly inFlight: number;
  readonly profileDir: string | null;
  readonly log: Log;
}

/** The sandbox's delays after the call for `delivered` and `read`. `sent` changes nothing and wakes no workflow. */
export const receiptDelaysMs = [150, 400] as const;

export function withLifecycleStage<T>(
  { inFlight, profileDir, log }: LifecycleStageOptions,
  work: (stage: LifecycleStage) => Promise<T>,
): Promise<T> {
  return withProductStage({ connections: inFlight, profileDir, log }, async (running) => {
    const workerProcess = await running.product.start('worker');
    const baseline = await startBaseline(running.stage);
    return work({
      ...running,
      pids: { api: running.apiProcess.pid, worker: workerProcess.pid },
      baseline,
    });
  });
}
