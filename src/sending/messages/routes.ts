import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { searchQuery } from '../../platform/search/query.ts';
import { contactProblems } from '../gates/rules.ts';
import { freeFormExamples } from './examples.ts';
import { ListMessagesQuery, MessagePage } from './list-schemas.ts';
import { MessageView, SendMessageBody, SendTemplateBody } from './schemas.ts';
import type { MessageUseCases } from './use-cases.ts';
import { toAcceptedView, toMessageListItemView, toMessageView } from './view.ts';

interface MessageRouteDeps {
  readonly messages: MessageUseCases;
}

export const messageRoutes = (deps: MessageRouteDeps) => [...writeRoutes(deps), ...readRoutes(deps)];

const sendProblems = [
  'not-found',
  ...contactProblems,
  'channel-disconnected',
  'channel-unverified',
  'idempotency-key-reused',
  'wrong-state',
] as const;

const writeRoutes = ({ messages }: MessageRouteDeps) => [
  route({
    method: 'post',
    path: '/api/messages',
    operationId: 'sendMessage',
    summary: 'Send a free-form message',
    description:
      'Text, media, location, contacts, reaction, buttons, list, link, flow, catalog, product, product list, or a ' +
      'request for a location, phone number or address. Allowed in the customer service window: 24 hours after the ' +
      'last message of the contact, less a minute (`windowExpiresAt` of the conversation). Outside it, the answer ' +
      'lists templates to send instead. With `lastSeenMessageId`, only the first of two simultaneous answers is accepted. ' +
      'The examples go to the contact who has written to the demo client of `npm start`; put in a contact of yours.',
    tag: 'Messages',
    access: ['admin', 'agent'],
    body: SendMessageBody,
    bodyExamples: freeFormExamples,
    idempotent: 'by-object',
    replies: { 201: MessageView },
    problems: [...sendProblems, 'window-closed', 'newer-message'],
    async handle({ actor, body, idempotencyKey }) {
      const options = { by: actor.userId, idempotencyKey };
      const message = await messages.sendFreeForm(scopeOf(actor.clientId), body, options);
      const view = toAcceptedView(message);
      return { status: 201, body: view, headers: { location: `/api/messages/${view.id}` } };
    },
  }),
  route({
    method: 'post',
    path: '/api/messages/template',
    operationId: 'sendTemplateMessage',
    summary: 'Send a template message',
    description:
      'Accepts the message and starts its durable workflow. Everything that can be checked is checked ' +
      'before 201.',
    tag: 'Messages',
    access: ['admin', 'agent'],
    body: SendTemplateBody,
    idempotent: 'by-object',
    replies: { 201: MessageView },
    problems: [...sendProblems, 'template-not-approved'],
    async handle({ actor, body, idempotencyKey }) {
      const options = { by: actor.userId, idempotencyKey };
      const message = await messages.sendTemplate(scopeOf(actor.clientId), body, options);
      const view = toAcceptedView(message);
      return { status: 201, body: view, headers: { location: `/api/messages/${view.id}` } };
    },
  }),
];

const readRoutes = ({ messages }: MessageRouteDeps) => [
  route({
    method: 'get',
    path: '/api/messages',
    operationId: 'listMessages',
    summary: 'List messages',
    description:
      'Newest first. `contactId` gives the history of a contact over all conversations as one thread, and `around` the ' +
      'page in which a message is. `q` searches; `match` shows where. `nextCursor` leads on in the order of the list. ' +
      '`newerCursor` with `sort=oldest` leads from any page to newer messages.',
    tag: 'Messages',
    access: ['admin', 'agent'],
    query: ListMessagesQuery,
    replies: { 200: MessagePage },
    problems: ['not-found', 'search-too-broad'],
    async handle({ actor, query }) {
      const { limit, cursor, around, sort = 'newest', status: statuses, q, ...given } = query;
      const scope = scopeOf(actor.clientId);
      const order = `${sort}-first` as const;
      const asked = q === undefined ? undefined : searchQuery(q);
      const filter = { ...given, statuses, query: asked };
      const page = await messages.list(scope, filter, { limit, cursor, order, around });
      const files = await messages.filesOf(scope, page.items);
      const items = page.items.map((message) => {
        const file = files.get(message._id.toHexString());
        return toMessageListItemView(message, { people: page.people, file, query: asked });
      });
      return { status: 200, body: { items, nextCursor: page.nextCursor, newerCursor: page.newerCursor } };
    },
  }),
  route({
    method: 'get',
    path: '/api/messages/:id',
    operationId: 'getMessage',
    summary: 'Get a message and its status history',
    description:
      '`waitingFor` says why an unsent message waits, `failure` why a failed one failed, and `statusHistory` why an ' +
      'outcome is `unknown`. `versions` shows what was edited or revoked, and `source` what WhatsApp sent beyond the ' +
      'other fields.',
    tag: 'Messages',
    access: ['admin', 'agent'],
    params: idParams,
    replies: { 200: MessageView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      const { message, ...beside } = await messages.get(scopeOf(actor.clientId), params.id);
      return { status: 200, body: toMessageView(message, beside) };
    },
  }),
];
