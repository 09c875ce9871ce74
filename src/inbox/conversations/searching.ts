import type { Types } from 'mongoose';
import type { ContactDirectory } from '../../people/contacts/directory.ts';
import { AppError } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { FindTeamMembers } from '../teams/directory.ts';
import { filterBy } from './contacts.ts';
import { maxViewCount } from './counts.ts';
import type { ConversationFilter } from './filter.ts';
import type { ConversationRepository } from './repository.ts';
import type { ConversationSearch } from './search-schemas.ts';

interface Asking {
  readonly userId: Types.ObjectId;
  /** Of the team of the search; null without a team. */
  readonly members: readonly Types.ObjectId[] | null;
}

type Assignees = Pick<ConversationFilter, 'assignedAgentId' | 'assignedAgentIds'>;

/** What a search means for who asks; null if nothing can match. Pure. */
export function filterOf(search: ConversationSearch, asking: Asking): ConversationFilter | null {
  const { status, channelId, since, leadId, contactId, unread, breached, snoozed, waiting, labelId } = search;
  const assignees = assigneesOf(search, asking);
  if (assignees === null) return null;
  return {
    ...(status === undefined ? {} : { statuses: status }),
    ...(channelId === undefined ? {} : { channelId }),
    ...(since === undefined ? {} : { since }),
    ...assignees,
    ...(leadId === undefined ? {} : { leadId }),
    ...(contactId === undefined ? {} : { contactId }),
    ...(unread === undefined ? {} : { isUnread: true }),
    ...(breached === undefined ? {} : { isBreached: true }),
    ...(snoozed === undefined ? {} : { isSnoozed: true }),
    ...(waiting === undefined ? {} : { isWaiting: true }),
    ...(labelId === undefined ? {} : { labelId }),
  };
}

/** An agent and a team together mean the agent, if they are a member. */
function assigneesOf(
  { assignedAgentId: named }: Pick<ConversationSearch, 'assignedAgentId'>,
  { userId, members }: Asking,
): Assignees | null {
  if (named === undefined) {
    if (members === null) return {};
    return members.length === 0 ? null : { assignedAgentIds: members };
  }
  if (named === 'none') return members === null ? { assignedAgentId: null } : null;
  const agentId = named === 'me' ? userId : named;
  const isWanted = members === null || members.some((id) => id.equals(agentId));
  return isWanted ? { assignedAgentId: agentId } : null;
}

export type ResolveSearch = ReturnType<typeof createResolveSearch>;

export interface ResolveSearchDeps {
  readonly membersOfTeam: FindTeamMembers;
  readonly contacts: Pick<ContactDirectory, 'findIdsBy'>;
}

/**
 * As `filterOf`, with the members that the team has now and the contacts whom `q` finds now; a team that is gone has none.
 * Throws `search-too-broad`.
 */
export const createResolveSearch =
  ({ membersOfTeam, contacts }: ResolveSearchDeps) =>
  async (
    scope: ClientScope,
    userId: Types.ObjectId,
    search: ConversationSearch,
  ): Promise<ConversationFilter | null> => {
    const { teamId, q } = search;
    const members = teamId === undefined ? null : ((await membersOfTeam(scope, teamId)) ?? []);
    const filter = filterOf(search, { userId, members });
    return filter === null ? null : filterBy(contacts, scope, filter, q);
  };

/** A person waits for several counts at once. */
const maxCountMs = 500;

export type CountFound = ReturnType<typeof createCountFound>;

/**
 * How many conversations a search finds, up to `maxViewCount`; null if counting takes longer than half a second, or `q`
 * finds too many contacts.
 */
export const createCountFound =
  (conversations: Pick<ConversationRepository, 'count'>, resolveSearch: ResolveSearch) =>
  async (scope: ClientScope, userId: Types.ObjectId, search: ConversationSearch): Promise<number | null> => {
    try {
      const filter = await resolveSearch(scope, userId, search);
      if (filter === null) return 0;
      return await conversations.count(scope, filter, maxViewCount, { maxTimeMS: maxCountMs });
    } catch (error) {
      if (error instanceof AppError && error.code === 'search-too-broad') return null;
      throw error;
    }
  };
