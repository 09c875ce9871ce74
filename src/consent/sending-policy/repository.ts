import type { ClientSession, Connection } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { sendingPolicyModel, type SendingPolicyDoc } from './model.ts';

export type { SendingPolicyDoc } from './model.ts';

export type SendingPolicyRepository = ReturnType<typeof createSendingPolicyRepository>;

export function createSendingPolicyRepository(connection: Connection) {
  const policies = openTenantCollection(sendingPolicyModel, connection);
  return {
    find: (scope: ClientScope, session?: ClientSession): Promise<SendingPolicyDoc | null> =>
      policies.findOne(scope, {}, { session }),

    /** The first policy of a client; throws a duplicate key error if another insert came first. */
    insert: (scope: ClientScope, policy: SendingPolicyDoc, session: ClientSession): Promise<void> =>
      policies.insertOne(scope, policy, { session }),

    /** Replaces `current` with `next`; false if another change came first. */
    replace: (
      scope: ClientScope,
      current: SendingPolicyDoc,
      next: SendingPolicyDoc,
      session: ClientSession,
    ): Promise<boolean> => policies.replaceVersioned(scope, current, next, session),
  };
}
