import type { RunInTransaction } from '../../platform/transaction.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Cursor } from '../../platform/pagination.ts';
import type { TimerHandler, TimerHandlers } from '../../timers/timers.ts';
import type { ConversationDoc, QueuedConversations } from '../conversations/queue.ts';
import type { AssignmentPolicyRepository } from './policies/repository.ts';
import { policyFor } from './policies/rules.ts';
import type { QueueWakeRepository } from './queue/repository.ts';
import type { FindWait } from './returns.ts';

/** Fires after a policy was created or changed. */
export const backlogTimer = 'assignment.backlog';

export interface BacklogDeps {
  readonly policies: Pick<AssignmentPolicyRepository, 'list'>;
  readonly conversations: Pick<QueuedConversations, 'list' | 'enqueue'>;
  readonly wakes: Pick<QueueWakeRepository, 'wake'>;
  readonly findWait: FindWait;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

const pageSize = 100;
/** Those with the latest messages; older ones wait from their next message on. They take some seconds. */
const maxPages = 10;

/** Puts conversations into the queue whose contacts waited before there was a policy for them. */
export const createBacklogHandlers = (deps: BacklogDeps): TimerHandlers => {
  const handle: TimerHandler = async ({ scope }) => {
    let after: Cursor<Date> | null = null;
    for (let page = 0; page < maxPages; page += 1) {
      const filter = { status: 'open', assignedAgentId: null } as const;
      const found: readonly ConversationDoc[] = await deps.conversations.list(scope, filter, {
        ...{ limit: pageSize, after },
      });
      for (const conversation of found)
        if (conversation.queue === undefined) await enqueueWaiting(deps, scope, conversation);
      const last = found.at(-1);
      if (last === undefined || found.length < pageSize) return;
      after = { key: last.lastMessageAt, id: last._id };
    }
  };
  return { [backlogTimer]: handle };
};

const enqueueWaiting = (
  { policies, conversations, wakes, findWait, runInTransaction, clock }: BacklogDeps,
  scope: ClientScope,
  conversation: ConversationDoc,
): Promise<void> =>
  runInTransaction(async (session) => {
    if (policyFor(await policies.list(scope, session), conversation) === null) return;
    const since = await findWait(scope, conversation._id, session);
    if (since === null) return;
    const queue = { since, excluded: [], rounds: 0 };
    if (await conversations.enqueue(scope, conversation._id, queue, session))
      await wakes.wake(scope, clock.now(), session);
  });
