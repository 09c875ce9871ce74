import type { ClientSession, Connection, Types } from 'mongoose';
import { newId } from '../../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { readMarkModel, type MarkFailure, type ReadMarkDoc, type ShownMark } from './model.ts';

export type { MarkFailure, ReadMarkDoc, ShownMark } from './model.ts';

export type ReadMarkRepository = ReturnType<typeof createReadMarkRepository>;

export function createReadMarkRepository(connection: Connection) {
  const marks = openTenantCollection(readMarkModel, connection);
  return {
    find: (scope: ClientScope, conversationId: Types.ObjectId): Promise<ReadMarkDoc | null> =>
      marks.findOne(scope, { conversationId }),

    async noteShown(scope: ClientScope, conversationId: Types.ObjectId, shown: ShownMark): Promise<void> {
      await marks.upsertOne(
        scope,
        { conversationId },
        { $setOnInsert: { _id: newId() }, $set: { shown }, $unset: { failure: '' } },
      );
    },

    async noteFailure(
      scope: ClientScope,
      conversationId: Types.ObjectId,
      failure: MarkFailure,
      session?: ClientSession,
    ): Promise<void> {
      await marks.upsertOne(
        scope,
        { conversationId },
        { $setOnInsert: { _id: newId() }, $set: { failure } },
        { session },
      );
    },

    /** Takes the right to show that somebody types; false if somebody took it since `before`. */
    async takeTyping(
      scope: ClientScope,
      conversationId: Types.ObjectId,
      { now, before }: { readonly now: Date; readonly before: Date },
    ): Promise<boolean> {
      const taken = { $set: { typedAt: now } };
      const filter = { conversationId, $or: [{ typedAt: null }, { typedAt: { $lte: before } }] };
      const { matchedCount } = await marks.updateOne(scope, filter, taken);
      if (matchedCount === 1) return true;
      if ((await marks.findOne(scope, { conversationId })) !== null) return false;
      try {
        await marks.insertOne(scope, { _id: newId(), conversationId, typedAt: now });
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
  };
}
