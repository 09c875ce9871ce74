import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TenantCollection } from '../../platform/tenant-collection.ts';
import { oneArrival } from './arrival-writes.ts';
import type { ConversationDoc, ConversationKey, ConversationRecord } from './model.ts';

const withoutHistory = { projection: { history: 0 } } as const;

/** The writes of groups and of the backlog, and the thread that keeps a contact. */
export const createOtherThreads = (conversations: TenantCollection<ConversationRecord>) => ({
  /** The contact's latest thread on any channel, open or closed. */
  findOfContact: (
    scope: ClientScope,
    contactId: Types.ObjectId,
    session: ClientSession,
  ): Promise<ConversationDoc | null> =>
    conversations.findOne<ConversationDoc>(
      scope,
      { contactId },
      { ...withoutHistory, sort: { lastMessageAt: -1, _id: -1 }, session },
    ),

  /** The thread with this id, created closed from `fresh` if there is none. */
  findOrInsertClosed: (
    scope: ClientScope,
    key: ConversationKey,
    { _id, ...fresh }: Pick<ConversationDoc, '_id' | 'unreadCount' | 'createdAt' | 'version'>,
    { lastMessageAt, session }: { readonly lastMessageAt: Date; readonly session: ClientSession },
  ): Promise<ConversationDoc> =>
    conversations.findOrInsert(
      scope,
      { _id },
      { $setOnInsert: { ...key, ...fresh, status: 'closed', history: [] }, $max: { lastMessageAt } },
      { session },
    ),

  /** Takes in a message of a contact that opens no window; they may wait for an answer to it. */
  noteArrival: (
    scope: ClientScope,
    _id: Types.ObjectId,
    session: ClientSession,
    { waitingSince }: Pick<ConversationDoc, 'waitingSince'> = {},
  ): Promise<ConversationDoc | null> =>
    conversations.findOneAndUpdate(
      scope,
      { _id },
      {
        $max: { unreadCount: 1 },
        $inc: { ...oneArrival },
        ...(waitingSince === undefined ? {} : { $min: { waitingSince } }),
      },
      { returnDocument: 'after', ...withoutHistory, session },
    ),

  /** Names the group, unless a later name is known. */
  async nameGroup(
    scope: ClientScope,
    _id: Types.ObjectId,
    { subject, at }: { subject: string; at: Date },
  ): Promise<void> {
    await conversations.updateOne(
      scope,
      { _id, $or: [{ 'group.subjectAt': { $exists: false } }, { 'group.subjectAt': { $lte: at } }] },
      { $set: { 'group.subject': subject, 'group.subjectAt': at } },
    );
  },
});
