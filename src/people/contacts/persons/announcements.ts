import type { ChannelDoc } from '../../../channels/directory.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import type { IdentityItem } from '../../../whatsapp/identity-changes.ts';
import type { ContactDirectory } from '../directory.ts';

/** Follows a person to a new user id, for the clients of these channels; idempotent. */
export async function followPerson(
  contacts: Pick<ContactDirectory, 'follow'>,
  { reason, from, to, timestampMs }: IdentityItem,
  channels: readonly Pick<ChannelDoc, 'clientId'>[],
): Promise<void> {
  const clients = new Map(channels.map(({ clientId }) => [clientId.toHexString(), clientId]));
  for (const clientId of clients.values()) {
    await contacts.follow(scopeOf(clientId), { reason, from, to }, { at: new Date(timestampMs) });
  }
}
