import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route, type Actor } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { newestFirst } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { searchQuery } from '../../platform/search/query.ts';
import { CreateNoteBody, ListNotesQuery, NotePage, NoteView, PatchNoteBody } from './schemas.ts';
import type { NoteDoc, NoteUseCases } from './use-cases.ts';
import { toNoteListItemView, toNoteView } from './view.ts';

interface NoteRouteDeps {
  readonly notes: NoteUseCases;
}

const tag = 'Notes';
const access = ['admin', 'agent'] as const;

export const noteRoutes = (deps: NoteRouteDeps) => [...readRoutes(deps), ...writeRoutes(deps)];

const replyWith = (note: NoteDoc) => ({
  body: toNoteView(note),
  headers: { etag: etagOf(note.version) },
});

const editorOf = (actor: Actor) => ({ by: userOf(actor), isAdmin: actor.role === 'admin' });

const readRoutes = ({ notes }: NoteRouteDeps) => [
  route({
    method: 'get',
    path: '/api/notes',
    operationId: 'listNotes',
    summary: 'List notes',
    description: 'Newest first. `q` searches; `match` shows where. Deleted notes are never found.',
    tag,
    access,
    query: ListNotesQuery,
    replies: { 200: NotePage },
    problems: ['search-too-broad'],
    async handle({ actor, query: { limit, cursor, conversationId, q } }) {
      const order = newestFirst(cursor);
      const query = q === undefined ? undefined : searchQuery(q);
      const filter = {
        ...(conversationId === undefined ? {} : { conversationId }),
        ...(query === undefined ? {} : { query }),
      };
      const page = await notes.list(scopeOf(actor.clientId), filter, { limit, order });
      const items = page.items.map((listed) => toNoteListItemView(listed, query));
      return { status: 200, body: { ...page, items } };
    },
  }),
  route({
    method: 'get',
    path: '/api/notes/:id',
    operationId: 'getNote',
    summary: 'Get a note',
    description: 'A note of any conversation of the business. Customers never see notes.',
    tag,
    access,
    params: idParams,
    sendsETag: true,
    replies: { 200: NoteView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return { status: 200, ...replyWith(await notes.get(scopeOf(actor.clientId), params.id)) };
    },
  }),
];

const writeRoutes = ({ notes }: NoteRouteDeps) => [
  route({
    method: 'post',
    path: '/api/notes',
    operationId: 'createNote',
    summary: 'Create a note',
    description:
      'A note is for colleagues: it never leaves to WhatsApp, and changes neither the window nor the unread messages of ' +
      'the conversation. Users whom it mentions are notified.',
    tag,
    access,
    body: CreateNoteBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: NoteView },
    problems: ['not-found'],
    async handle({ actor, body }) {
      const { body: view, headers } = replyWith(
        await notes.create(scopeOf(actor.clientId), userOf(actor), body),
      );
      return { status: 201, body: view, headers: { ...headers, location: `/api/notes/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/notes/:id',
    operationId: 'updateNote',
    summary: 'Change a note',
    description:
      'For its author and admins. Changes only the given fields; users who are mentioned for the first time are notified.',
    tag,
    access,
    params: idParams,
    body: PatchNoteBody,
    sendsETag: true,
    replies: { 200: NoteView },
    problems: ['not-found', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      const note = await notes.update(scopeOf(actor.clientId), editorOf(actor), ref, body);
      return { status: 200, ...replyWith(note) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/notes/:id',
    operationId: 'deleteNote',
    summary: 'Delete a note',
    description: 'For its author and admins. Deletes the text and its notifications.',
    tag,
    access,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await notes.remove(scopeOf(actor.clientId), editorOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
