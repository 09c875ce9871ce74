import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { Unscoped } from '../../platform/tenant-queries.ts';
import { type PasswordLinkDoc, passwordLinkModel } from './model.ts';

export type { LinkPurpose, PasswordLinkDoc } from './model.ts';

export type PasswordLinkRepository = ReturnType<typeof createPasswordLinkRepository>;

export function createPasswordLinkRepository(connection: Connection) {
  const links = openTenantCollection(passwordLinkModel, connection);
  return {
    async insert(scope: ClientScope, link: Unscoped<PasswordLinkDoc>, session: ClientSession) {
      await links.insertOne(scope, link, { session });
    },

    /** Across all tenants: a link does not name the tenant. */
    findByTokenHashAcrossClients: (tokenHash: string): Promise<PasswordLinkDoc | null> =>
      links.acrossClients.findOne({ tokenHash }),

    /** Removes a link; true for exactly one of several concurrent calls. */
    take: (scope: ClientScope, _id: Types.ObjectId, session: ClientSession): Promise<boolean> =>
      links.deleteOne(scope, { _id }, { session }),

    async removeAllOf(scope: ClientScope, userId: Types.ObjectId, session: ClientSession): Promise<void> {
      await links.deleteMany(scope, { userId }, { session });
    },
  };
}
