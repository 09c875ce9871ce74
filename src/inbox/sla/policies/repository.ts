import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import { openTenantCollection } from '../../../platform/tenant-collection.ts';
import { maxPriority, slaPolicyModel, type SlaPolicyDoc } from './model.ts';

export type { SlaPolicyDoc } from './model.ts';

export type SlaPolicyRepository = ReturnType<typeof createSlaPolicyRepository>;

export function createSlaPolicyRepository(connection: Connection) {
  const policies = openTenantCollection(slaPolicyModel, connection);
  return {
    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<SlaPolicyDoc | null> => policies.findOne(scope, { _id }, { session }),

    findByPriority: (scope: ClientScope, priority: number): Promise<SlaPolicyDoc | null> =>
      policies.findOne(scope, { priority }),

    /** All of them, the one that comes first at the top. */
    list: (scope: ClientScope, session?: ClientSession): Promise<SlaPolicyDoc[]> =>
      policies.find(scope, {}, { sort: { priority: 1 }, limit: maxPriority, session }),

    /** Throws the duplicate key error if the priority is taken. */
    insert: (scope: ClientScope, fresh: SlaPolicyDoc, session: ClientSession): Promise<void> =>
      policies.insertOne(scope, fresh, { session }),

    /** As `insert`; false if the policy has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: SlaPolicyDoc,
      next: SlaPolicyDoc,
      session: ClientSession,
    ): Promise<boolean> => policies.replaceVersioned(scope, current, next, session),

    remove: (scope: ClientScope, { _id, version }: SlaPolicyDoc, session: ClientSession): Promise<boolean> =>
      policies.deleteOne(scope, { _id, version }, { session }),
  };
}
