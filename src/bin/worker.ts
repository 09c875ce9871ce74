import { runProcess } from '../app/process.ts';
import { buildWorker } from '../app/worker.ts';
import { isMessageFailureType } from '../messages/contract.ts';
import { installTemporalRuntime } from '../platform/temporal-worker.ts';

await runProcess('worker', async (config, logger) => {
  installTemporalRuntime(logger, isMessageFailureType);
  return buildWorker(config, logger);
});
