import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import { openTenantCollection } from '../../../platform/tenant-collection.ts';
import { assignmentPolicyModel, maxPriority, type AssignmentPolicyDoc } from './model.ts';

export type { AssignmentPolicyDoc } from './model.ts';

export type AssignmentPolicyRepository = ReturnType<typeof createAssignmentPolicyRepository>;

export function createAssignmentPolicyRepository(connection: Connection) {
  const policies = openTenantCollection(assignmentPolicyModel, connection);
  return {
    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<AssignmentPolicyDoc | null> => policies.findOne(scope, { _id }, { session }),

    findByPriority: (scope: ClientScope, priority: number): Promise<AssignmentPolicyDoc | null> =>
      policies.findOne(scope, { priority }),

    /** All of them, the one that comes first at the top. */
    list: (scope: ClientScope, session?: ClientSession): Promise<AssignmentPolicyDoc[]> =>
      policies.find(scope, {}, { sort: { priority: 1 }, limit: maxPriority, session }),

    /** Throws the duplicate key error if the priority is taken. */
    insert: (scope: ClientScope, fresh: AssignmentPolicyDoc, session: ClientSession): Promise<void> =>
      policies.insertOne(scope, fresh, { session }),

    /** As `insert`; false if the policy has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: AssignmentPolicyDoc,
      next: AssignmentPolicyDoc,
      session: ClientSession,
    ): Promise<boolean> => policies.replaceVersioned(scope, current, next, session),

    remove: (
      scope: ClientScope,
      { _id, version }: AssignmentPolicyDoc,
      session: ClientSession,
    ): Promise<boolean> => policies.deleteOne(scope, { _id, version }, { session }),
  };
}
