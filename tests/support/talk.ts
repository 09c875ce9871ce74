import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createInboundService } from '../../src/sending/messages/incoming/inbound.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { parseWebhookBody } from '../../src/whatsapp/events.ts';
import type { TestApi } from './api.ts';
import { newWamid } from './consent.ts';
import type { CrmUser } from './crm-client.ts';

interface Said {
  readonly id?: string;
  /** How long ago, by the provider's clock. */
  readonly agoMs?: number;
  readonly fields?: object;
}

/** A message of a contact, as the worker takes it from a webhook; returns our id of it. */
export async function hear(
  api: Pick<TestApi, 'api' | 'collection'>,
  user: Pick<CrmUser, 'clientId' | 'channelId'>,
  phone: string,
  { id = newWamid(), agoMs = 0, fields = { text: { body: 'Hello' } } }: Said = {},
): Promise<string> {
  const timestamp = String(Math.floor((Date.now() - agoMs) / 1_000));
  const message = { id, from: phone.slice(1), timestamp, type: 'text', ...fields };
  const [item] = parseWebhookBody(JSON.stringify({ messages: [message] }));
  assert.ok(item?.kind === 'message', JSON.stringify(item));
  const scope = scopeOf(new Types.ObjectId(user.clientId));
  const channelId = new Types.ObjectId(user.channelId);
  assert.ok(await createInboundService(api.api.core).receive(scope, channelId, item));
  const stored = await api.collection<MessageDoc>('messages').findOne({ providerMessageId: id });
  assert.ok(stored !== null);
  return stored._id.toHexString();
}
