import { createHash } from 'node:crypto';
import type { mongo } from 'mongoose';
import type { Account } from '../shared/account.ts';
import { inParallel } from '../shared/in-parallel.ts';
import { callsByMessage, readLedger, takenCalls } from '../shared/ledger.ts';
import type { ShownConversation, StormFacts } from './facts.ts';

interface EvidenceSource {
  readonly database: mongo.Db;
  readonly clientId: mongo.ObjectId;
  readonly sandboxUrl: string;
  readonly apiUrl: string;
  readonly admin: Account;
}

type Stored = Pick<StormFacts, 'messages' | 'contacts' | 'conversations' | 'files' | 'replies' | 'events'>;

/** Reads what is stored at the end, past the product's own code; files as users get them. */
export async function readEvidence(source: EvidenceSource): Promise<Stored> {
  const { database, clientId } = source;
  const read = (name: string, filter: mongo.Document = {}) =>
    database.collection(name).find({ clientId, ...filter });
  const shown = await readShown(source.admin);
  const inbound = await read('messages', { direction: 'inbound' }).toArray();
  return {
    messages: inbound.map(({ providerMessageId, conversationId, contactId }) => ({
      wamid: String(providerMessageId),
      conversationId: String(conversationId),
      contactId: String(contactId),
    })),
    contacts: (await read('contacts').toArray()).map(({ _id, phoneNumber }) => ({
      id: String(_id),
      phone: String(phoneNumber).replace('+', ''),
    })),
    conversations: (await read('conversations').toArray()).map((one) => toConversation(one, shown)),
    files: await readFiles(
      source,
      new Map(inbound.map((one) => [String(one._id), String(one['providerMessageId'])])),
    ),
    replies: await readReplies(source),
    events: (await read('outbox_events').sort({ seq: 1 }).toArray()).map((event) => ({
      ...{ seq: Number(event['seq']), id: String(event._id), version: Number(event['version']) },
      entity: `${event['entity'].type}:${String(event['entity'].id)}`,
      audience: String(event['audience']),
      view: event['view'] as Readonly<Record<string, unknown>>,
    })),
  };
}

const toConversation = (
  conversation: mongo.Document,
  shown: ReadonlyMap<string, ShownConversation>,
): StormFacts['conversations'][number] => ({
  id: String(conversation['_id']),
  contactId: String(conversation['contactId']),
  status: conversation['status'] as 'open' | 'pending' | 'closed',
  reopenings: Number(conversation['reopenings'] ?? 0),
  isFromAd: conversation['referral'] !== undefined,
  shown: shown.get(String(conversation['_id'])) ?? notListed,
});

const notListed: ShownConversation = {
  ...{ status: 'not listed', assignedAgentId: null, queuedSince: null, unreadCount: 0, lastMessageAt: '' },
};

interface ConversationPage {
  readonly items: readonly (ShownConversation & { readonly id: string })[];
  readonly nextCursor: string | null;
}

/** What a client reads that loads all conversations now. */
async function readShown(admin: Account): Promise<ReadonlyMap<string, ShownConversation>> {
  const shown = new Map<string, ShownConversation>();
  for (let cursor: string | null = ''; cursor !== null;) {
    const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: ConversationPage = await admin.read(`/api/conversations?limit=100${after}`);
    for (const { id, status, assignedAgentId, queuedSince, unreadCount, lastMessageAt } of page.items)
      shown.set(id, { status, assignedAgentId, queuedSince, unreadCount, lastMessageAt });
    cursor = page.nextCursor;
  }
  return shown;
}

const downloadsAtOnce = 8;

async function readFiles(
  { database, clientId, apiUrl, admin }: EvidenceSource,
  wamids: ReadonlyMap<string, string>,
): Promise<StormFacts['files']> {
  const stored = await database.collection('media_files').find({ clientId }).toArray();
  const files: StormFacts['files'][number][] = [];
  await inParallel(stored, downloadsAtOnce, async ({ _id, messageId, state }) => {
    const response = await fetch(`${apiUrl}/api/media/${String(_id)}`, {
      headers: { authorization: `Bearer ${admin.token()}` },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    files.push({
      ...{ wamid: wamids.get(String(messageId)) ?? '', state: String(state) },
      sha256: response.status === 200 ? createHash('sha256').update(bytes).digest('hex') : null,
    });
  });
  return files;
}

async function readReplies({
  database,
  clientId,
  sandboxUrl,
}: EvidenceSource): Promise<StormFacts['replies']> {
  const sent = await database.collection('messages').find({ clientId, direction: 'outbound' }).toArray();
  const calls = callsByMessage(takenCalls(await readLedger(sandboxUrl)));
  return sent.map(({ _id, conversationId }) => ({
    id: String(_id),
    conversationId: String(conversationId),
    taken: calls.get(String(_id))?.length ?? 0,
  }));
}
