import type { Types } from 'mongoose';
import type { ResourceRef } from '../../audit/resource.ts';
import type { AuditService } from '../../audit/service.ts';
import type { ContactDoc, ContactDirectory } from '../../people/contacts/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { notFound } from '../../platform/errors.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import type { Cursor, Page } from '../../platform/pagination.ts';
import type { UserDirectory } from '../../identity/users/directory.ts';
import { countViews, type ConversationCounts } from './counts.ts';
import type { FindLatestMessages, LatestMessage } from './latest.ts';
import type { ConversationDeadlines, Deadline } from './deadlines.ts';
import type { ConversationAssignments } from './assignments.ts';
import type { HoldLabels } from '../labels/holder.ts';
import type { ConversationResource } from './resource.ts';
import type { FindShownSurveys, ShownSurvey } from './surveys.ts';
import { countUnreadOf } from './unread-counts.ts';
import type { FindReadMark, SharedReadMark } from './read-mark.ts';
import type { ReadableMessages } from './readable-messages.ts';
import type { createReading, ReadingRef } from './reading-use-cases.ts';
import { listSeen, type NamedSeenMark, type SeenMarks } from './seen/marks.ts';
import type { SeenMarkRepository } from './seen/repository.ts';
import type { ConversationSearch } from './search-schemas.ts';
import type { ResolveSearch } from './searching.ts';
import { snoozing } from './setting-aside.ts';
import { toSortedPage } from './sorting.ts';
import type { ConversationFilter } from './filter.ts';
import type { ConversationRange } from './list-queries.ts';
import { requireSnooze, type SnoozeWish } from './snoozing.ts';
import { createSteps, hasSuccessor } from './steps.ts';
import type { Person } from './taking.ts';
import type {
  ConversationDoc,
  ConversationRecord,
  ConversationRepository,
  ConversationSnooze,
  ConversationStatus,
} from './repository.ts';

export type {
  ConversationDoc,
  ConversationRecord,
  ConversationSnooze,
  ConversationStatus,
} from './repository.ts';

export type { Person } from './taking.ts';

/** A conversation with its contact, null if the contact was deleted, its deadlines, and its latest message. */
export interface WithContact<C extends ConversationDoc> {
  readonly conversation: C;
  readonly contact: ContactDoc | null;
  readonly deadlines: readonly Deadline[];
  readonly latest: LatestMessage | null;
  readonly survey: ShownSurvey | null;
  /** The number of unread messages, up to a bound. */
  readonly unread: number;
  /** The last message that the asking user has seen. */
  readonly seenByMe: Types.ObjectId | null;
}

/** A single conversation also shows what its contact was shown. */
export interface ShownConversation extends WithContact<ConversationRecord> {
  readonly readMark: SharedReadMark | null;
}

export interface ConversationUseCaseDeps {
  readonly conversations: ConversationRepository;
  readonly contacts: ContactDirectory;
  readonly users: UserDirectory;
  readonly deadlines: Pick<ConversationDeadlines, 'ofConversations'>;
  readonly latestMessages: FindLatestMessages;
  readonly findSurveys: FindShownSurveys;
  readonly resolveSearch: ResolveSearch;
  readonly assignments: Pick<ConversationAssignments, 'place'>;
  /** The same that assignment changes. */
  readonly resource: ConversationResource;
  readonly holdLabels: HoldLabels;
  readonly findReadMark: FindReadMark;
  readonly reading: ReturnType<typeof createReading>;
  readonly readable: Pick<ReadableMessages, 'countUnread'>;
  readonly seen: Pick<SeenMarks, 'seenBy'>;
  readonly seenMarks: Pick<SeenMarkRepository, 'listOf'>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type ConversationUseCases = ReturnType<typeof createConversationUseCases>;

/** The actions of users on conversations. Messages use `threads.ts`. */
export function createConversationUseCases(deps: ConversationUseCaseDeps) {
  const { conversations, resource, resolveSearch } = deps;
  const steps = createSteps(deps);

  const withContact: ShowWithContact = async (scope, by, conversation) => {
    const [show, readMark] = await Promise.all([
      findContactsOf(deps, scope, by, [conversation]),
      deps.findReadMark(scope, conversation._id),
    ]);
    return { ...show(conversation), readMark };
  };

  return {
    ...createAssigning(deps, steps, withContact),
    ...createSnoozing(deps, withContact),

    ...createReadingActions(deps, withContact),

    get: async (scope: ClientScope, by: Person, id: Types.ObjectId): Promise<ShownConversation> =>
      withContact(scope, by, await resource.require(scope, { id, version: undefined })),

    /** What the user searches for, latest message first unless it says otherwise. */
    async list(
      scope: ClientScope,
      by: Person,
      search: ConversationSearch,
      {
        limit,
        after,
        sort = 'recent',
        changedSince,
      }: ConversationRange & Pick<ConversationFilter, 'changedSince'>,
    ): Promise<Page<WithContact<ConversationDoc>>> {
      const asked = await resolveSearch(scope, by.userId, search);
      const filter = asked === null || changedSince === undefined ? asked : { ...asked, changedSince };
      const range = { limit: limit + 1, after, sort };
      const found = filter === null ? [] : await conversations.list(scope, filter, range);
      const page = toSortedPage(found, limit, sort);
      return { ...page, items: page.items.map(await findContactsOf(deps, scope, by, page.items)) };
    },

    count: (scope: ClientScope, userId: Types.ObjectId): Promise<ConversationCounts> =>
      countViews(conversations, scope, userId),

    /** Changes the status; throws `wrong-state` if the contact has another live thread on the channel. */
    async setStatus(
      scope: ClientScope,
      by: Person,
      ref: ResourceRef,
      status: ConversationStatus,
    ): Promise<ShownConversation> {
      const change = steps.setStatus(by, status);
      try {
        return await withContact(scope, by, await resource.change(scope, by, ref, change));
      } catch (error) {
        throw isDuplicateKey(error) ? await hasSuccessor(conversations, scope, ref.id) : error;
      }
    },

    /** Gives the conversation exactly these labels; throws `not-found` with the path of each unknown one. */
    replaceLabels: async (
      scope: ClientScope,
      by: Person,
      ref: ResourceRef,
      labels: readonly Types.ObjectId[],
    ): Promise<ShownConversation> => {
      const change = steps.label(scope, () => labels);
      return withContact(scope, by, await resource.change(scope, by, ref, change));
    },
  };
}

type ShowWithContact = (
  scope: ClientScope,
  by: Person,
  conversation: ConversationRecord,
) => Promise<ShownConversation>;

/** Assignments by users. */
const createAssigning = (
  { resource }: ConversationUseCaseDeps,
  steps: ReturnType<typeof createSteps>,
  withContact: ShowWithContact,
) => ({
  /** Assigns the conversation to an active user of the client; null unassigns it, `auto` lets the queue find one. */
  async assign(
    scope: ClientScope,
    by: Person,
    ref: ResourceRef,
    agentId: Types.ObjectId | 'auto' | null,
  ): Promise<ShownConversation> {
    const change = await steps.assign(scope, by, agentId);
    return withContact(scope, by, await resource.change(scope, by, ref, change));
  },

  /** Assigns a live conversation to the user, unless it is a colleague's; of two at once, one gets it. */
  async take(scope: ClientScope, by: Person, ref: ResourceRef): Promise<ShownConversation> {
    const change = await steps.take(scope, by);
    return withContact(scope, by, await resource.change(scope, by, ref, change));
  },

  /** Returns the user's conversation to the queue; without an assignment policy it is only unassigned. */
  giveBack: async (scope: ClientScope, by: Person, ref: ResourceRef): Promise<ShownConversation> =>
    withContact(scope, by, await resource.change(scope, by, ref, steps.giveBack(by))),
});

const createSnoozing = (deps: ConversationUseCaseDeps, withContact: ShowWithContact) => ({
  /** What the wish means now; throws `invalid-input` with the path of the time if that is out of range. */
  snoozeFor: (wish: SnoozeWish, path: string): ConversationSnooze =>
    requireSnooze(wish, deps.clock.now(), path),

  /** Sets a live conversation aside for a time, or until the contact writes; the last snooze counts. */
  async snooze(
    scope: ClientScope,
    by: Person,
    ref: ResourceRef,
    snooze: ConversationSnooze,
  ): Promise<ShownConversation> {
    return withContact(scope, by, await deps.resource.change(scope, by, ref, snoozing(deps, by, snooze)));
  },
});

/** Who has read what; see `reading-use-cases.ts`. */
const createReadingActions = (deps: ConversationUseCaseDeps, withContact: ShowWithContact) => ({
  markRead: async (scope: ClientScope, by: Person, ref: ReadingRef): Promise<ShownConversation> =>
    withContact(scope, by, await deps.reading.read(scope, by, ref)),

  markUnread: async (scope: ClientScope, by: Person, ref: ReadingRef): Promise<ShownConversation> =>
    withContact(scope, by, await deps.reading.unread(scope, by, ref)),

  async listSeen(
    scope: ClientScope,
    id: Types.ObjectId,
    page: { readonly limit: number; readonly after: Cursor<string> | null },
  ): Promise<Page<NamedSeenMark>> {
    if ((await deps.conversations.findById(scope, id)) === null) throw notFound('conversation');
    return listSeen({ marks: deps.seenMarks, users: deps.users }, scope, id, page);
  },
});

/** Finds what belongs to these conversations at once; returns what adds it to each of them. */
async function findContactsOf(
  { contacts, deadlines, latestMessages, findSurveys, readable, seen }: ConversationUseCaseDeps,
  scope: ClientScope,
  by: Person,
  conversations: readonly ConversationDoc[],
): Promise<<C extends ConversationDoc>(conversation: C) => WithContact<C>> {
  const contactIds = conversations.map(({ contactId }) => contactId);
  const ids = conversations.map(({ _id }) => _id);
  const [people, due, latest, surveys, unread, seenByMe] = await Promise.all([
    contacts.findMany(scope, contactIds),
    deadlines.ofConversations(scope, conversations),
    latestMessages(scope, ids),
    findSurveys(scope, conversations),
    countUnreadOf(readable, scope, conversations),
    seen.seenBy(scope, by.userId, ids),
  ]);
  const byId = new Map(people.map((contact) => [contact._id.toHexString(), contact]));
  return (conversation) => ({
    conversation,
    contact: byId.get(conversation.contactId.toHexString()) ?? null,
    deadlines: due.get(conversation._id.toHexString()) ?? [],
    latest: latest.get(conversation._id.toHexString()) ?? null,
    survey: surveys.get(conversation._id.toHexString()) ?? null,
    unread: unread(conversation),
    seenByMe: seenByMe.get(conversation._id.toHexString()) ?? null,
  });
}
