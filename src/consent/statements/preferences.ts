import type { ChannelDoc } from '../../channels/directory.ts';
import type { ContactDirectory } from '../../people/contacts/directory.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { PreferenceItem } from '../../whatsapp/preference-events.ts';
import { assertThrough } from './inbound.ts';
import type { ConsentStatements } from './statements.ts';

export interface PreferenceDeps {
  readonly contacts: Pick<ContactDirectory, 'recognise'>;
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
    async handle(item: PreferenceItem, channels: readonly Pick<ChannelDoc, 'clientId'>[]): Promise<void> {
      if (item.category !== marketing || item.value === null) return;
      const statement = statementOf(item);
      const clients = new Map(channels.map(({ clientId }) => [clientId.toHexString(), clientId]));
      for (const clientId of clients.values()) {
        const scope = scopeOf(clientId);
        const contact = await contacts.recognise(scope, { identity: item.person, at: statement.at });
        if (item.value === 'resume') await consent.resumeMarketing(scope, contact._id, statement);
        else assertThrough(await consent.stopMarketing(scope, contact._id, statement));
      }
    },
  };
}

const statementOf = ({ person, value, detail, timestampMs }: PreferenceItem) => ({
  source: 'whatsapp',
  at: new Date(timestampMs),
  from: person,
  eventId: `preference:${person.whatsappId ?? person.businessScopedUserId}:${value}:${timestampMs}`,
  ...(detail === undefined ? {} : { wording: detail }),
});
