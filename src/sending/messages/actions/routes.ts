import { route, type Actor } from '../../../http/route.ts';
import { idParams } from '../../../platform/fields.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import { decodeCursor } from '../../../platform/pagination.ts';
import type { MessageLifeService } from './service.ts';
import { PatchMessageBody, RetryManyBody, RetryManyView, RetryMessageBody, TimelineView } from './schemas.ts';
import { toRetryManyView, toTimelineView, type RunLinks } from './view.ts';
import type { RetryService } from './retries.ts';
import { MessageView } from '../schemas.ts';
import { toAcceptedView, toMessageView } from '../view.ts';

export interface LifeRouteDeps {
  readonly life: MessageLifeService;
  readonly retries: RetryService;
  readonly links: RunLinks;
}

const tag = 'Messages';
const byOf = ({ userId }: Actor) => ({ type: 'user', userId }) as const;
const everybody = ['admin', 'agent'] as const;

export const lifeRoutes = (deps: LifeRouteDeps) => [...changeRoutes(deps), ...retryRoutes(deps)];

const changeRoutes = ({ life, links }: LifeRouteDeps) => [
  route({
    method: 'post',
    path: '/api/messages/:id/cancel',
    summary: 'Cancel a message that has not left',
    description: 'A scheduled, queued or held one. Doing it again changes nothing.',
    tag,
    access: everybody,
    params: idParams,
    replies: { 200: MessageView },
    problems: ['not-found', 'already-left'],
    async handle({ actor, params }) {
      const message = await life.cancel(scopeOf(actor.clientId), byOf(actor), params.id);
      return { status: 200, body: toMessageView(message) };
    },
  }),
  route({
    method: 'patch',
    path: '/api/messages/:id',
    summary: 'Move a scheduled message to another time',
    tag,
    access: everybody,
    params: idParams,
    body: PatchMessageBody,
    replies: { 200: MessageView },
    problems: ['not-found', 'wrong-state'],
    async handle({ actor, params, body }) {
      const scope = scopeOf(actor.clientId);
      const message = await life.reschedule(scope, byOf(actor), params.id, body.sendAt);
      return { status: 200, body: toMessageView(message) };
    },
  }),
  route({
    method: 'get',
    path: '/api/messages/:id/timeline',
    summary: 'The whole life of a message',
    description:
      'Every wait with its reason, every call to the provider with its answer, every receipt, and what it waits ' +
      'for now. With a link to its run in the Temporal UI.',
    tag,
    access: everybody,
    params: idParams,
    replies: { 200: TimelineView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      const found = await life.timeline(scopeOf(actor.clientId), params.id);
      return { status: 200, body: toTimelineView(found, links) };
    },
  }),
];

const retryRoutes = ({ retries }: LifeRouteDeps) => [
  route({
    method: 'post',
    path: '/api/messages/:id/retry',
    summary: 'Send a failed or unknown message again',
    description:
      'Makes a new message with the same content, and answers it; the first one keeps its status and names it in ' +
      '`retriedBy`. Each message is retried once; the new one can be retried in its turn.',
    tag,
    access: everybody,
    params: idParams,
    body: RetryMessageBody,
    idempotent: true,
    replies: { 201: MessageView },
    problems: [
      'not-found',
      'wrong-state',
      'already-retried',
      'may-duplicate',
      'contact-blocked',
      'contact-opted-out',
      'template-not-approved',
      'channel-disconnected',
      'window-closed',
      'idempotency-key-reused',
    ],
    async handle({ actor, params, body, idempotencyKey }) {
      const wish = { by: byOf(actor), mayDuplicate: body.mayDuplicate, idempotencyKey };
      const view = toAcceptedView(await retries.retry(scopeOf(actor.clientId), params.id, wish));
      return { status: 201, body: view, headers: { location: `/api/messages/${view.id}` } };
    },
  }),
  route({
    method: 'post',
    path: '/api/messages/retry',
    summary: 'Send many failed or unknown messages again',
    description:
      'Oldest first, each as by `/api/messages/:id/retry`. What cannot be sent again is listed with the reason. ' +
      'It takes no `Idempotency-Key`: each message is retried once, so that who has lost the answer repeats the ' +
      'request with the same `cursor`, and finds what was retried before by `retriedBy`. To go through all of them ' +
      'give `until`, too: without it the new ones that fail meanwhile are met as well.',
    tag,
    access: everybody,
    body: RetryManyBody,
    replies: { 200: RetryManyView },
    async handle({ actor, body }) {
      const { limit, cursor, mayDuplicate, ...filter } = body;
      const after = cursor === undefined ? null : decodeCursor(cursor, 'date', 'body.cursor');
      const wish = { by: byOf(actor), mayDuplicate, limit, after };
      const outcome = await retries.retryMany(scopeOf(actor.clientId), definedOf(filter), wish);
      return { status: 200, body: toRetryManyView(outcome) };
    },
  }),
];

/** Zod gives a missing field as undefined; a filter must not have it at all. */
const definedOf = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]: Exclude<Fields[Name], undefined>;
  };
