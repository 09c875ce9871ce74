import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { byPrefix } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { sharingUserOf } from '../sharing/sharing.ts';
import type { RunMacro } from '../conversations/bulk/bulk.ts';
import type { ConversationUseCases } from '../conversations/use-cases.ts';
import { toConversationView } from '../conversations/view.ts';
import type { MacroRun } from './run.ts';
import {
  CreateMacroBody,
  ListMacrosQuery,
  MacroPage,
  MacroRunView,
  MacroView,
  PatchMacroBody,
  RunMacroBody,
} from './schemas.ts';
import type { MacroDoc, MacroUseCases } from './use-cases.ts';
import { toMacroView } from './view.ts';

interface MacroRouteDeps {
  readonly macros: MacroUseCases;
  readonly run: (...given: Parameters<RunMacro>) => Promise<MacroRun>;
  readonly conversations: Pick<ConversationUseCases, 'get'>;
}

const tag = 'Macros';
const access = ['admin', 'agent'] as const;

export const macroRoutes = (deps: MacroRouteDeps) => [
  ...runRoutes(deps),
  ...readRoutes(deps),
  ...writeRoutes(deps),
];

const replyWith = (macro: MacroDoc) => ({
  body: toMacroView(macro),
  headers: { etag: etagOf(macro.version) },
});

const runRoutes = ({ run, conversations }: MacroRouteDeps) => [
  route({
    method: 'post',
    path: '/api/conversations/:id/run-macro',
    operationId: 'runMacro',
    summary: 'Run a macro on a conversation',
    description:
      'Does all its actions in their order, and sends its message last. If one is refused, nothing happens, and the ' +
      'answer names it by its path, such as `macro.actions.2`; its problem is the one of the single request.',
    tag,
    access,
    params: idParams,
    body: RunMacroBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 200: MacroRunView },
    problems: [
      ...(['not-found', 'wrong-state', 'precondition-failed', 'window-closed'] as const),
      ...(['contact-opted-out', 'contact-blocked', 'contact-unreachable'] as const),
      ...(['channel-disconnected', 'channel-unverified', 'template-not-approved'] as const),
    ],
    async handle({ actor, params, body, request }) {
      const scope = scopeOf(actor.clientId);
      const ref = refOf(params.id, request);
      const { messageId, noteIds } = await run(scope, userOf(actor), ref, {
        id: body.macroId,
        isOfMany: false,
      });
      const found = await conversations.get(scope, userOf(actor), params.id);
      return {
        status: 200,
        body: {
          conversation: toConversationView(found),
          messageId: messageId?.toHexString() ?? null,
          noteIds: noteIds.map((id) => id.toHexString()),
        },
        headers: { etag: etagOf(found.conversation.version) },
      };
    },
  }),
];

const readRoutes = ({ macros }: MacroRouteDeps) => [
  route({
    method: 'get',
    path: '/api/macros',
    operationId: 'listMacros',
    summary: 'List macros',
    description: 'The shared ones and your own, by name.',
    tag,
    access,
    query: ListMacrosQuery,
    replies: { 200: MacroPage },
    async handle({ actor, query: { limit, cursor } }) {
      const order = byPrefix({ field: 'nameKey', prefix: '' }, cursor);
      const page = await macros.list(scopeOf(actor.clientId), sharingUserOf(actor), { limit, order });
      return { status: 200, body: { ...page, items: page.items.map(toMacroView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/macros/:id',
    operationId: 'getMacro',
    summary: 'Get a macro',
    description: 'Your own, or a shared one.',
    tag,
    access,
    params: idParams,
    sendsETag: true,
    replies: { 200: MacroView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return {
        status: 200,
        ...replyWith(await macros.get(scopeOf(actor.clientId), sharingUserOf(actor), params.id)),
      };
    },
  }),
];

const writeRoutes = ({ macros }: MacroRouteDeps) => [
  route({
    method: 'post',
    path: '/api/macros',
    operationId: 'createMacro',
    summary: 'Create a macro',
    description: 'Agents create macros of their own, admins also shared ones.',
    tag,
    access,
    body: CreateMacroBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: MacroView },
    problems: ['not-found', 'already-exists'],
    async handle({ actor, body }) {
      const { body: view, headers } = replyWith(
        await macros.create(scopeOf(actor.clientId), sharingUserOf(actor), body),
      );
      return { status: 201, body: view, headers: { ...headers, location: `/api/macros/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/macros/:id',
    operationId: 'updateMacro',
    summary: 'Change a macro',
    description:
      'Your own, or a shared one if you are an admin. Changes only the given fields; `actions` is replaced as a whole.',
    tag,
    access,
    params: idParams,
    body: PatchMacroBody,
    sendsETag: true,
    replies: { 200: MacroView },
    problems: ['not-found', 'already-exists', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      const macro = await macros.update(scopeOf(actor.clientId), sharingUserOf(actor), ref, body);
      return { status: 200, ...replyWith(macro) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/macros/:id',
    operationId: 'deleteMacro',
    summary: 'Delete a macro',
    description: 'Your own, or a shared one if you are an admin.',
    tag,
    access,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await macros.remove(scopeOf(actor.clientId), sharingUserOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
