import type { mongo, Types } from 'mongoose';
import type { ClientScope } from '../../src/platform/mongo.ts';
import { newId } from '../../src/platform/ids.ts';
import { buildMessage } from './messages.ts';

/** Who and what the documents belong to. */
export interface PlanData {
  readonly scope: ClientScope;
  readonly conversationId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  readonly actorId: Types.ObjectId;
  readonly teamScope: ClientScope;
  readonly members: readonly Types.ObjectId[];
  readonly at: Date;
}

/** Enough documents of this client and of others to give the planner a choice. */
export async function seedForPlans(
  db: mongo.Db,
  { scope, conversationId, channelId, actorId, teamScope, members, at }: PlanData,
): Promise<void> {
  const documents = Array.from({ length: 600 }, (_value, index) =>
    buildMessage({
      ...(index % 3 === 0 ? scope : {}),
      ...(index % 6 === 0 ? { conversationId, turn: index } : {}),
      channelId,
      status: index % 5 === 0 ? 'queued' : 'read',
      timestamp: new Date(at.getTime() + index * 1_000),
      ...(index % 10 === 0 ? { sweptAt: new Date(at.getTime() + index * 1_000) } : {}),
      ...(index % 2 === 0 ? { arrival: index / 2 + 1 } : {}),
      providerMessageId: `wamid.${index}`,
      idempotencyKey: `key-${index}`,
      searchTokens: ['hello', 'world', `w${index}`],
    }),
  );
  await db.collection<mongo.Document>('messages').insertMany(documents);
  await db.collection<mongo.Document>('templates').insertMany(
    documents.slice(0, 300).map(({ clientId }, index) => ({
      clientId,
      channelId,
      name: `template_${index}`,
      language: 'en_US',
      status: index % 2 === 0 ? 'approved' : 'paused',
    })),
  );
  await db.collection<mongo.Document>('channels').insertMany(
    documents.slice(0, 300).map(({ clientId }, index) => ({
      clientId,
      phoneNumberId: `phone-${index}`,
      wabaId: `account-${index}`,
      webhookKeyHash: `hash-${index}`,
    })),
  );
  await db.collection<mongo.Document>('conversations').insertMany(
    Array.from({ length: 300 }, (_value, index) => ({
      ...(index % 3 === 0 ? scope : { clientId: newId() }),
      ...{ channelId: index % 2 === 0 ? channelId : newId(), contactId: newId(), status: 'open' },
      ...{ lastMessageAt: new Date(at.getTime() + index * 1_000), unreadCount: 1, createdAt: at },
      ...(index % 5 === 0 ? { queue: { since: at, excluded: [], rounds: 0 } } : {}),
    })),
  );
  for (const people of ['contacts', 'leads', 'notes'])
    await db.collection<mongo.Document>(people).insertMany(
      documents.map(({ clientId }, index) => ({
        ...{ clientId, contactId: newId(), identityKeys: [`tel:${index}`], createdAt: at },
        ...{ nameKey: `name ${index}`, searchTokens: ['hello', `w${index}`] },
      })),
    );
  await db.collection<mongo.Document>('conversations').insertMany(
    Array.from({ length: 6_000 }, (_value, index) => ({
      ...{ ...teamScope, channelId, contactId: newId(), status: 'closed', unreadCount: 0, createdAt: at },
      ...{ assignedAgentId: members[index % 200], lastMessageAt: new Date(at.getTime() - index * 1_000) },
    })),
  );
  for (const name of ['saved_views', 'macros', 'teams', 'segments'])
    await db.collection<mongo.Document>(name).insertMany(
      Array.from({ length: 600 }, (_value, index) => ({
        ...(index % 3 === 0 ? { clientId: newId() } : scope),
        ...{ ownerId: index % 2 === 0 ? null : actorId, nameKey: `n${index}`, createdAt: at },
      })),
    );
  await db.collection<mongo.Document>('webhook_events').insertMany(
    Array.from({ length: 300 }, (_value, index) => ({
      receivedAt: at,
      body: '{}',
      status: index % 10 === 0 ? 'dead' : index % 3 === 0 ? 'pending' : 'done',
      attempts: 0,
      ...(index % 4 === 0 ? { isUrgent: true } : {}),
      ...{ source: index % 7 === 0 ? 'large:unnamed' : 'unnamed', bytes: 2 },
      ...(index % 10 !== 0 && index % 3 === 0 ? { nextAttemptAt: at } : { doneAt: at }),
    })),
  );
  await db.collection<mongo.Document>('audit_events').insertMany(
    documents.map(({ clientId }, index) => ({
      clientId,
      at: new Date(at.getTime() + index * 1_000),
      actor: { type: 'user', userId: index % 4 === 0 ? actorId : newId() },
      action: index % 5 === 0 ? 'lead.created' : 'lead.updated',
      target: { type: 'lead', id: index % 6 === 0 ? conversationId : newId() },
      ...(index % 3 === 0 && index < 590 ? { seq: index / 3 + 1 } : { note: 'unsealed' }),
    })),
  );
}
