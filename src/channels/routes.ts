import { etagOf, expectedVersion } from '../http/etag.ts';
import { route, type Actor, type RequestInfo } from '../http/route.ts';
import type { AuditActor } from '../audit/service.ts';
import { idParams } from '../platform/fields.ts';
import { scopeOf } from '../platform/mongo.ts';
import { decodeCursor } from '../platform/pagination.ts';
import type { ChannelManagement, ChannelRef } from './management.ts';
import {
  ChannelPage,
  ChannelView,
  CreateChannelBody,
  CreatedChannelView,
  ListChannelsQuery,
  PatchChannelBody,
  WebhookAddressView,
} from './schemas.ts';
import type { ChannelDoc, ChannelService } from './service.ts';
import { toChannelView } from './view.ts';

interface ChannelRouteDeps {
  readonly channels: ChannelService;
  readonly management: ChannelManagement;
  readonly publicUrl: string;
}

const tag = 'Channels';
const admins = ['admin'] as const;
const replies = { 200: ChannelView } as const;

export const channelRoutes = (deps: ChannelRouteDeps) => [
  ...readRoutes(deps),
  ...writeRoutes(deps),
  ...stateRoutes(deps),
  ...addressRoutes(deps),
];

const readRoutes = ({ channels, management }: ChannelRouteDeps) => [
  route({
    method: 'get',
    path: '/api/channels',
    summary: 'List channels',
    description: 'The WhatsApp numbers of the business, oldest first. Credentials are never shown.',
    tag,
    access: ['admin', 'agent'],
    query: ListChannelsQuery,
    replies: { 200: ChannelPage },
    async handle({ actor, query }) {
      const after = query.cursor === undefined ? null : decodeCursor(query.cursor, 'date');
      const page = await channels.list(scopeOf(actor.clientId), { limit: query.limit, after });
      return { status: 200, body: { ...page, items: page.items.map(toChannelView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/channels/:id',
    summary: 'Get a channel',
    tag,
    access: ['admin', 'agent'],
    params: idParams,
    replies,
    problems: ['not-found'],
    async handle({ actor, params }) {
      return answer(await management.get(scopeOf(actor.clientId), params.id));
    },
  }),
];

const writeRoutes = ({ management, publicUrl }: ChannelRouteDeps) => [
  route({
    method: 'post',
    path: '/api/channels',
    summary: 'Connect a WhatsApp number',
    description:
      'For admins. The provider is not asked yet: call `verify` next. What it knows of the number (its limits, its ' +
      'portfolio) is read soon in any case. `webhookUrl` is shown in this answer only; it is ' +
      'for providers that do not sign as Meta does, and for numbers with an app of their own.',
    tag,
    access: admins,
    body: CreateChannelBody,
    replies: { 201: CreatedChannelView },
    problems: ['already-exists'],
    async handle({ actor, body }) {
      const created = await management.create(scopeOf(actor.clientId), byOf(actor), body);
      const { channel, webhookKey } = created;
      const view = { ...toChannelView(channel), webhookUrl: addressOf(publicUrl, webhookKey) };
      const headers = { location: `/api/channels/${view.id}`, etag: etagOf(channel.version) };
      return { status: 201, body: view, headers };
    },
  }),
  route({
    method: 'patch',
    path: '/api/channels/:id',
    summary: 'Change a channel',
    description:
      'For admins. Every process sees the change within a second. A new access token does not change the state: ' +
      'call `verify` to bring a disconnected channel back. `appSecret: null` clears it.',
    tag,
    access: admins,
    params: idParams,
    body: PatchChannelBody,
    replies,
    problems: ['not-found', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      return answer(await management.patch(scopeOf(actor.clientId), byOf(actor), ref, body));
    },
  }),
  route({
    method: 'delete',
    path: '/api/channels/:id',
    summary: 'Delete a channel that nothing needs any more',
    description:
      'For admins. Refused while it has conversations that are not closed, templates, messages that are ' +
      'scheduled, queued, sending or unknown, or messages sent lately that still wait for a receipt ' +
      '(RECEIPT_DEADLINE_MS). Closed conversations and their messages stay readable.',
    tag,
    access: admins,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'in-use', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await management.delete(scopeOf(actor.clientId), byOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];

const stateRoutes = ({ management }: ChannelRouteDeps) => [
  route({
    method: 'post',
    path: '/api/channels/:id/pause',
    summary: 'Pause a channel',
    description:
      'For admins. Its messages are held: they are still accepted, and `waitingFor` says why they wait. A person’s ' +
      'pause stands until a person ends it. A disconnected channel cannot be paused.',
    tag,
    access: admins,
    params: idParams,
    replies,
    problems: ['not-found', 'wrong-state', 'precondition-failed'],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      return answer(await management.pause(scopeOf(actor.clientId), byOf(actor), ref));
    },
  }),
  route({
    method: 'post',
    path: '/api/channels/:id/resume',
    summary: 'Resume a paused channel',
    description:
      'For admins. Lets the held messages go, oldest first. A pause of the provider’s (`pause`) and its ' +
      '`restriction` end too; the pause comes back with the next call that the provider refuses.',
    tag,
    access: admins,
    params: idParams,
    replies,
    problems: ['not-found', 'wrong-state', 'precondition-failed'],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      return answer(await management.resume(scopeOf(actor.clientId), byOf(actor), ref));
    },
  }),
  route({
    method: 'post',
    path: '/api/channels/:id/verify',
    summary: 'Ask the provider about the number',
    description:
      'For admins. With the stored credentials. When they work, a disconnected channel becomes active and a ' +
      'paused one stays paused. When the provider refuses them, the channel becomes disconnected and ' +
      '`stateReason` says why; that is a 200 too. When the provider cannot be asked, nothing changes and the ' +
      'answer is 503.',
    tag,
    access: admins,
    params: idParams,
    replies,
    problems: ['not-found', 'precondition-failed', 'dependency-away'],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      return answer(await management.verify(scopeOf(actor.clientId), byOf(actor), ref));
    },
  }),
];

const addressRoutes = ({ management, publicUrl }: ChannelRouteDeps) => [
  route({
    method: 'post',
    path: '/api/channels/:id/webhook-key',
    summary: 'Make a new webhook address for a channel',
    description: 'For admins. Shown in this answer only. The address before it ends within a second.',
    tag,
    access: admins,
    params: idParams,
    replies: { 200: WebhookAddressView },
    problems: ['not-found', 'precondition-failed'],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      const replaced = await management.replaceWebhookKey(scopeOf(actor.clientId), byOf(actor), ref);
      return {
        status: 200,
        body: { webhookUrl: addressOf(publicUrl, replaced.webhookKey) },
        headers: { etag: etagOf(replaced.channel.version) },
      };
    },
  }),
];

const byOf = ({ userId }: Actor): AuditActor => ({ type: 'user', userId });

const refOf = (id: ChannelRef['id'], request: RequestInfo): ChannelRef => ({
  id,
  version: expectedVersion(request),
});

const addressOf = (publicUrl: string, webhookKey: string): string =>
  `${publicUrl}/webhook/incoming/${webhookKey}`;

const answer = (channel: ChannelDoc) =>
  ({ status: 200, body: toChannelView(channel), headers: { etag: etagOf(channel.version) } }) as const;
