import type { Types } from 'mongoose';
import type { ChannelDoc, ChannelDirectory } from '../channels/directory.ts';

/** The ids by which an item names its channel; the kind of the item decides which of them is present. */
export interface Address {
  readonly phoneNumberId?: string | null;
  readonly wabaId?: string | null;
}

type Channels = Pick<
  ChannelDirectory,
  'findByIdAcrossClients' | 'findByPhoneNumberIdAcrossClients' | 'listByWabaIdAcrossClients'
>;

/** Finds the channels that an item concerns; `ownChannelId` is set for events from a channel's own address. */
export type Addressees = (
  address: Address,
  ownChannelId: Types.ObjectId | undefined,
) => Promise<readonly ChannelDoc[]>;

/**
 * The only lookup across clients: handlers of an item get its channels and cannot reach others. An item from a
 * channel's own address may concern only that channel, because anyone who knows the address can post to it.
 */
export const createAddressees =
  (channels: Channels): Addressees =>
  async (address, ownChannelId) => {
    if (ownChannelId !== undefined) {
      const own = await channels.findByIdAcrossClients(ownChannelId);
      return own !== null && isAbout(own, address) ? [own] : [];
    }
    const { phoneNumberId, wabaId } = idsOf(address);
    if (phoneNumberId === null) return wabaId === null ? [] : channels.listByWabaIdAcrossClients(wabaId);
    const channel = await channels.findByPhoneNumberIdAcrossClients(phoneNumberId);
    return channel === null ? [] : [channel];
  };

/** A number is more specific than its account. Relays may send items with neither: they concern the channel itself. */
function isAbout(own: ChannelDoc, address: Address): boolean {
  const { phoneNumberId, wabaId } = idsOf(address);
  if (phoneNumberId !== null) return phoneNumberId === own.phoneNumberId;
  return wabaId === null || wabaId === own.wabaId;
}

const idsOf = ({ phoneNumberId = null, wabaId = null }: Address) => ({ phoneNumberId, wabaId });
