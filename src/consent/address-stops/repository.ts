import type { ClientSession, Connection } from 'mongoose';
import type { ConsentMove } from '../../people/contacts/directory.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { addressStopModel, type AddressStopDoc } from './model.ts';
import { stopsLeftBehind, stopsLifted, type StopKind } from './rules.ts';

export type AddressStopRepository = ReturnType<typeof createAddressStopRepository>;

/**
 * Opt-outs that stay at a number or user id after their contact has lost it: whoever gets it next is not messaged until
 * they opt in. While a contact has the identity, the contact itself holds the opt-out.
 */
export function createAddressStopRepository(connection: Connection) {
  const stops = openTenantCollection(addressStopModel, connection);

  return {
    /** The kinds of opt-outs at these identities. */
    async kindsAt(scope: ClientScope, keys: readonly string[]): Promise<ReadonlySet<StopKind>> {
      if (keys.length === 0) return new Set();
      const found = await stops.find<Pick<AddressStopDoc, 'kind'>>(
        scope,
        { key: { $in: [...keys] } },
        { projection: { _id: 0, kind: 1 } },
      );
      return new Set(found.map(({ kind }) => kind));
    },

    /** Follows one write of a contact, inside its transaction. */
    async consentMoved(scope: ClientScope, moved: ConsentMove, session: ClientSession): Promise<void> {
      for (const { key, kind, at, contactId } of stopsLeftBehind(moved)) {
        await stops.updateOne(
          scope,
          { key, kind },
          { $max: { at }, $set: { contactId } },
          { session, upsert: true },
        );
      }
      const lifted = stopsLifted(moved);
      if (lifted === null) return;
      const { keys, kind, until } = lifted;
      await stops.deleteMany(scope, { key: { $in: [...keys] }, kind, at: { $lte: until } }, { session });
    },
  };
}
