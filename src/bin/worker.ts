import { runProcess } from '../app/process.ts';
import { buildWorker } from '../app/worker.ts';
import { installTemporalRuntime } from '../platform/temporal-worker.ts';

await runProcess('worker', async (config, logger) => {
  installTemporalRuntime(logger);
  return buildWorker(config, logger);
});
