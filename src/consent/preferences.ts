import type { Types } from 'mongoose';
import type { ChannelDoc, ChannelService } from '../channels/service.ts';
import { phoneOfWhatsappId } from '../contacts/rules.ts';
import type { ContactIdentity, ContactService } from '../contacts/service.ts';
import { scopeOf } from '../platform/mongo.ts';
import type { PreferenceItem } from '../whatsapp/preference-events.ts';
import { assertThrough } from './inbound.ts';
import type { ConsentService } from './service.ts';

export interface PreferenceDeps {
  readonly channels: Pick<
    ChannelService,
    'findByIdAcrossClients' | 'findByPhoneNumberIdAcrossClients' | 'listByWabaIdAcrossClients'
  >;
  readonly contacts: Pick<ContactService, 'findOrCreate'>;
  readonly consent: Pick<ConsentService, 'stopMarketing' | 'resumeMarketing'>;
}

export type PreferenceService = ReturnType<typeof createPreferenceService>;

/** The only preference that there is so far; another one says nothing about consent. */
const marketing = 'marketing_messages';

/** What people switch on and off at WhatsApp itself. */
export function createPreferenceService({ channels, contacts, consent }: PreferenceDeps) {
  /** Whose the preference is. What came in on a channel's own address may speak of that one only. */
  async function channelsOf(
    { phoneNumberId, wabaId }: PreferenceItem,
    ownChannelId: Types.ObjectId | undefined,
  ): Promise<ChannelDoc[]> {
    if (ownChannelId !== undefined) {
      const own = await channels.findByIdAcrossClients(ownChannelId);
      const isMeant = phoneNumberId === null ? own?.wabaId === wabaId : own?.phoneNumberId === phoneNumberId;
      return own !== null && isMeant ? [own] : [];
    }
    if (phoneNumberId === null) return wabaId === null ? [] : channels.listByWabaIdAcrossClients(wabaId);
    const channel = await channels.findByPhoneNumberIdAcrossClients(phoneNumberId);
    return channel === null ? [] : [channel];
  }

  return {
    /**
     * Takes one preference in; may be repeated. A person whom nobody has written to yet becomes a contact, so that the
     * stop is not lost.
     */
    async handle(
      item: PreferenceItem,
      ownChannelId: Types.ObjectId | undefined,
    ): Promise<'done' | 'unmatched' | 'invalid'> {
      if (item.category !== marketing) return 'done';
      const found = await channelsOf(item, ownChannelId);
      if (found.length === 0) return 'unmatched';
      const identity = identityOf(item);
      if (identity === null) return 'invalid';
      const clients = new Map(found.map(({ clientId }) => [clientId.toHexString(), clientId]));
      for (const clientId of clients.values()) {
        const scope = scopeOf(clientId);
        const contact = await contacts.findOrCreate(scope, identity);
        const said = saidBy(item);
        if (item.value === 'resume') await consent.resumeMarketing(scope, contact._id, said);
        else assertThrough(await consent.stopMarketing(scope, contact._id, said));
      }
      return 'done';
    },
  };
}

const saidBy = ({ waId, userId, value, detail, timestampMs }: PreferenceItem) => ({
  source: 'whatsapp',
  at: new Date(timestampMs),
  eventId: `preference:${waId ?? userId}:${value}:${timestampMs}`,
  ...(detail === undefined ? {} : { wording: detail }),
});

function identityOf({ waId, userId }: PreferenceItem): ContactIdentity | null {
  const phoneNumber = waId === undefined ? null : phoneOfWhatsappId(waId);
  const byId = userId === undefined ? {} : { businessScopedUserId: userId };
  if (waId !== undefined && phoneNumber !== null)
    return { phoneNumber, whatsappId: waId.replace(/\D/g, ''), ...byId };
  return userId === undefined ? null : { businessScopedUserId: userId };
}
