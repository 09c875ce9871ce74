import type { Types } from 'mongoose';
import { userOf } from '../http/actor.ts';
import { etagOf, refOf } from '../http/etag.ts';
import { route } from '../http/route.ts';
import { idParams } from '../platform/fields.ts';
import { type ClientScope, scopeOf } from '../platform/mongo.ts';
import { decodeCursor } from '../platform/pagination.ts';
import type { ChannelEvents } from './events/service.ts';
import type { ChannelUseCases } from './use-cases.ts';
import {
  ChannelPage,
  ChannelView,
  CreateChannelBody,
  CreatedChannelView,
  ListChannelsQuery,
  PatchChannelBody,
  WebhookAddressView,
} from './schemas.ts';
import type { ChannelDoc, ChannelDirectory } from './directory.ts';
import { toChannelView } from './view.ts';

/** Throws `email-not-confirmed` if the user may not connect a real number yet. */
export type ChannelConnecting = (scope: ClientScope, userId: Types.ObjectId) => Promise<void>;

interface ChannelRouteDeps {
  readonly channels: ChannelDirectory;
  readonly useCases: ChannelUseCases;
  readonly events: ChannelEvents;
  readonly requireMayConnect: ChannelConnecting;
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

const readRoutes = ({ channels, useCases, events }: ChannelRouteDeps) => [
  route({
    method: 'get',
    path: '/api/channels',
    operationId: 'listChannels',
    summary: 'List channels',
    description: 'The WhatsApp numbers of the business, oldest first. Credentials are never shown.',
    tag,
    access: ['admin', 'agent'],
    query: ListChannelsQuery,
    replies: { 200: ChannelPage },
    async handle({ actor, query }) {
      const after = query.cursor === undefined ? null : decodeCursor(query.cursor, 'date');
      const scope = scopeOf(actor.clientId);
      const page = await channels.list(scope, { limit: query.limit, after });
      const notices = await events.noticesOf(scope, page.items);
      const items = page.items.map((channel) =>
        toChannelView(channel, notices.get(channel._id.toHexString()) ?? []),
      );
      return { status: 200, body: { ...page, items } };
    },
  }),
  route({
    method: 'get',
    path: '/api/channels/:id',
    operationId: 'getChannel',
    summary: 'Get a channel',
    description:
      'Includes its state, ownership, limits and the last verification; credentials are never shown.',
    tag,
    access: ['admin', 'agent'],
    params: idParams,
    sendsETag: true,
    replies,
    problems: ['not-found'],
    async handle({ actor, params }) {
      return answer(events, await useCases.get(scopeOf(actor.clientId), params.id));
    },
  }),
];

const writeRoutes = ({ useCases, events, requireMayConnect, publicUrl }: ChannelRouteDeps) => [
  route({
    method: 'post',
    path: '/api/channels',
    operationId: 'createChannel',
    summary: 'Connect a channel',
    description:
      'With a confirmed address, unless the provider is the sandbox. Asks the provider, with the ' +
      'given token, for the number and its account; `ownership` says whether both are proved and what is missing. ' +
      'Only then does the channel send and receive. If the provider does not answer within 5 s, the check is ' +
      'repeated until it does. A number that another channel has claimed without proof is yours once you prove ' +
      'it; if that channel proves it too, the answer is 409. `webhookUrl` is shown only in this answer; use it ' +
      'for providers that do not sign as Meta does and for numbers that belong to their own app.',
    tag,
    access: admins,
    body: CreateChannelBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: CreatedChannelView },
    problems: ['email-not-confirmed', 'already-exists', 'channel-limit'],
    async handle({ actor, body }) {
      await requireMayConnect(scopeOf(actor.clientId), actor.userId);
      const { channel, webhookKey } = await useCases.create(scopeOf(actor.clientId), userOf(actor), body);
      const view = { ...toChannelView(channel, []), webhookUrl: addressOf(publicUrl, webhookKey) };
      const headers = { location: `/api/channels/${view.id}`, etag: etagOf(channel.version) };
      return { status: 201, body: view, headers };
    },
  }),
  route({
    method: 'patch',
    path: '/api/channels/:id',
    operationId: 'updateChannel',
    summary: 'Change a channel',
    description:
      'Every process sees the change within a second. A new access token must prove the ownership ' +
      'again: if the provider refuses it, the channel becomes unverified. It does not change the state: call ' +
      '`verify` to reconnect a disconnected channel. `appSecret: null` clears it.',
    tag,
    access: admins,
    params: idParams,
    body: PatchChannelBody,
    sendsETag: true,
    replies,
    problems: ['email-not-confirmed', 'not-found', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      await requireMayConnect(scopeOf(actor.clientId), actor.userId);
      const ref = refOf(params.id, request);
      return answer(events, await useCases.patch(scopeOf(actor.clientId), userOf(actor), ref, body));
    },
  }),
  route({
    method: 'delete',
    path: '/api/channels/:id',
    operationId: 'deleteChannel',
    summary: 'Delete an unused channel',
    description:
      'Refused while the channel has open or pending conversations, templates, messages that ' +
      'are scheduled, queued, sending or unknown, or recent messages that still wait for a receipt ' +
      '(RECEIPT_DEADLINE_MS). Closed conversations and their messages stay readable.',
    tag,
    access: admins,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'in-use', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await useCases.delete(scopeOf(actor.clientId), userOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];

const stateRoutes = ({ useCases, events }: ChannelRouteDeps) => [
  route({
    method: 'post',
    path: '/api/channels/:id/pause',
    operationId: 'pauseChannel',
    summary: 'Pause a channel',
    description:
      'No call to the provider begins after the answer, which waits up to 2.5 s for calls in ' +
      'progress. New messages are accepted and held, and `waitingFor` says why. A pause set by a user lasts until ' +
      'a user ends it. A disconnected channel cannot be paused.',
    tag,
    access: admins,
    params: idParams,
    sendsETag: true,
    replies,
    problems: ['not-found', 'wrong-state', 'precondition-failed'],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      return answer(events, await useCases.pause(scopeOf(actor.clientId), userOf(actor), ref));
    },
  }),
  route({
    method: 'post',
    path: '/api/channels/:id/resume',
    operationId: 'resumeChannel',
    summary: 'Resume a paused channel',
    description:
      'Releases the held messages, oldest first. Also ends a pause set by the provider ' +
      '(`pause`) and its `restriction`; the next call that the provider refuses pauses the channel again.',
    tag,
    access: admins,
    params: idParams,
    sendsETag: true,
    replies,
    problems: ['not-found', 'wrong-state', 'precondition-failed'],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      return answer(events, await useCases.resume(scopeOf(actor.clientId), userOf(actor), ref));
    },
  }),
  route({
    method: 'post',
    path: '/api/channels/:id/verify',
    operationId: 'verifyChannel',
    summary: 'Verify a channel with the provider',
    description:
      'Uses the stored credentials. If they work, a disconnected channel becomes active and a ' +
      'paused one stays paused. If the provider refuses them, the channel becomes disconnected, ' +
      '`stateReason` says why, and the answer is still 200. `ownership` says whether the number and its account ' +
      'are proved. If the provider cannot be reached, nothing changes and the answer is 503.',
    tag,
    access: admins,
    params: idParams,
    sendsETag: true,
    replies,
    problems: ['not-found', 'precondition-failed', 'dependency-away'],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      return answer(events, await useCases.verify(scopeOf(actor.clientId), userOf(actor), ref));
    },
  }),
];

const addressRoutes = ({ useCases, publicUrl }: ChannelRouteDeps) => [
  route({
    method: 'post',
    path: '/api/channels/:id/webhook-key',
    operationId: 'replaceWebhookKey',
    summary: 'Replace the webhook address of a channel',
    description:
      'The new address is shown only in this answer. The previous one stops working within a ' + 'second.',
    tag,
    access: admins,
    params: idParams,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 200: WebhookAddressView },
    problems: ['not-found', 'precondition-failed'],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      const replaced = await useCases.replaceWebhookKey(scopeOf(actor.clientId), userOf(actor), ref);
      return {
        status: 200,
        body: { webhookUrl: addressOf(publicUrl, replaced.webhookKey) },
        headers: { etag: etagOf(replaced.channel.version) },
      };
    },
  }),
];

const addressOf = (publicUrl: string, webhookKey: string): string =>
  `${publicUrl}/webhook/incoming/${webhookKey}`;

async function answer(events: ChannelEvents, channel: ChannelDoc) {
  const notices = await events.noticesOf(scopeOf(channel.clientId), [channel]);
  const body = toChannelView(channel, notices.get(channel._id.toHexString()) ?? []);
  return { status: 200, body, headers: { etag: etagOf(channel.version) } } as const;
}
