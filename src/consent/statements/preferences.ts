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

interface ConcernedBy {
  readonly channels: readonly Pick<ChannelDoc, 'clientId'>[];
  /** When the event arrived. */
  readonly receivedAt: Date;
}

export type Preferences = ReturnType<typeof createPreferences>;

/** The only known preference; any other does not concern consent. A stop without a category is for all marketing. */
const marketing = 'marketing_messages';

/** Marketing preferences that contacts set in WhatsApp. */
export function createPreferences({ contacts, consent }: PreferenceDeps) {
  return {
    /**
     * Applies one preference for the clients of these channels; idempotent. Creates an unknown contact, so that the
     * stop is not lost.
     */
    async handle(item: PreferenceItem, { channels, receivedAt }: ConcernedBy): Promise<void> {
      const { category, value } = item;
      if ((category !== null && category !== marketing) || value === null) return;
      const statement = statementOf(item, receivedAt);
      const clients = new Map(channels.map(({ clientId }) => [clientId.toHexString(), clientId]));
      for (const clientId of clients.values()) {
        const scope = scopeOf(clientId);
        const sighting = { identity: item.person, at: statement.at };
        const contact = await contacts.recognise(scope, sighting, { name: item.profileName });
        if (value === 'resume') await consent.resumeMarketing(scope, contact._id, statement);
        else assertThrough(await consent.stopMarketing(scope, contact._id, statement));
      }
    },
  };
}

/** Before WhatsApp, or ahead of our clock: no time at which a person said it. */
const earliestMs = Date.UTC(2009, 0, 1);
const maxSkewMs = 60_000;

/**
 * When it was said: as the provider dates it, or the second of its arrival if that is ahead. A stop without a usable time
 * counts from its arrival; a resume dated before WhatsApp lifts nothing.
 */
export function preferenceTime(
  { value, timestampMs }: Pick<PreferenceItem, 'value' | 'timestampMs'>,
  receivedAt: Date,
): Date {
  const arrival = new Date(receivedAt.getTime() - (receivedAt.getTime() % 1_000));
  if (timestampMs === null) return arrival;
  if (timestampMs > receivedAt.getTime() + maxSkewMs) return arrival;
  return timestampMs < earliestMs && value === 'stop' ? arrival : new Date(timestampMs);
}

function statementOf(item: PreferenceItem, receivedAt: Date) {
  const { person, value, detail } = item;
  const at = preferenceTime(item, receivedAt);
  return {
    source: 'whatsapp',
    at,
    from: person,
    eventId: `preference:${person.whatsappId ?? person.businessScopedUserId}:${value}:${item.timestampMs ?? at.getTime()}`,
    ...(detail === undefined ? {} : { wording: detail }),
  };
}
