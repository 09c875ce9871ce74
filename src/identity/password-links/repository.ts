import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { type PasswordLinkDoc, passwordLinkModel } from './model.ts';

export type { LinkPurpose, PasswordLinkDoc } from './model.ts';

export type PasswordLinkRepository = ReturnType<typeof createPasswordLinkRepository>;

export function createPasswordLinkRepository(connection: Connection) {
  const links = passwordLinkModel(connection);
  return {
    async insert(scope: ClientScope, link: Omit<PasswordLinkDoc, 'clientId'>, session: ClientSession) {
      await links.create([{ ...link, ...scope }], { session });
    },

    /** Across all tenants: whose link this is. */
    findByTokenHashAcrossClients: (tokenHash: string): Promise<PasswordLinkDoc | null> =>
      links.findOne({ tokenHash }).lean<PasswordLinkDoc>().exec(),

    /** Takes a link away; of all who try at once, exactly one gets true. */
    async take(scope: ClientScope, _id: Types.ObjectId, session: ClientSession): Promise<boolean> {
      const { deletedCount } = await links.deleteOne({ _id, ...scope }, { session });
      return deletedCount === 1;
    },

    async removeAllOf(scope: ClientScope, userId: Types.ObjectId, session: ClientSession): Promise<void> {
      await links.deleteMany({ userId, ...scope }, { session });
    },
  };
}
