import type { ClientSession } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { ConversationDoc, ConversationWaits, WaitStore } from '../conversations/waits.ts';
import type { AnswerReport } from '../sla/answer-log.ts';
import { isAnswerTo } from '../sla/clocks/responses.ts';
import type { WaitFacts } from './facts.ts';
import { countsFrom, firstUnanswered } from './open-asks.ts';

export interface WaitLogDeps {
  readonly conversations: Pick<WaitStore, 'findById' | 'setWait'>;
  readonly facts: WaitFacts;
  readonly runInTransaction: RunInTransaction;
}

export type WaitLog = ReturnType<typeof createWaitLog>;

/**
 * Since when the contact of a conversation waits, made from the messages and the answers that are known. What is known of an
 * answer changes only here, in the transaction that also makes `waitingSince` from it; each of these writes the conversation,
 * so two at once are a conflict.
 */
export function createWaitLog({ conversations, facts, runInTransaction }: WaitLogDeps) {
  /** Makes it from the facts, and a message that is being stored. */
  async function refresh(
    scope: ClientScope,
    { _id: conversationId, status, settledArrivals }: ConversationDoc,
    session: ClientSession,
    asked: readonly Date[] = [],
  ): Promise<void> {
    const answeredAt = await facts.findLastAnswer(scope, conversationId, session);
    const range = { conversationId, answeredAt, settledArrivals };
    const first = status === 'closed' ? null : await facts.findFirstAsk(scope, range, session);
    const asks = status === 'closed' ? [] : [...asked, ...(first === null ? [] : [first])];
    const since = firstUnanswered(asks, answeredAt);
    await conversations.setWait(scope, conversationId, { since, answeredAt }, session);
  }

  async function noteWithin(scope: ClientScope, report: AnswerReport, session: ClientSession): Promise<void> {
    const change = await facts.noteAnswer(scope, report, session);
    if (change === null) return;
    const conversation = await conversations.findById(scope, report.conversationId, session);
    if (conversation === null) return;
    const answeredAt = countsFrom(change);
    if (answeredAt === null || conversation.waitingSince !== undefined)
      return refresh(scope, conversation, session);
    // Nobody waits, and one more answer makes nobody wait.
    await conversations.setWait(scope, conversation._id, { since: null, answeredAt }, session);
  }

  const followArrival: ConversationWaits['followArrival'] = async (scope, conversation, at, session) => {
    const { status, waitingSince, latestAnswerAt, reopenings } = conversation;
    // An earlier wait goes on.
    if (status === 'closed' || waitingSince === undefined || waitingSince < at) return;
    // Of a conversation that was closed by an earlier version, the answers may be unknown.
    const isCertain =
      latestAnswerAt === undefined ? reopenings === undefined : !isAnswerTo(latestAnswerAt, at);
    if (!isCertain) await refresh(scope, conversation, session, [at]);
  };

  return {
    refresh,
    followArrival,
    noteWithin,

    /** As `noteWithin`, in a transaction of its own. Costs nothing for a message to a contact who has never written. */
    async note(scope: ClientScope, report: AnswerReport): Promise<void> {
      if (report.isUnasked !== true) await runInTransaction((session) => noteWithin(scope, report, session));
    },
  };
}
