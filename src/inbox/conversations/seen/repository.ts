import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import { openTenantCollection } from '../../../platform/tenant-collection.ts';
import { seenMarkModel, type SeenMarkDoc } from './model.ts';

export type { SeenMarkDoc } from './model.ts';

export type SeenMarkRepository = ReturnType<typeof createSeenMarkRepository>;

export function createSeenMarkRepository(connection: Connection) {
  const marks = openTenantCollection(seenMarkModel, connection);
  return {
    find: (
      scope: ClientScope,
      { conversationId, userId }: Pick<SeenMarkDoc, 'conversationId' | 'userId'>,
      session: ClientSession,
    ): Promise<SeenMarkDoc | null> => marks.findOne(scope, { conversationId, userId }, { session }),

    /** Throws the duplicate key error if the user has a mark there. */
    insert: (scope: ClientScope, fresh: SeenMarkDoc, session: ClientSession): Promise<void> =>
      marks.insertOne(scope, fresh, { session }),

    /** Moves the mark, in the transaction that has read it. */
    async move(
      scope: ClientScope,
      _id: Types.ObjectId,
      { lastSeenMessageId, place, at }: Pick<SeenMarkDoc, 'lastSeenMessageId' | 'place' | 'at'>,
      session: ClientSession,
    ): Promise<void> {
      await marks.updateOne(scope, { _id }, { $set: { lastSeenMessageId, place, at } }, { session });
    },

    /** In the order of the users' ids. */
    listOf: (
      scope: ClientScope,
      conversationId: Types.ObjectId,
      { after, limit }: { readonly after: Types.ObjectId | null; readonly limit: number },
    ): Promise<SeenMarkDoc[]> =>
      marks.find(
        scope,
        { conversationId, ...(after === null ? {} : { userId: { $gt: after } }) },
        { sort: { userId: 1 }, limit },
      ),

    /** The user's marks in these conversations. */
    findMany: (
      scope: ClientScope,
      userId: Types.ObjectId,
      conversationIds: readonly Types.ObjectId[],
    ): Promise<SeenMarkDoc[]> => marks.find(scope, { conversationId: { $in: [...conversationIds] }, userId }),
  };
}
