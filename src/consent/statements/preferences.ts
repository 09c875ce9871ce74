import type { ChannelDoc } from '../../channels/directory.ts';
import { phoneOfWhatsappId } from '../../people/contacts/rules.ts';
import type { ContactIdentity, ContactDirectory } from '../../people/contacts/directory.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { PreferenceItem } from '../../whatsapp/preference-events.ts';
import { assertThrough } from './inbound.ts';
import type { ConsentStatements } from './statements.ts';

export interface PreferenceDeps {
  readonly contacts: Pick<ContactDirectory, 'findOrCreate'>;
  readonly consent: Pick<ConsentStatements, 'stopMarketing' | 'resumeMarketing'>;
}

export type Preferences = ReturnType<typeof createPreferences>;

/** The only known preference; any other does not concern consent. */
const marketing = 'marketing_messages';

/** Marketing preferences that contacts set in WhatsApp. */
export function createPreferences({ contacts, consent }: PreferenceDeps) {
  return {
    /**
     * Applies one preference for the clients of these channels; idempotent. Creates an unknown contact, so that the
     * stop is not lost.
     */
    async handle(
      item: PreferenceItem,
      channels: readonly Pick<ChannelDoc, 'clientId'>[],
    ): Promise<'done' | 'invalid'> {
      if (item.category !== marketing) return 'done';
      const identity = identityOf(item);
      if (identity === null) return 'invalid';
      const clients = new Map(channels.map(({ clientId }) => [clientId.toHexString(), clientId]));
      for (const clientId of clients.values()) {
        const scope = scopeOf(clientId);
        const contact = await contacts.findOrCreate(scope, identity);
        const statement = statementOf(item);
        if (item.value === 'resume') await consent.resumeMarketing(scope, contact._id, statement);
        else assertThrough(await consent.stopMarketing(scope, contact._id, statement));
      }
      return 'done';
    },
  };
}

const statementOf = ({ waId, userId, value, detail, timestampMs }: PreferenceItem) => ({
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
