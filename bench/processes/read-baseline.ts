/**
 * The baselines of B5: the queries of the API and their documents as JSON, unchanged or with the fields of the API's
 * answer. Its one tenant comes from its settings; it authenticates nobody and validates nothing.
 */
import { createServer, type ServerResponse } from 'node:http';
import mongoose from 'mongoose';
import type { ContactDoc } from '../../src/people/contacts/store/model.ts';
import type { ConversationDoc } from '../../src/inbox/conversations/model.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';

export interface ReadBaselineSettings {
  readonly port: number;
  readonly mongoUri: string;
  readonly clientId: string;
  readonly limit: number;
}

const { port, mongoUri, clientId, limit } = JSON.parse(process.argv[2] ?? '{}') as ReadBaselineSettings;
const { ObjectId } = mongoose.Types;
const scope = { clientId: ObjectId.createFromHexString(clientId) };

const client = await new mongoose.mongo.MongoClient(mongoUri, {
  maxPoolSize: 50,
  readConcern: { level: 'majority' },
}).connect();
const db = client.db();
const messages = db.collection<MessageDoc>('messages');
const conversations = db.collection<ConversationDoc>('conversations');
const contacts = db.collection<ContactDoc>('contacts');

interface Found<Item> {
  readonly items: readonly Item[];
  readonly hasMore: boolean;
}

type ConversationWithContact = ConversationDoc & { readonly contact: ContactDoc | null };

/** The filter for items after a position in a list with the newest first. */
function positionAfter(
  field: string,
  query: URLSearchParams,
): mongoose.mongo.Filter<mongoose.mongo.Document> {
  const [key, id] = [query.get('key'), query.get('id')];
  if (key === null || id === null) return {};
  const date = new Date(key);
  return {
    [field]: { $lte: date },
    $or: [{ [field]: { $lt: date } }, { _id: { $lt: ObjectId.createFromHexString(id) } }],
  };
}

/** One document more than shown tells whether more follow, as in the API. */
async function readMessages(query: URLSearchParams): Promise<Found<MessageDoc>> {
  const found = await messages
    .find({ ...positionAfter('timestamp', query), ...scope })
    .sort({ timestamp: -1, _id: -1 })
    .limit(limit + 1)
    .project<MessageDoc>({ statusHistory: 0 })
    .toArray();
  return { items: found.slice(0, limit), hasMore: found.length > limit };
}

async function readConversations(query: URLSearchParams): Promise<Found<ConversationWithContact>> {
  const found = await conversations
    .find({
      status: { $in: ['open', 'pending', 'closed'] },
      ...positionAfter('lastMessageAt', query),
      ...scope,
    })
    .sort({ lastMessageAt: -1, _id: -1 })
    .limit(limit + 1)
    .project<ConversationDoc>({ history: 0 })
    .toArray();
  const page = found.slice(0, limit);
  const people = await contacts
    .find({ _id: { $in: page.map(({ contactId }) => contactId) }, ...scope })
    .project<ContactDoc>({ consentLog: 0 })
    .toArray();
  const byId = new Map(people.map((contact) => [contact._id.toHexString(), contact]));
  const items = page.map((item) => ({ ...item, contact: byId.get(item.contactId.toHexString()) ?? null }));
  return { items, hasMore: found.length > limit };
}

const toMessageView = (message: MessageDoc) => ({
  id: message._id.toHexString(),
  conversationId: message.conversationId.toHexString(),
  channelId: message.channelId.toHexString(),
  contactId: message.contactId.toHexString(),
  direction: message.direction,
  senderType: message.senderType,
  messageType: message.messageType,
  to: message.to ?? null,
  content: { text: message.content.text ?? null },
  templateName: message.templateName ?? null,
  status: message.status,
  timestamp: message.timestamp.toISOString(),
  sendAt: message.sendAt?.toISOString() ?? null,
  expiresAt: message.expiresAt?.toISOString() ?? null,
  attempts: message.dispatch.attempt,
  providerMessageId: message.providerMessageId ?? null,
  failure: message.failure ?? null,
  workflowId: `message:${message._id.toHexString()}`,
});

const toConversationView = ({ contact, ...conversation }: ConversationWithContact) => ({
  id: conversation._id.toHexString(),
  leadId: conversation.leadId?.toHexString() ?? null,
  contactId: conversation.contactId.toHexString(),
  contact: contact && {
    id: contact._id.toHexString(),
    name: contact.name ?? null,
    phoneNumber: contact.phoneNumber ?? null,
  },
  channelId: conversation.channelId.toHexString(),
  assignedAgentId: conversation.assignedAgentId?.toHexString() ?? null,
  status: conversation.status,
  lastMessageAt: conversation.lastMessageAt.toISOString(),
  windowExpiresAt: conversation.windowExpiresAt?.toISOString() ?? null,
  unreadCount: conversation.unreadCount,
  createdAt: conversation.createdAt.toISOString(),
});

const withView =
  <Item>(read: (query: URLSearchParams) => Promise<Found<Item>>, toView: (item: Item) => object) =>
  async (query: URLSearchParams): Promise<Found<object>> => {
    const { items, hasMore } = await read(query);
    return { items: items.map(toView), hasMore };
  };

const lists: Readonly<Record<string, (query: URLSearchParams) => Promise<object>>> = {
  '/': async () => ({}),
  '/documents/messages': readMessages,
  '/documents/conversations': readConversations,
  '/views/messages': withView(readMessages, toMessageView),
  '/views/conversations': withView(readConversations, toConversationView),
};

async function answer(url: string, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(url, 'http://bench');
  const body = JSON.stringify(await lists[pathname]?.(searchParams));
  response
    .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
    .end(body);
}

createServer((request, response) => {
  answer(request.url ?? '/', response).catch(() => response.destroy());
}).listen(port, '127.0.0.1');

process.once('SIGTERM', () => process.exit(0));
