import type { Types } from 'mongoose';
import type { ChannelDirectory } from '../../channels/directory.ts';
import type { UserDirectory } from '../../identity/users/directory.ts';
import type { ContactDirectory } from '../../people/contacts/directory.ts';
import type { LeadDirectory } from '../../people/leads/directory.ts';
import { mapConcurrently } from '../../platform/concurrency.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationSearch } from '../conversations/search-schemas.ts';
import { type Known, namedIn } from './references.ts';

type Ids = readonly Types.ObjectId[];

type FindExisting = (scope: ClientScope, ids: Ids) => Promise<Ids>;

export interface LookUpDeps {
  readonly channels: Pick<ChannelDirectory, 'findById'>;
  readonly users: Pick<UserDirectory, 'statusesOf'>;
  /** Those of the ids that exist. */
  readonly findTeams: FindExisting;
  readonly findLabels: FindExisting;
  readonly leads: Pick<LeadDirectory, 'findById'>;
  readonly contacts: Pick<ContactDirectory, 'findMany'>;
}

const maxConcurrentReads = 8;

const present = (ids: Ids): ReadonlyMap<string, 'present'> =>
  new Map(ids.map((id) => [id.toHexString(), 'present']));

async function existing(ids: Ids, find: (id: Types.ObjectId) => Promise<unknown>): Promise<Ids> {
  const found = await mapConcurrently(ids, maxConcurrentReads, find);
  return ids.filter((_id, index) => found[index] !== null);
}

export type LookUpReferences = ReturnType<typeof createLookUp>;

/** Which of the objects that searches name are there; each kind is read once for all of them. */
export const createLookUp =
  ({ channels, users, findTeams, findLabels, leads, contacts }: LookUpDeps) =>
  async (scope: ClientScope, searches: readonly ConversationSearch[]): Promise<Known> => {
    const named = namedIn(searches);
    const [statuses, foundTeams, foundContacts, foundLabels, foundChannels, foundLeads] = await Promise.all([
      users.statusesOf(scope, named.assignedAgentId),
      findTeams(scope, named.teamId),
      named.contactId.length === 0 ? [] : contacts.findMany(scope, named.contactId),
      findLabels(scope, named.labelId),
      existing(named.channelId, (id) => channels.findById(scope, id)),
      existing(named.leadId, (id) => leads.findById(scope, id)),
    ]);
    const states = [...statuses].map(
      ([id, status]) => [id, status === 'active' ? 'present' : 'inactive'] as const,
    );
    return {
      assignedAgentId: new Map(states),
      teamId: present(foundTeams),
      contactId: present(foundContacts.map(({ _id }) => _id)),
      labelId: present(foundLabels),
      channelId: present(foundChannels),
      leadId: present(foundLeads),
    };
  };
