import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { Unscoped } from '../../platform/tenant-queries.ts';
import { type EmailChangeLinkDoc, emailChangeLinkModel } from './model.ts';

export type { EmailChangeLinkDoc } from './model.ts';

export type EmailChangeLinkRepository = ReturnType<typeof createEmailChangeLinkRepository>;

export function createEmailChangeLinkRepository(connection: Connection) {
  const links = openTenantCollection(emailChangeLinkModel, connection);
  return {
    async insert(scope: ClientScope, link: Unscoped<EmailChangeLinkDoc>, session: ClientSession) {
      await links.insertOne(scope, link, { session });
    },

    /** Across all tenants: a link does not name the tenant. */
    findByTokenHashAcrossClients: (tokenHash: string): Promise<EmailChangeLinkDoc | null> =>
      links.acrossClients.findOne({ tokenHash }),

    async removeAllOf(scope: ClientScope, userId: Types.ObjectId, session: ClientSession): Promise<void> {
      await links.deleteMany(scope, { userId }, { session });
    },
  };
}
