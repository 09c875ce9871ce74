import { createStage, type Stage } from './send-message-stage.ts';
import { connectTestTemporal, startTestWorkers, type TestTemporal, type WorkerOptions } from './temporal.ts';
import { useRunning } from './use-running.ts';

type StageOptions = Pick<WorkerOptions, 'hasProvider'>;

export interface RunningStage extends Stage, TestTemporal {
  /** Stops the workers, calls this, and starts new ones. */
  betweenWorkers(work: () => Promise<void>): Promise<void>;
}

/** A stage with workers, in its own namespace. */
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

/** Creates the stage before the tests of a `describe` and removes it afterwards. */
export const useStage = (name: string, options?: StageOptions): (() => RunningStage) =>
  useRunning(() => startStage(name, options));
