import type { Types } from 'mongoose';
import { isVerified, type ChannelDoc, type ChannelDirectory } from '../channels/directory.ts';

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
 * The only lookup across clients: handlers of an item get its channels and cannot reach others. A number or account
 * leads only to channels that have proved to own it. An item from a channel's own address may concern only that channel,
 * because anyone who knows the address can post to it; while the channel is unverified, it may not be about the account.
 */
export const createAddressees =
  (channels: Channels): Addressees =>
  async (address, ownChannelId) => {
    if (ownChannelId !== undefined) {
      const own = await channels.findByIdAcrossClients(ownChannelId);
      return own !== null && isAbout(own, address) && maySpeak(own, address) ? [own] : [];
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

/** Whether the item is the channel's own, and not one of an account that it has not proved. */
const maySpeak = (own: ChannelDoc, address: Address): boolean => {
  const { phoneNumberId, wabaId } = idsOf(address);
  return isVerified(own) || phoneNumberId !== null || wabaId === null;
};

const idsOf = ({ phoneNumberId = null, wabaId = null }: Address) => ({ phoneNumberId, wabaId });
