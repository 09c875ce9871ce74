import { createStage, type Stage } from './send-message-stage.ts';
import { connectTestTemporal, startTestWorkers, type TestTemporal, type WorkerOptions } from './temporal.ts';
import { useRunning } from './use-running.ts';

type StageOptions = Pick<WorkerOptions, 'hasProvider'>;

export interface RunningStage extends Stage, TestTemporal {
  /** Stops the workers, does this, and starts others in their place. */
  betweenWorkers(work: () => Promise<void>): Promise<void>;
}

/** A stage with workers, in a namespace of its own. */
export async function startStage(name: string, options: StageOptions = {}): Promise<RunningStage> {
  const temporal = await connectTestTemporal(name);
  const stage = createStage(temporal.client);
  const start = () => startTestWorkers({ ...temporal, ...options, activities: stage.activities });
  let workers = await start();
  return {
    ...temporal,
    ...stage,
    async betweenWorkers(work) {
      await workers.stop();
      await work();
      workers = await start();
    },
    async close() {
      await workers.stop();
      await temporal.close();
    },
  };
}

/** Sets it before the tests of a `describe` and takes it down after them. */
export const useStage = (name: string, options?: StageOptions): (() => RunningStage) =>
  useRunning(() => startStage(name, options));
