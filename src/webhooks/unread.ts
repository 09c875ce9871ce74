import { isVerified, type ChannelDirectory } from '../channels/directory.ts';
import { identitiesInKeys, identityKeysOf } from '../people/contacts/rules.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { QuotedMessages, ToldPerson, UnreadEvents } from '../sending/dispatch/unread-events.ts';
import { listChannelsOf } from './channels-of-client.ts';
import { whoeverIsQuoted } from './holds.ts';
import { manyPersons, personKeyOf } from './persons.ts';
import { ownEventsOf } from './source.ts';
import type { UnreadRepository } from './unread-repository.ts';

interface UnreadDeps {
  readonly events: UnreadRepository;
  readonly channels: Pick<ChannelDirectory, 'list'>;
  readonly messages: QuotedMessages;
}

/**
 * Tells whether a stored event that may lead to an opt-out of a person is unread. Usually one look into an index says that
 * nothing unread holds the person; only after a hit it is asked whether that concerns this business.
 */
export const createUnreadEvents = ({ events, channels, messages }: UnreadDeps): UnreadEvents => ({
  async mayStop(scope: ClientScope, person: ToldPerson): Promise<boolean> {
    const { phoneNumbers, userIds } = identitiesInKeys(person.identities);
    const known = [...new Set([...phoneNumbers, ...userIds].map(personKeyOf))];
    const persons = [...known, manyPersons];
    if (!(await events.existsAcrossClients({ persons: [...persons, whoeverIsQuoted], known }))) return false;
    const proved = (await listChannelsOf(channels, scope)).filter(isVerified);
    const own = ownEventsOf(scope.clientId, proved);
    if (await events.existsAmong({ persons, known }, own)) return true;
    const quoted = await events.quotedIn(own);
    if (quoted === null) return true;
    return quoted.length > 0 && isRecipient(person, await messages.findQuoted(scope, quoted));
  },
});

type Quoted = Awaited<ReturnType<QuotedMessages['findQuoted']>>;

/** Whether one of the messages was sent to the person. */
const isRecipient = ({ identities, contactIds }: ToldPerson, quoted: Quoted): boolean =>
  quoted.some(
    ({ contactId, to, recipientUserId }) =>
      contactIds.some((id) => id.equals(contactId)) ||
      identityKeysOf({ phoneNumber: to, businessScopedUserId: recipientUserId }).some((key) =>
        identities.includes(key),
      ),
  );
