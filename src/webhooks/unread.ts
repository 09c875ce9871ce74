import { isVerified, type ChannelDirectory } from '../channels/directory.ts';
import { identitiesInKeys } from '../people/contacts/rules.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { UnreadEvents } from '../sending/dispatch/unread-events.ts';
import { listChannelsOf } from './channels-of-client.ts';
import { manyPersons, personKeyOf } from './persons.ts';
import { ownEventsOf } from './source.ts';
import type { UnreadRepository } from './unread-repository.ts';

interface UnreadDeps {
  readonly events: UnreadRepository;
  readonly channels: Pick<ChannelDirectory, 'list'>;
}

/**
 * Tells whether a stored event that may hold an opt-out of a person is unread. Usually one look into an index says that
 * nothing unread names the person; only after a hit it is asked whether that concerns this business.
 */
export const createUnreadEvents = ({ events, channels }: UnreadDeps): UnreadEvents => ({
  async mayStop(scope: ClientScope, identities: readonly string[]): Promise<boolean> {
    const { phoneNumbers, userIds } = identitiesInKeys(identities);
    const persons = [...new Set([...phoneNumbers, ...userIds].map(personKeyOf)), manyPersons];
    if (!(await events.existsAcrossClients(persons))) return false;
    const proved = (await listChannelsOf(channels, scope)).filter(isVerified);
    return events.existsAmong(persons, ownEventsOf(scope.clientId, proved));
  },
});
