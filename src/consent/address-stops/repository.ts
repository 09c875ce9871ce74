import type { ClientSession, Connection } from 'mongoose';
import type { ConsentMove } from '../../people/contacts/directory.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { addressStopModel, type AddressStopDoc } from './model.ts';
import {
  kindsIn,
  liftedUntil,
  liftOf,
  stopsLeftBehind,
  stopsLifted,
  type AddressMark,
  type LiftedStops,
  type SaidAt,
  type StopKind,
} from './rules.ts';

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
      const found = await stops.find<AddressMark>(
        scope,
        { key: { $in: [...keys] } },
        { projection: { _id: 0, key: 1, kind: 1, at: 1 } },
      );
      return kindsIn(found);
    },

    /** An opt-out stays at exactly the address that it came from, whoever it is attributed to. */
    async stoppedAt(scope: ClientScope, { keys, at, contactId }: SaidAt): Promise<void> {
      for (const key of keys) await mark(scope, { key, kind: 'opted-out', at, contactId });
    },

    /**
     * A consent lifts the earlier opt-outs of its kind at the address that it came from, whoever's they are, also those
     * that arrive later.
     */
    async liftedAt(scope: ClientScope, kind: StopKind, { keys, at, contactId }: SaidAt): Promise<void> {
      for (const key of keys) await mark(scope, { key, kind: liftOf(kind), at: liftedUntil(at), contactId });
    },

    /** Follows one write of a contact, inside its transaction. */
    async consentMoved(scope: ClientScope, moved: ConsentMove, session: ClientSession): Promise<void> {
      for (const stop of stopsLeftBehind(moved)) await mark(scope, stop, session);
      const lifted = stopsLifted(moved);
      if (lifted === null || moved.after === null) return;
      const { kind, until: at } = lifted;
      const contactId = moved.after._id;
      for (const key of await keysLifted(scope, lifted, session))
        await mark(scope, { key, kind: liftOf(kind), at, contactId }, session);
    },
  };

  async function keysLifted(
    scope: ClientScope,
    { keys, kind, until, of }: LiftedStops,
    session: ClientSession,
  ): Promise<readonly string[]> {
    if (of === undefined) return keys;
    const own = { key: { $in: [...keys] }, kind, contactId: { $in: [...of] }, at: { $lte: until } };
    const found = await stops.find<AddressMark>(scope, own, { projection: { _id: 0, key: 1 }, session });
    return found.map(({ key }) => key);
  }

  function mark(
    scope: ClientScope,
    { key, kind, at, contactId }: Omit<AddressStopDoc, 'clientId'>,
    session?: ClientSession,
  ) {
    // The mark is of the contact whose statement is the latest.
    const isLater = { $gt: [at, { $ifNull: ['$at', new Date(0)] }] };
    const change = { contactId: { $cond: [isLater, contactId, '$contactId'] }, at: { $max: ['$at', at] } };
    return stops.updateOne(scope, { key, kind }, [{ $set: change }], { session, upsert: true });
  }
}
