import type { ClientSession, Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { TimerHandler } from '../../timers/timers.ts';
import type { ConversationAssignments } from './assignments.ts';
import type { ConversationDoc } from './model.ts';
import type { ConversationRepository } from './repository.ts';
import { createDecide, type ConversationResource } from './resource.ts';
import { wakeTimer } from './snooze-timers.ts';
import { isWokenAt } from './snoozing.ts';

const action = 'conversation.woken';
const product = { type: 'system' } as const;

export interface WakingDeps {
  readonly conversations: Pick<ConversationRepository, 'findById'>;
  readonly resource: ConversationResource;
  /** Waking is a decision like any other: the queue follows it. */
  readonly assignments: Pick<ConversationAssignments, 'place'>;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

/**
 * Opens a snoozed conversation in the transaction of a message that the contact wrote at `at`, by the provider's clock; any
 * other stays as it is.
 */
export type WakeByMessage = (
  scope: ClientScope,
  conversation: ConversationDoc,
  at: Date,
  session: ClientSession,
) => Promise<ConversationDoc>;

export function createWaking({ conversations, resource, assignments, runInTransaction, clock }: WakingDeps) {
  const decide = createDecide({ assignments, clock });
  const ends = decide({ status: 'open' }, { reason: 'snooze-ended', wake: {} });

  const wakeByMessage: WakeByMessage = async (scope, conversation, at, session) => {
    if (conversation.snooze === undefined) return conversation;
    const now = clock.now();
    const wakes = decide(
      { status: 'open' },
      { reason: 'contact-wrote', wake: { since: at < now ? at : now } },
    );
    return resource.within(session).change(scope, product, anyVersionOf(conversation._id), {
      action,
      // It may have been read before the transaction.
      decide: (current, within) => (current.snooze === undefined ? current : wakes(current, within)),
    });
  };

  /** The time of a snooze is over. */
  const wake: TimerHandler = ({ scope, subjectId, dueAt, complete }) =>
    runInTransaction(async (session) => {
      if (!(await complete(session))) return;
      if ((await conversations.findById(scope, subjectId, session)) === null) return;
      await resource.within(session).change(scope, product, anyVersionOf(subjectId), {
        action,
        decide: (current, within) => (isWokenAt(current, dueAt) ? ends(current, within) : current),
      });
    });

  return { wakeByMessage, handlers: { [wakeTimer]: wake } };
}

const anyVersionOf = (id: Types.ObjectId) => ({ id, version: undefined });
