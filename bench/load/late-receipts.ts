import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { postClosedLoop } from './webhook-load.ts';
import { receiptBody, toRequest, type ReceiptFields } from './webhooks.ts';

type Messages = mongoose.mongo.Collection;
type Word = ReceiptFields['word'];

export interface ReceiptTarget {
  readonly apiUrl: string;
  readonly appSecret: string;
  readonly phoneNumberId: string;
}

const pollMs = 100;
/** After this time without progress the receipts count as lost. */
const stallMs = 60_000;

const idsOf = (messageIds: readonly string[]) => ({
  _id: { $in: messageIds.map((id) => mongoose.Types.ObjectId.createFromHexString(id)) },
});

/** One receipt per message, each in its own webhook, signed like the provider's. */
export async function prepareReceipts(
  messages: Messages,
  messageIds: readonly string[],
  { word, target }: { word: Word; target: ReceiptTarget },
): Promise<Buffer[]> {
  const found = await messages.find(idsOf(messageIds)).project({ providerMessageId: 1 }).toArray();
  const timestampSeconds = Math.floor(Date.now() / 1_000);
  return found.map(({ _id, providerMessageId }) =>
    toRequest(
      receiptBody({
        wamid: String(providerMessageId),
        word,
        timestampSeconds,
        opaque: `${String(_id)}:1`,
        phoneNumberId: target.phoneNumberId,
      }),
      { path: '/webhook/incoming', appSecret: target.appSecret },
    ),
  );
}

export async function postReceipts({ apiUrl }: ReceiptTarget, requests: readonly Buffer[]): Promise<void> {
  await postClosedLoop(apiUrl, requests);
}

/** Resolves when all of these messages have the status; throws if progress stops. */
export async function waitForStatus(
  messages: Messages,
  messageIds: readonly string[],
  status: string,
): Promise<void> {
  let best = -1;
  let progressAt = performance.now();
  for (;;) {
    const count = await messages.countDocuments({ ...idsOf(messageIds), status });
    if (count === messageIds.length) return;
    if (count > best) [best, progressAt] = [count, performance.now()];
    if (performance.now() - progressAt > stallMs)
      throw new Error(
        `${messageIds.length - count} of ${messageIds.length} messages did not reach ${status}`,
      );
    await sleep(pollMs);
  }
}

/** The number of messages that have the status exactly once in their history. */
export async function countWithReceipt(
  messages: Messages,
  messageIds: readonly string[],
  word: Word,
): Promise<number> {
  const found = await messages.find(idsOf(messageIds)).project({ 'statusHistory.status': 1 }).toArray();
  return found.filter((message) => {
    const history = message['statusHistory'] as readonly { readonly status: string }[];
    return history.filter(({ status }) => status === word).length === 1;
  }).length;
}
