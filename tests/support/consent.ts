import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Types } from 'mongoose';
import type { ConsentHistoryView } from '../../src/consent/statements/schemas.ts';
import type { ContactView } from '../../src/people/contacts/schemas.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import type { TestApi } from './api.ts';
import type { CrmUser } from './crm-client.ts';
import { changeOf, envelopeOf, postSigned } from './meta.ts';
import { inDays } from './times.ts';

/** For `useApi` and for tests that sign webhooks as the provider. */
export const appSecret = 'the app secret of these tests';

export const newWamid = (): string => `wamid.${randomBytes(8).toString('hex')}`;

/** Whole seconds from the start of this test run, as the provider counts. */
export const secondsFromNow = (seconds: number): string => String(Math.floor(Date.now() / 1_000) + seconds);

export interface Spoken {
  readonly wamid?: string;
  readonly timestamp?: string;
  /** Replaces the text message. */
  readonly message?: object;
}

/** The webhook body of a contact who sends one word. */
export function spoken(user: CrmUser, from: string, text: string, said: Spoken = {}) {
  const { wamid = newWamid(), timestamp = secondsFromNow(0), message } = said;
  const head = { id: wamid, from: from.replace('+', ''), timestamp };
  const messages = [{ ...head, ...(message ?? { type: 'text', text: { body: text } }) }];
  return envelopeOf(changeOf(user.phoneNumberId, { messages }));
}

export async function postEvent({ url }: TestApi, body: object): Promise<void> {
  const { status, text } = await postSigned(`${url}/webhook/incoming`, body, appSecret);
  assert.equal(status, 200, text);
}

export interface Waiting {
  readonly contactId: string;
  readonly ids: readonly Types.ObjectId[];
}

/** Messages to this contact, scheduled far ahead; only the first has a workflow. */
export async function makeWaiting(
  api: TestApi,
  user: CrmUser,
  { to, count, changes = {} }: { to: string; count: number; changes?: Partial<MessageDoc> },
): Promise<Waiting> {
  const messages = api.collection<MessageDoc>('messages');
  const { id, contactId } = await user.send({ to, sendAt: inDays(30) });
  const source = await messages.findOne({ _id: new Types.ObjectId(id) });
  assert.ok(source !== null);
  if (Object.keys(changes).length > 0) await messages.updateOne({ _id: source._id }, { $set: changes });
  const copies = Array.from({ length: count - 1 }, () => ({
    ...source,
    ...changes,
    _id: new Types.ObjectId(),
  }));
  if (copies.length > 0) await messages.insertMany(copies);
  return { contactId, ids: [source._id, ...copies.map(({ _id }) => _id)] };
}

/** The number of these messages by status. */
export async function countStatuses(
  { collection }: TestApi,
  ids: readonly Types.ObjectId[],
): Promise<Readonly<Record<string, number>>> {
  const found = await collection<MessageDoc>('messages')
    .find({ _id: { $in: [...ids] } })
    .toArray();
  const counts: Record<string, number> = {};
  for (const { status } of found) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

export async function historyOf(user: CrmUser, contactId: string): Promise<ConsentHistoryView> {
  const { status, body } = await user.call<ConsentHistoryView>(`/api/contacts/${contactId}/consent`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** The contact with this phone number, or undefined. */
export async function contactOf(user: CrmUser, phone: string): Promise<ContactView | undefined> {
  const { body } = await user.call<{ items: ContactView[] }>(`/api/contacts?q=${encodeURIComponent(phone)}`);
  return body.items[0];
}
