import type { Types } from 'mongoose';
import type { ChannelDoc, ChannelDirectory } from '../channels/directory.ts';

/** What an item says of the channel that it is about; which of the two, depends on its kind. */
export interface Address {
  readonly phoneNumberId?: string | null;
  readonly wabaId?: string | null;
}

type Channels = Pick<
  ChannelDirectory,
  'findByIdAcrossClients' | 'findByPhoneNumberIdAcrossClients' | 'listByWabaIdAcrossClients'
>;

/** The channels that an item is about; `ownChannelId` is set for what came in on a channel's own address. */
export type Addressees = (
  address: Address,
  ownChannelId: Types.ObjectId | undefined,
) => Promise<readonly ChannelDoc[]>;

/**
 * Whom an item of any kind is about. This is the only place that looks for it across clients: whoever handles an item
 * gets the channels and can reach no others. What came in on a channel's own address is about that channel or about
 * nobody, because whoever knows the address can write there whatever they like.
 */
export const createAddressees =
  (channels: Channels): Addressees =>
  async (address, ownChannelId) => {
    if (ownChannelId !== undefined) {
      const own = await channels.findByIdAcrossClients(ownChannelId);
      return own !== null && isAbout(own, address) ? [own] : [];
    }
    const { phoneNumberId, wabaId } = named(address);
    if (phoneNumberId === null) return wabaId === null ? [] : channels.listByWabaIdAcrossClients(wabaId);
    const channel = await channels.findByPhoneNumberIdAcrossClients(phoneNumberId);
    return channel === null ? [] : [channel];
  };

/** A number says more than its account; what names neither, as the short shapes of relays, is about the channel itself. */
function isAbout(own: ChannelDoc, address: Address): boolean {
  const { phoneNumberId, wabaId } = named(address);
  if (phoneNumberId !== null) return phoneNumberId === own.phoneNumberId;
  return wabaId === null || wabaId === own.wabaId;
}

const named = ({ phoneNumberId = null, wabaId = null }: Address) => ({ phoneNumberId, wabaId });
