import { buildCore } from '../../src/app/core.ts';
import { createInboundService } from '../../src/messages/inbound.ts';
import { createReceiptService } from '../../src/messages/receipts.ts';
import { createWebhookProcessor } from '../../src/webhooks/processor.ts';
import type { TestApi } from './api.ts';
import { crossingFiltersOfWorker, watchWire, type WireProbe } from './wire-probe.ts';

/** The part of the worker that processes events, run by hand on connections of its own. */
export interface TestProcessor {
  readonly probe: WireProbe;
  /** Processes until nothing is due any more. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export async function startTestProcessor({ config, log }: TestApi): Promise<TestProcessor> {
  const core = await buildCore(config, { name: 'worker', logger: log.logger });
  const probe = watchWire(core.mongo, crossingFiltersOfWorker);
  const processor = createWebhookProcessor({
    ...core,
    receipts: createReceiptService(core),
    inbound: createInboundService(core),
    templateEvents: core.templateParts.events,
  });
  return {
    probe,
    async drain() {
      while ((await processor.processBatch()) > 0);
    },
    async close() {
      probe.stop();
      await core.close();
    },
  };
}
