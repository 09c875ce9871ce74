import type { Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import { mapConcurrently } from '../../platform/concurrency.ts';
import type { Logger } from '../../platform/logger.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { lostWorkflow } from './lifecycle.ts';
import type { MessageDoc, MessageRepository } from './store/repository.ts';
import type { MessageWorkflows } from './workflows.ts';

export interface SweepDeps {
  readonly messages: MessageRepository;
  readonly workflows: MessageWorkflows;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Younger messages are left to the request that accepted them. */
  readonly olderThanMs: number;
  /** Messages per batch; default 500. */
  readonly batchSize?: number;
}

const defaultBatch = 500;
/** Batches per round, so that a backlog does not occupy Temporal completely. */
const maxBatches = 10;
const maxConcurrentStarts = 8;

/** A message that still waits is swept again after `recheckFactor * olderThanMs`. */
const recheckFactor = 10;

/**
 * Ensures that every unsent message has a running workflow: the API may have died, or Temporal may have been
 * unavailable, between acceptance and start. Safe to run anywhere at any time, because the workflow id derives from
 * the message id and every send needs a claim.
 */
export function createSweep(deps: SweepDeps) {
  const { messages, workflows, clock, logger, olderThanMs, batchSize = defaultBatch } = deps;

  async function repair(message: MessageDoc): Promise<void> {
    const scope = scopeOf(message.clientId);
    const messageId = message._id.toHexString();
    if ((await workflows.start(message)) === 'running') {
      const now = clock.now();
      await messages.markSwept(scope, message._id, now);
      // Overdue: the message was rescheduled to an earlier time, but the update never reached its workflow.
      const { status, sendAt } = message;
      if (status === 'scheduled' && sendAt !== undefined && sendAt < now)
        await workflows.reschedule(messageId, sendAt);
      return;
    }
    // The workflow is closed, so close the message too. If the workflow completed, the database was restored from an
    // older copy and the message may have left. Otherwise the workflow was terminated or failed before it left.
    const reason = (await workflows.hasCompleted(messageId)) ? 'unknown' : 'failed';
    const withdrawal = { reason, failure: lostWorkflow, now: clock.now() } as const;
    const status = await messages.withdraw(scope, message._id, withdrawal);
    logger.warn(
      { messageId, status },
      'workflow closed while its message was stored as unsent: message closed',
    );
  }

  /** Repairs a batch; returns the errors. */
  async function repairAll(batch: readonly MessageDoc[]): Promise<unknown[]> {
    const failures: unknown[] = [];
    await mapConcurrently(batch, maxConcurrentStarts, (message) =>
      repair(message).catch((error: unknown) => failures.push(error)),
    );
    return failures;
  }

  return {
    /** One round; returns the number of messages checked. Throws all errors together after the last batch. */
    async sweepOnce(): Promise<number> {
      const nowMs = clock.now().getTime();
      const window = {
        olderThan: new Date(nowMs - olderThanMs),
        sweptBefore: new Date(nowMs - olderThanMs * recheckFactor),
        limit: batchSize,
      };
      const failures: unknown[] = [];
      let count = 0;
      let after: Types.ObjectId | undefined;
      for (let batches = 0; batches < maxBatches; batches += 1) {
        const unsent = await messages.findUnsentAcrossClients({ ...window, after });
        const failed = await repairAll(unsent);
        failures.push(...failed);
        count += unsent.length;
        // A failing message must not block those behind it. If a whole batch fails, the cause is not a single message.
        after = unsent.findLast(({ sweptAt }) => sweptAt === undefined)?._id ?? after;
        if (unsent.length < batchSize || failed.length === unsent.length) break;
      }
      if (failures.length > 0) {
        throw new AggregateError(failures, `${failures.length} of ${count} messages could not be swept`);
      }
      return count;
    },
  };
}
