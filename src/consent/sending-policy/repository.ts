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

    /** Stores `next`; false if another change came first. */
    replace: (
      scope: ClientScope,
      current: SendingPolicyDoc,
      next: SendingPolicyDoc,
      session: ClientSession,
    ): Promise<boolean> => policies.insertOrReplaceVersioned(scope, current, next, session),
  };
}
