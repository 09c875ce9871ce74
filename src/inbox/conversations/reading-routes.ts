import { userOf } from '../../http/actor.ts';
import { etagOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import { ListSeenQuery, ReadPositionBody, SeenMarkPage } from './reading-schemas.ts';
import { ConversationView } from './schemas.ts';
import type { NoteTyping } from './typing.ts';
import type { NamedSeenMark } from './seen/marks.ts';
import type { ConversationUseCases, ShownConversation } from './use-cases.ts';
import { toConversationView } from './view.ts';

const tag = 'Conversations';
const access = ['admin', 'agent'] as const;
const replies = { 200: ConversationView } as const;

interface ReadingRouteDeps {
  readonly conversations: Pick<ConversationUseCases, 'markRead' | 'markUnread' | 'listSeen'>;
  readonly noteTyping: NoteTyping;
}

export const readingRoutes = (deps: ReadingRouteDeps) => [...markRoutes(deps), ...typingRoutes(deps)];

const markRoutes = ({ conversations }: ReadingRouteDeps) => [
  route({
    method: 'post',
    path: '/api/conversations/:id/read',
    operationId: 'markConversationRead',
    summary: 'Mark a conversation as read',
    description:
      'For everyone in the business: what the contact wrote until the message, in the order in which it arrived here, is ' +
      'read. A message that arrives later stays unread, also if WhatsApp dates it earlier. An older message never makes ' +
      'anything unread. Your own mark (`seenByMe`) moves on too. With `shareReadMarks` of the inbox settings, WhatsApp ' +
      'shows the contact that the messages were read.',
    tag,
    access,
    params: idParams,
    body: ReadPositionBody,
    sendsETag: true,
    replies,
    problems: ['not-found'],
    async handle({ actor, params: { id }, body: { messageId } }) {
      return answer(await conversations.markRead(scopeOf(actor.clientId), userOf(actor), { id, messageId }));
    },
  }),
  route({
    method: 'post',
    path: '/api/conversations/:id/unread',
    operationId: 'markConversationUnread',
    summary: 'Mark a conversation as unread',
    description:
      'For everyone in the business: what the contact wrote from the message on is unread. Of messages that an earlier ' +
      'version of the product stored, the latest 100. Your own mark (`seenByMe`) stays, and WhatsApp does not take back ' +
      'what it has shown the contact.',
    tag,
    access,
    params: idParams,
    body: ReadPositionBody,
    sendsETag: true,
    replies,
    problems: ['not-found'],
    async handle({ actor, params: { id }, body: { messageId } }) {
      const ref = { id, messageId };
      return answer(await conversations.markUnread(scopeOf(actor.clientId), userOf(actor), ref));
    },
  }),
  route({
    method: 'get',
    path: '/api/conversations/:id/seen',
    operationId: 'listConversationSeenMarks',
    summary: 'List who has seen a conversation',
    description: 'The users who have marked something as read, each with the last message that they saw.',
    tag,
    access,
    params: idParams,
    query: ListSeenQuery,
    replies: { 200: SeenMarkPage },
    problems: ['not-found'],
    async handle({ actor, params: { id }, query: { limit, cursor } }) {
      const after = cursor === undefined ? null : decodeCursor(cursor, 'string');
      const page = await conversations.listSeen(scopeOf(actor.clientId), id, { limit, after });
      return { status: 200, body: { ...page, items: page.items.map(toSeenMarkView) } };
    },
  }),
];

const typingRoutes = ({ noteTyping }: ReadingRouteDeps) => [
  route({
    method: 'post',
    path: '/api/conversations/:id/typing',
    operationId: 'sendTypingSignal',
    summary: 'Say that you type in a conversation',
    description:
      'Repeat it every 4 seconds while you type. Colleagues get the live event `conversation.typing`, which is good for 6 ' +
      'seconds. With `shareReadMarks` of the inbox settings the contact sees it too, for 25 seconds, while the customer ' +
      'service window is open: WhatsApp then shows their messages as read. Always 204; the header `Outcome` says what the ' +
      'contact was shown: `shown`, `shown-before` (in the last 20 seconds), `not-shared`, `window-closed`, `gate-closed` ' +
      '(an answer would not leave now either, or there is no message to mark), `not-accepted` (by WhatsApp), `group`. ' +
      'Whatever is not shown now is never shown later.',
    tag,
    access,
    params: idParams,
    sendsOutcome: true,
    replies: { 204: null },
    problems: ['not-found'],
    async handle({ actor, params }) {
      const outcome = await noteTyping(scopeOf(actor.clientId), userOf(actor), params.id);
      return { status: 204, headers: { outcome } };
    },
  }),
];

const answer = (found: ShownConversation) =>
  ({
    status: 200,
    body: toConversationView(found),
    headers: { etag: etagOf(found.conversation.version) },
  }) as const;

const toSeenMarkView = ({ mark, name }: NamedSeenMark) => ({
  userId: mark.userId.toHexString(),
  name,
  lastSeenMessageId: mark.lastSeenMessageId.toHexString(),
  at: mark.at.toISOString(),
});
