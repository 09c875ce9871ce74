import type { ClientSession, Types } from 'mongoose';
import type { Clock } from '../../../platform/clock.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { QueuedConversations } from '../../conversations/queue.ts';
import { firstState, type AgentStateDoc, type AgentStateRepository } from './repository.ts';

interface SlotDeps {
  readonly agents: Pick<AgentStateRepository, 'find' | 'insert' | 'addSlots'>;
  readonly conversations: Pick<QueuedConversations, 'countOpenOf'>;
  readonly clock: Clock;
}

export type Slots = ReturnType<typeof createSlots>;

/** How many open conversations each user has, kept in the transactions that change it. */
export function createSlots({ agents, conversations, clock }: SlotDeps) {
  /** Stores the state of a user who has none, with what the transaction sees and has written. */
  async function begin(scope: ClientScope, userId: Types.ObjectId, session: ClientSession) {
    const openCount = await conversations.countOpenOf(scope, userId, session);
    const fresh = firstState(scope, userId, { openCount, at: clock.now() });
    // The unique index makes this conflict with another transaction that begins it.
    await agents.insert(scope, fresh, session);
    return fresh;
  }

  return {
    /** After the write of the conversation. Returns the state. */
    add: async (
      scope: ClientScope,
      userId: Types.ObjectId,
      by: 1 | -1,
      session: ClientSession,
    ): Promise<AgentStateDoc> =>
      (await agents.addSlots(scope, userId, by, session)) ?? begin(scope, userId, session),

    /** The state of a user, stored if there is none. */
    ensure: async (
      scope: ClientScope,
      userId: Types.ObjectId,
      session: ClientSession,
    ): Promise<AgentStateDoc> => (await agents.find(scope, userId, session)) ?? begin(scope, userId, session),
  };
}
