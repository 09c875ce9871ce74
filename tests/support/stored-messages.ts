import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { AuditEventDoc } from '../../src/audit/model.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { phoneEndingIn, signUp, type CrmUser } from './crm-client.ts';
import { buildMessage } from './messages.ts';
import type { MessagingApi } from './messaging-api.ts';

/** A client with one contact, and stored messages to it in any state. */
export interface Correspondence {
  readonly user: CrmUser;
  readonly contactId: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
  /** Stores a message of this client; returns its id. */
  store(changes?: Partial<MessageDoc>): Promise<string>;
  stored(id: string): Promise<MessageDoc>;
  /** All messages that retry this one. */
  retriesOf(id: string): Promise<MessageDoc[]>;
  /** Its audit events: `message.canceled by <user>`, with the values before and after. */
  auditOf(id: string): Promise<readonly [string, unknown, unknown][]>;
}

export async function startCorrespondence(api: MessagingApi): Promise<Correspondence> {
  const user = await signUp(api.url);
  const messages = api.collection<MessageDoc>('messages');
  const first = await user.send({ to: phoneEndingIn('01') });
  const like = await messages.findOne({ _id: new Types.ObjectId(first.id) });
  assert.ok(like !== null);
  await messages.deleteOne({ _id: like._id });
  const { clientId, contactId, conversationId, channelId, createdBy, to, content } = like;
  const fields = { clientId, contactId, conversationId, channelId, createdBy, to, content };
  return {
    user,
    contactId,
    conversationId,
    async store(changes = {}) {
      const message = buildMessage({ ...(fields as Partial<MessageDoc>), ...changes });
      await messages.insertOne(message);
      return message._id.toHexString();
    },
    async stored(id) {
      const found = await messages.findOne({ _id: new Types.ObjectId(id) });
      assert.ok(found !== null);
      return found;
    },
    async auditOf(id) {
      const events = await api.auditOf(id);
      return events.map(({ action, actor, before, after }) => {
        const who = actor as AuditEventDoc['actor'];
        const by = 'userId' in who ? who.userId.toHexString() : who.type;
        return [`${String(action)} by ${by}`, before, after];
      });
    },
    retriesOf: (id) => messages.find({ retryOf: new Types.ObjectId(id) }).toArray(),
  };
}

/** `409 wrong-state`, or only the status of a success. */
export const outcomeOf = ({ status, body }: { status: number; body: unknown }): string =>
  [status, (body as { code?: string }).code ?? []].flat().join(' ');
