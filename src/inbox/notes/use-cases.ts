import type { ClientSession, Types } from 'mongoose';
import { createResource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { writtenTo } from '../../audit/written.ts';
import type { UserDirectory } from '../../identity/users/directory.ts';
import type { ContactDoc } from '../../people/contacts/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, notFound, type Issue } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import { isEmptyQuery } from '../../platform/search/query.ts';
import { applyChange } from '../../platform/update.ts';
import type { ContactsOfConversations } from '../conversations/contacts.ts';
import type { ConversationThreads } from '../conversations/threads.ts';
import type { MentionNotices } from '../notifications/mentions.ts';
import { addedMentions, mentionIssues } from './mentions.ts';
import type { NoteDoc, NoteFilter, NoteRepository } from './repository.ts';

export type { NoteDoc } from './repository.ts';

/** The user who acts. */
export type Author = Extract<AuditActor, { userId: Types.ObjectId }>;

/** The user who changes or deletes a note; admins may do so with the notes of others. */
export interface Editor {
  readonly by: Author;
  readonly isAdmin: boolean;
}

export interface NoteUseCaseDeps {
  readonly notes: NoteRepository;
  readonly conversations: Pick<ConversationThreads, 'findById'>;
  /** The contacts of conversations, by the ids of these. */
  readonly contactsOf: ContactsOfConversations;
  readonly users: Pick<UserDirectory, 'findById'>;
  readonly notices: MentionNotices;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface ListedNote {
  readonly note: NoteDoc;
  readonly contact: ContactDoc | null;
}

export type NewNote = Pick<NoteDoc, 'conversationId' | 'body' | 'mentions'>;
export type NotePatch = Partial<Pick<NoteDoc, 'body' | 'mentions'>>;

export type NoteUseCases = ReturnType<typeof createNoteUseCases>;

/** What users do with notes. A note touches neither its conversation nor WhatsApp. */
export function createNoteUseCases(deps: NoteUseCaseDeps) {
  const { notes, conversations, contactsOf, notices, audit, clock } = deps;
  const resource = createNoteResource(deps);

  /** In the caller's transaction, which has found the conversation. */
  async function createWithin(
    scope: ClientScope,
    by: Author,
    { conversationId, body, mentions }: NewNote,
    session: ClientSession,
  ): Promise<NoteDoc> {
    const fresh = {
      ...{ _id: newId(), clientId: scope.clientId, conversationId, authorId: by.userId },
      ...{ body, mentions, createdAt: clock.now(), version: 1 },
    };
    await assertMentionable(deps, scope, addedMentions([], mentions), session);
    await resource.within(session).create(scope, by, fresh);
    await notices.tell(scope, noticeOf(fresh, { by, at: fresh.createdAt, userIds: mentions }), session);
    return fresh;
  }

  return {
    get: (scope: ClientScope, id: Types.ObjectId): Promise<NoteDoc> =>
      resource.require(scope, { id, version: undefined }),

    /** Each with the contact of its conversation, null if that was deleted. */
    async list(
      scope: ClientScope,
      filter: NoteFilter,
      { limit, order }: { readonly limit: number; readonly order: ListOrder<NoteDoc> },
    ): Promise<Page<ListedNote>> {
      if (filter.query !== undefined && isEmptyQuery(filter.query)) return { items: [], nextCursor: null };
      const page = toPage(await notes.list(scope, filter, order, limit + 1), limit, order.cursorOf);
      const contacts = await contactsOf(
        scope,
        page.items.map(({ conversationId }) => conversationId),
      );
      const items = page.items.map((note) => ({
        note,
        contact: contacts.get(note.conversationId.toHexString()) ?? null,
      }));
      return { ...page, items };
    },

    /** Throws `not-found` for the conversation and for users, and `invalid-input` for users who are not active. */
    async create(scope: ClientScope, by: Author, note: NewNote): Promise<NoteDoc> {
      if ((await conversations.findById(scope, note.conversationId)) === null) throw notFound('conversation');
      return audit.runInTransaction((session) => createWithin(scope, by, note, session));
    },

    createWithin,

    /** Throws `forbidden` unless the editor wrote the note or is an admin. Notifies users who are mentioned newly. */
    update: (
      scope: ClientScope,
      { by, isAdmin }: Editor,
      ref: ResourceRef,
      patch: NotePatch,
    ): Promise<NoteDoc> =>
      resource.change(scope, by, ref, {
        action: 'note.updated',
        async decide(current, session) {
          assertMayEdit(current, { by, isAdmin });
          const at = clock.now();
          const next = edited(current, patch, at);
          const added = addedMentions(current.mentions, next.mentions);
          await assertMentionable(deps, scope, added, session);
          const userIds = added.map(({ userId }) => userId);
          await notices.tell(scope, noticeOf(next, { by, at, userIds }), session);
          return next;
        },
      }),

    /** Deletes the text and the notifications; throws `forbidden` as `update` does. */
    remove: (scope: ClientScope, { by, isAdmin }: Editor, ref: ResourceRef): Promise<void> =>
      resource.remove(scope, by, ref, async (note, session) => {
        assertMayEdit(note, { by, isAdmin });
        await notices.retract(scope, note._id, session);
      }),
  };
}

/** The audit has no text of a note: it would outlast the note. */
const createNoteResource = ({ notes, audit }: NoteUseCaseDeps) =>
  createResource<NoteDoc>(audit, {
    type: 'note',
    find: (scope, id, session?: ClientSession) => notes.findById(scope, id, session),
    insert: notes.insert,
    replace: notes.replace,
    remove: notes.remove,
    auditedFieldsOf: ({ conversationId, authorId, mentions, editedAt }) => ({
      conversationId: conversationId.toHexString(),
      authorId: authorId.toHexString(),
      mentions: mentions.map((id) => id.toHexString()),
      editedAt,
    }),
    eventOf(written) {
      const { verb, doc, version } = writtenTo(written);
      const { _id: id, conversationId, authorId } = doc;
      return {
        type: `note.${verb}`,
        entity: { type: 'note', id },
        version,
        view: { conversationId: conversationId.toHexString(), authorId: authorId.toHexString() },
      };
    },
  });

/** The note after the change; throws `invalid-input` unless text and list mention the same users. */
function edited(current: NoteDoc, patch: NotePatch, editedAt: Date): NoteDoc {
  const next = applyChange(current, patch);
  const errors = mentionIssues(next.body, next.mentions).map(inBody);
  if (errors.length > 0)
    throw new AppError('invalid-input', 'The text and `mentions` name different users.', { errors });
  return next === current ? current : { ...next, editedAt };
}

function assertMayEdit({ authorId }: NoteDoc, { by, isAdmin }: Editor): void {
  if (isAdmin || authorId.equals(by.userId)) return;
  throw new AppError('forbidden', 'Only its author or an admin may change or delete a note.');
}

const inBody = ({ path, message }: Issue): Issue => ({ path: `body.${path}`, message });

/** Throws unless all are active users of the client; names each that is not. */
async function assertMentionable(
  { users }: NoteUseCaseDeps,
  scope: ClientScope,
  mentions: ReturnType<typeof addedMentions>,
  session: ClientSession,
): Promise<void> {
  const errors: Issue[] = [];
  let isMissing = false;
  for (const { userId, index } of mentions) {
    const user = await users.findById(scope, userId, session);
    if (user?.status === 'active') continue;
    isMissing ||= user === null;
    const message = user === null ? 'There is no such user.' : 'The user is not active.';
    errors.push({ path: `body.mentions.${index}`, message });
  }
  if (errors.length === 0) return;
  throw isMissing
    ? new AppError('not-found', 'The note mentions a user who does not exist.', { errors })
    : new AppError('invalid-input', 'The note mentions a user who is not active.', { errors });
}

interface Telling {
  readonly by: Author;
  readonly at: Date;
  readonly userIds: readonly Types.ObjectId[];
}

const noticeOf = ({ _id: noteId, conversationId }: NoteDoc, { by, at: createdAt, userIds }: Telling) => ({
  ...{ noteId, conversationId, userIds, byId: by.userId, createdAt },
});
