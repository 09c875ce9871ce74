import type { ClientSession, Connection, Types } from 'mongoose';
import { readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { cannedReplyModel, type CannedReplyDoc } from './model.ts';

export type { CannedReplyDoc } from './model.ts';

export type CannedReplyRepository = ReturnType<typeof createCannedReplyRepository>;

export function createCannedReplyRepository(connection: Connection) {
  const replies = openTenantCollection(cannedReplyModel, connection);
  return {
    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<CannedReplyDoc | null> => replies.findOne(scope, { _id }, { session }),

    findByCode: (
      scope: ClientScope,
      { ownerId, shortCode }: Pick<CannedReplyDoc, 'ownerId' | 'shortCode'>,
    ): Promise<CannedReplyDoc | null> => replies.findOne(scope, { ownerId, shortCode }),

    /** The shared ones and those of the user. A search reads every one of them. Throws `search-too-broad`. */
    listFor: (
      scope: ClientScope,
      userId: Types.ObjectId,
      order: ListOrder<CannedReplyDoc>,
      limit: number,
    ): Promise<CannedReplyDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        replies.search(
          scope,
          { ...(range as ScopedFilter<CannedReplyDoc>), ownerId: { $in: [null, userId] } },
          { sort: order.sort, limit: atMost },
        ),
      ),

    /** Throws the duplicate key error if the owner has a reply with the code. */
    insert: (scope: ClientScope, fresh: CannedReplyDoc, session: ClientSession): Promise<void> =>
      replies.insertOne(scope, fresh, { session }),

    /** As `insert`; false if the reply has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: CannedReplyDoc,
      next: CannedReplyDoc,
      session: ClientSession,
    ): Promise<boolean> => replies.replaceVersioned(scope, current, next, session),

    remove: (
      scope: ClientScope,
      { _id, version }: CannedReplyDoc,
      session: ClientSession,
    ): Promise<boolean> => replies.deleteOne(scope, { _id, version }, { session }),
  };
}
