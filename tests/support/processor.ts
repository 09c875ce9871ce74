import { buildCore } from '../../src/app/core.ts';
import type { CrmMetrics } from '../../src/app/instruments.ts';
import { observeReceipts } from '../../src/sending/observers.ts';
import type { ErrorEffects } from '../../src/sending/dispatch/effects.ts';
import type { InboundService } from '../../src/sending/messages/incoming/inbound.ts';
import type { MessageWorkflows } from '../../src/sending/messages/workflows.ts';
import { createReceiptService } from '../../src/sending/messages/incoming/receipts.ts';
import { startLoops, type Loop } from '../../src/platform/loop.ts';
import { buildProcessor } from '../../src/webhooks/build.ts';
import type { ProcessorLane } from '../../src/webhooks/processor.ts';
import type { TestApi } from './api.ts';
import { crossingFiltersOfWorker, watchWire, type WireProbe } from './wire-probe.ts';

/** The event-processing part of the worker, run by hand on its own connections. */
export interface TestProcessor {
  readonly probe: WireProbe;
  readonly metrics: CrmMetrics;
  /** Processes until no event is due. */
  drain(): Promise<void>;
  /** Checks the due suspect numbers once. */
  reviewNumbers(): Promise<number>;
  /** Runs all lanes as the worker does, until stopped. */
  start(): Loop;
  /** One batch of a lane; returns the number of events taken. */
  processBatch(lane: ProcessorLane): Promise<number>;
  close(): Promise<void>;
}

/** Replacements or wrappers for parts. */
interface Changes {
  readonly leaseMs?: number;
  readonly inbound?: (real: InboundService) => InboundService;
  readonly effects?: (real: ErrorEffects) => ErrorEffects;
  readonly workflows?: (real: MessageWorkflows) => MessageWorkflows;
}

export async function startTestProcessor(
  { config, log }: Pick<TestApi, 'config' | 'log'>,
  { leaseMs, inbound = (real) => real, effects = (real) => real, workflows = (real) => real }: Changes = {},
): Promise<TestProcessor> {
  const core = await buildCore(config, {
    name: 'worker',
    logger: log.logger,
    provider: config.provider,
  });
  const probe = watchWire(core.mongo, crossingFiltersOfWorker);
  const processor = buildProcessor({
    ...core,
    deadLetterMs: config.webhook.deadLetterMs,
    receipts: observeReceipts(
      createReceiptService({
        ...core,
        effects: effects(core.effects),
        workflows: workflows(core.workflows),
      }),
      core,
    ),
    inbound: inbound(core.inbound),
    ...(leaseMs === undefined ? {} : { leaseMs }),
  });
  return {
    probe,
    metrics: core.metrics,
    start: () => startLoops(processor.loops, log.logger),
    processBatch: processor.processBatch,
    async drain() {
      for (const lane of ['all', 'large'] as const) while ((await processor.processBatch(lane)) > 0);
    },
    reviewNumbers: () => core.numbers.reviewDue(),
    async close() {
      probe.stop();
      await core.close();
    },
  };
}
