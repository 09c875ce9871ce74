import { runProcess } from '../app/process.ts';
import { buildWorker } from '../app/worker.ts';
import { isMessageFailureType } from '../sending/messages/contract.ts';
import { installTemporalRuntime } from '../platform/temporal-worker.ts';

await runProcess('worker', async (config, logger) => {
  installTemporalRuntime(logger, {
    isExpectedFailure: isMessageFailureType,
    metrics: { host: config.http.host, port: config.metrics.temporalPort },
  });
  return buildWorker(config, logger);
});
