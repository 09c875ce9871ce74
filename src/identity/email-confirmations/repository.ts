import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { Unscoped } from '../../platform/tenant-queries.ts';
import { type EmailConfirmationDoc, emailConfirmationModel } from './model.ts';

export type { EmailConfirmationDoc } from './model.ts';

export type EmailConfirmationRepository = ReturnType<typeof createEmailConfirmationRepository>;

export function createEmailConfirmationRepository(connection: Connection) {
  const confirmations = openTenantCollection(emailConfirmationModel, connection);
  return {
    async insert(scope: ClientScope, link: Unscoped<EmailConfirmationDoc>, session: ClientSession) {
      await confirmations.insertOne(scope, link, { session });
    },

    /** Across all tenants: a link does not name the tenant. */
    findByTokenHashAcrossClients: (tokenHash: string): Promise<EmailConfirmationDoc | null> =>
      confirmations.acrossClients.findOne({ tokenHash }),

    /** Removes a link; true for exactly one of several concurrent calls. */
    take: (scope: ClientScope, _id: Types.ObjectId, session: ClientSession): Promise<boolean> =>
      confirmations.deleteOne(scope, { _id }, { session }),

    async removeAllOf(scope: ClientScope, userId: Types.ObjectId, session: ClientSession): Promise<void> {
      await confirmations.deleteMany(scope, { userId }, { session });
    },
  };
}
