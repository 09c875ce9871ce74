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
  /** Messages that are read at once; 500 when not given. */
  readonly batchSize?: number;
}

const defaultBatch = 500;
/** Batches of one round: a backlog is worked off without keeping Temporal busy with nothing else. */
const maxBatches = 10;
const maxConcurrentStarts = 8;

/** A message that still waits is looked at again after this many times `olderThanMs`: a backlog is no fault. */
const recheckFactor = 10;

/**
 * Makes sure that every message that has not left has a running workflow: the API may have died, or Temporal may
 * have been away, between accepting and starting. Safe to run anywhere at any time, because the workflow's id
 * follows from the message's and a message is claimed before it is sent.
 */
export function createSweep(deps: SweepDeps) {
  const { messages, workflows, clock, logger, olderThanMs, batchSize = defaultBatch } = deps;

  async function repair(message: MessageDoc): Promise<void> {
    const scope = scopeOf(message.clientId);
    const messageId = message._id.toHexString();
    if ((await workflows.start(message)) === 'running') {
      const now = clock.now();
      await messages.markSwept(scope, message._id, now);
      // Its time has passed, and it does not know: it was moved to an earlier one while nobody could tell it.
      const { status, sendAt } = message;
      if (status === 'scheduled' && sendAt !== undefined && sendAt < now)
        await workflows.reschedule(messageId, sendAt);
      return;
    }
    // Nobody may wait for it in vain. A regular end knows more than the database, which was restored from an older
    // copy: the message may have left. Any other end was a termination or a fault before it left.
    const reason = (await workflows.hasCompleted(messageId)) ? 'unknown' : 'failed';
    const withdrawal = { reason, failure: lostWorkflow, now: clock.now() } as const;
    const status = await messages.withdraw(scope, message._id, withdrawal);
    logger.warn({ messageId, status }, 'the workflow had ended, but the message is stored as not sent');
  }

  /** Looks after all of a batch; answers what failed. */
  async function repairAll(batch: readonly MessageDoc[]): Promise<unknown[]> {
    const failures: unknown[] = [];
    await mapConcurrently(batch, maxConcurrentStarts, (message) =>
      repair(message).catch((error: unknown) => failures.push(error)),
    );
    return failures;
  }

  return {
    /** One round; answers how many messages it looked at. Throws what failed after all were tried. */
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
        // One that fails must not keep those behind it waiting; where all fail, it is none of them.
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
