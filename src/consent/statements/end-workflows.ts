import type { Types } from 'mongoose';
import { sleep } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';

export interface EndDeps {
  /** Ends the workflow of a canceled message now; without it, the claim refuses the message later. */
  readonly workflows: { cancel(messageId: string): Promise<void> };
  readonly logger: Logger;
}

/** Notifying workflows is optional: after this time it continues in the background. */
const maxNotifyMs = 1_000;
/** Workflows notified at once: enough to hide the round trip, few enough to leave room for sends. */
const concurrency = 16;

/** Ends the workflows of messages that a stop has canceled. */
export async function endWorkflows(
  { workflows, logger }: EndDeps,
  messageIds: readonly Types.ObjectId[],
): Promise<void> {
  const waiting = messageIds.map((id) => id.toHexString());
  const work = async (): Promise<void> => {
    for (let messageId = waiting.pop(); messageId !== undefined; messageId = waiting.pop()) {
      await workflows.cancel(messageId).catch((error: unknown) => {
        // The claim finds the message canceled anyway; only the workflow ends later.
        logger.warn({ messageId, error }, 'canceled by an opt-out without notifying the workflow');
      });
    }
  };
  const isDone = new AbortController();
  const all = Promise.all(Array.from({ length: concurrency }, work)).finally(() => isDone.abort());
  await Promise.race([all, sleep(maxNotifyMs, isDone.signal)]);
}
