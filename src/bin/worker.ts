import { runProcess } from '../app/process.ts';
import { buildWorker } from '../app/worker.ts';
import { isMessageFailureType } from '../sending/messages/contract.ts';
import { chooseSdkMetricsAddress } from '../platform/sdk-metrics.ts';
import { installTemporalRuntime } from '../platform/temporal-worker.ts';

await runProcess('worker', async (config, logger) => {
  const metrics = await chooseSdkMetricsAddress(config.http.host, config.metrics.temporalPort);
  installTemporalRuntime(logger, { isExpectedFailure: isMessageFailureType, metrics });
  return buildWorker(config, logger, metrics);
});
