import type { Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import { unsentStatuses } from '../lifecycle.ts';
import type { EarlierReply } from '../order.ts';
import { pushWait } from './entries.ts';
import type { MessageDoc, WaitingState } from './model.ts';

interface Place {
  readonly conversationId: Types.ObjectId;
  readonly turn: number;
}

interface NotedTurn {
  readonly waiting: WaitingState;
  readonly turnWait: NonNullable<MessageDoc['turnWait']>;
  /** The wait began with this look. */
  readonly isNew: boolean;
}

/** More answers than a conversation ever has in flight; those behind them wait for the first of these anyway. */
const maxEarlier = 50;
const maxOvertakingsKept = 20;
const unsent = { status: { $in: [...unsentStatuses] } };

/** The order of the answers in a conversation. */
export const createTurnWrites = (messages: TenantCollection<MessageDoc>) => ({
  /** The unfinished answers before this turn, in order, without those that were overtaken. */
  async findEarlierReplies(
    scope: ClientScope,
    { conversationId, turn }: Place,
  ): Promise<readonly EarlierReply[]> {
    const found = await messages.find<Pick<MessageDoc, '_id' | 'waiting' | 'dispatch'>>(
      scope,
      { conversationId, turn: { $lt: turn }, ...unsent, overtakenAt: { $exists: false } },
      { sort: { turn: 1 }, limit: maxEarlier, projection: { 'waiting.gate': 1, 'dispatch.isCalling': 1 } },
    );
    return found.map(({ _id, waiting, dispatch }) => ({
      id: _id.toHexString(),
      gate: dispatch.isCalling ? null : (waiting?.gate ?? null),
    }));
  },

  /** Stores that a message waits for its turn; a repeated look adds no entry to its history. */
  async noteTurn(
    scope: ClientScope,
    _id: Types.ObjectId,
    { waiting, turnWait, isNew }: NotedTurn,
  ): Promise<void> {
    await messages.updateOne(
      scope,
      { _id, ...unsent, 'dispatch.isCalling': false },
      { $set: { waiting, turnWait }, ...(isNew ? { $push: { waits: pushWait(waiting) } } : {}) },
    );
  },

  /** Takes their place from stuck messages, for all later ones, and notes it on both sides. Idempotent. */
  async overtake(
    scope: ClientScope,
    _id: Types.ObjectId,
    { messageIds, at }: { readonly messageIds: readonly Types.ObjectId[]; readonly at: Date },
  ): Promise<void> {
    await messages.updateMany(
      scope,
      { _id: { $in: [...messageIds] }, ...unsent, overtakenAt: { $exists: false } },
      { $set: { overtakenAt: at } },
    );
    await messages.updateOne(
      scope,
      { _id, 'overtook.messageIds': { $nin: [...messageIds] } },
      { $push: { overtook: { $each: [{ at, messageIds: [...messageIds] }], $slice: -maxOvertakingsKept } } },
    );
  },
});
