import type { ClientSession, Connection, mongo } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { sendingPolicyModel, type SendingPolicyDoc } from './model.ts';

export type { SendingPolicyDoc } from './model.ts';

export type SendingPolicyRepository = ReturnType<typeof createSendingPolicyRepository>;

export function createSendingPolicyRepository(connection: Connection) {
  const policies = sendingPolicyModel(connection).collection as unknown as mongo.Collection<SendingPolicyDoc>;
  return {
    find: (scope: ClientScope, session?: ClientSession): Promise<SendingPolicyDoc | null> =>
      policies.findOne({ ...scope }, session === undefined ? {} : { session }),

    /** The first policy of a client; throws the duplicate key error when somebody was faster. */
    async insert(scope: ClientScope, policy: SendingPolicyDoc, session: ClientSession): Promise<void> {
      await policies.insertOne({ ...policy, ...scope }, { session });
    },

    /** Puts `next` in place of what was read; false when somebody was faster. */
    async replace(
      scope: ClientScope,
      current: SendingPolicyDoc,
      next: SendingPolicyDoc,
      session: ClientSession,
    ): Promise<boolean> {
      const { _id, ...replacement } = next;
      const filter = { _id: current._id, version: current.version, ...scope };
      const { matchedCount } = await policies.replaceOne(filter, { ...replacement, ...scope }, { session });
      return matchedCount === 1;
    },
  };
}
