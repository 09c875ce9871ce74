import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { InboxSettingsView, PatchInboxSettingsBody } from './schemas.ts';
import { settingsOf, type InboxSettingsDoc, type InboxSettingsUseCases } from './use-cases.ts';

const tag = 'Conversations';
const path = '/api/inbox-settings';

const answer = (settings: InboxSettingsDoc) =>
  ({ status: 200, body: settingsOf(settings), headers: { etag: etagOf(settings.version) } }) as const;

export const inboxSettingsRoutes = ({ useCases }: { readonly useCases: InboxSettingsUseCases }) => [
  route({
    method: 'get',
    path,
    operationId: 'getInboxSettings',
    summary: 'Get the inbox settings',
    description:
      'They apply to all conversations of the business; before the first change they are the defaults.',
    tag,
    access: ['admin', 'agent'],
    sendsETag: true,
    replies: { 200: InboxSettingsView },
    handle: async ({ actor }) => answer(await useCases.get(scopeOf(actor.clientId))),
  }),
  route({
    method: 'patch',
    path,
    operationId: 'updateInboxSettings',
    summary: 'Change the inbox settings',
    description:
      'Changes only the given fields, from now on. Conversations that are silent long enough when closing is switched on are closed too.',
    tag,
    access: ['admin'],
    body: PatchInboxSettingsBody,
    sendsETag: true,
    replies: { 200: InboxSettingsView },
    problems: ['precondition-failed'],
    async handle({ actor, body, request }) {
      const { version } = refOf(actor.clientId, request);
      return answer(await useCases.update(scopeOf(actor.clientId), userOf(actor), version, body));
    },
  }),
];
