import { userOf } from '../../../http/actor.ts';
import { route } from '../../../http/route.ts';
import { idParams } from '../../../platform/fields.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import { decodeCursor } from '../../../platform/pagination.ts';
import type { MessageActions } from './use-cases.ts';
import {
  PatchMessageBody,
  RetryManyBody,
  RetryManyView,
  RetryMessageBody,
  retryProblems,
  TimelineView,
} from './schemas.ts';
import { toRetryManyView, toTimelineView, type RunLinks } from './view.ts';
import type { RetryService } from './retries.ts';
import { MessageView } from '../schemas.ts';
import { toAcceptedView, toMessageView } from '../view.ts';

export interface MessageActionRouteDeps {
  readonly actions: MessageActions;
  readonly retries: RetryService;
  readonly links: RunLinks;
}

const tag = 'Messages';
const anyRole = ['admin', 'agent'] as const;

export const messageActionRoutes = (deps: MessageActionRouteDeps) => [
  ...changeRoutes(deps),
  ...retryRoutes(deps),
];

const changeRoutes = ({ actions, links }: MessageActionRouteDeps) => [
  route({
    method: 'post',
    path: '/api/messages/:id/cancel',
    operationId: 'cancelMessage',
    summary: 'Cancel an unsent message',
    description: 'For scheduled, queued and held messages. Repeating it changes nothing.',
    tag,
    access: anyRole,
    params: idParams,
    replies: { 200: MessageView },
    problems: ['not-found', 'already-left'],
    async handle({ actor, params }) {
      const message = await actions.cancel(scopeOf(actor.clientId), userOf(actor), params.id);
      return { status: 200, body: toMessageView(message) };
    },
  }),
  route({
    method: 'patch',
    path: '/api/messages/:id',
    operationId: 'rescheduleMessage',
    summary: 'Change a scheduled message',
    description:
      'Changes the time or the words, only while its status is `scheduled`, even if it is held. A new time must be in the ' +
      'future and before `expiresAt`; `"sendAt": null` sends the message now.',
    tag,
    access: anyRole,
    params: idParams,
    body: PatchMessageBody,
    replies: { 200: MessageView },
    problems: ['not-found', 'wrong-state'],
    async handle({ actor, params, body }) {
      const scope = scopeOf(actor.clientId);
      const message = await actions.change(scope, userOf(actor), params.id, body);
      return { status: 200, body: toMessageView(message) };
    },
  }),
  route({
    method: 'get',
    path: '/api/messages/:id/timeline',
    operationId: 'getMessageTimeline',
    summary: 'Get the timeline of a message',
    description:
      'Every wait with its reason, every call to the provider with its answer, every receipt, and the ' +
      'current wait. Links to the run in the Temporal UI.',
    tag,
    access: anyRole,
    params: idParams,
    replies: { 200: TimelineView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      const found = await actions.timeline(scopeOf(actor.clientId), params.id);
      return { status: 200, body: toTimelineView(found, links) };
    },
  }),
];

const retryRoutes = ({ retries }: MessageActionRouteDeps) => [
  route({
    method: 'post',
    path: '/api/messages/:id/retry',
    operationId: 'retryMessage',
    summary: 'Retry a failed or unknown message',
    description:
      'Sends the same content as a new message and returns it. The original keeps its status and names the ' +
      'new message in `retriedBy`. A message can be retried once; the new one can be retried in turn.',
    tag,
    access: anyRole,
    params: idParams,
    body: RetryMessageBody,
    idempotent: 'by-object',
    replies: { 201: MessageView },
    problems: [...retryProblems, 'idempotency-key-reused'],
    async handle({ actor, params, body, idempotencyKey }) {
      const request = { by: userOf(actor), mayDuplicate: body.mayDuplicate, idempotencyKey };
      const view = toAcceptedView(await retries.retry(scopeOf(actor.clientId), params.id, request));
      return { status: 201, body: view, headers: { location: `/api/messages/${view.id}` } };
    },
  }),
  route({
    method: 'post',
    path: '/api/messages/retry',
    operationId: 'retryMessages',
    summary: 'Retry many failed or unknown messages',
    description:
      'Oldest first, each as in `POST /api/messages/{id}/retry`. Messages that cannot be retried are listed ' +
      'with the reason. Each message is retried once, whoever repeats the request: if the answer was lost, repeat it ' +
      'with its `Idempotency-Key`, or with the same `cursor` and find the retried messages by `retriedBy`. Set ' +
      '`until` to go through all of them without meeting new messages that fail meanwhile.',
    tag,
    access: anyRole,
    body: RetryManyBody,
    idempotent: 'by-answer',
    replies: { 200: RetryManyView },
    async handle({ actor, body }) {
      const { limit, cursor, mayDuplicate, ...filter } = body;
      const after = cursor === undefined ? null : decodeCursor(cursor, 'date', 'body.cursor');
      const request = { by: userOf(actor), mayDuplicate, limit, after };
      const outcome = await retries.retryMany(scopeOf(actor.clientId), omitUndefined(filter), request);
      return { status: 200, body: toRetryManyView(outcome) };
    },
  }),
];

/** Drops undefined fields: Zod sets absent fields to undefined, which a filter must not contain. */
const omitUndefined = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]: Exclude<Fields[Name], undefined>;
  };
