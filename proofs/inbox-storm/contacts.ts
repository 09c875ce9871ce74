import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inParallel } from '../shared/in-parallel.ts';
import { postWebhook } from '../shared/post-webhook.ts';
import type { PostedMessage } from './facts.ts';
import type { PlannedMessage, StormPlan } from './plan.ts';

export interface ContactsTarget {
  readonly apiUrls: readonly string[];
  readonly sandboxUrl: string;
  readonly appSecret: string;
  readonly phoneNumberId: string;
}

/** The provider's ids of the files, by the message. */
type FileIds = ReadonlyMap<string, string>;

const mimeType = 'application/pdf';
const uploadsAtOnce = 8;
const postsAtOnce = 16;

/** Gives the provider the files that contacts will send. */
export async function uploadFiles(
  { messages }: StormPlan,
  { sandboxUrl, phoneNumberId }: ContactsTarget,
): Promise<FileIds> {
  const ids = new Map<string, string>();
  await inParallel(messages, uploadsAtOnce, async ({ wamid, file }) => {
    if (file === null) return;
    const body = new FormData();
    body.set('messaging_product', 'whatsapp');
    body.set('file', new Blob([file.content], { type: mimeType }), file.name);
    const response = await fetch(`${sandboxUrl}/v23.0/${phoneNumberId}/media`, {
      method: 'POST',
      headers: { authorization: 'Bearer storm' },
      body,
    });
    const { id } = (await response.json()) as { id?: string };
    if (id === undefined) throw new Error(`the sandbox takes no file: ${response.status}`);
    ids.set(wamid, id);
  });
  return ids;
}

export interface Posting {
  /** Messages whose webhook was answered with 200. */
  readonly accepted: readonly PostedMessage[];
  readonly posts: number;
  readonly repeats: number;
}

/** Posts the webhooks of the plan, each at its time, to the APIs in turn. */
export async function postPlan(
  plan: StormPlan,
  target: ContactsTarget,
  { fileIds, startMs }: { readonly fileIds: FileIds; readonly startMs: number },
): Promise<Posting> {
  const accepted = new Map<string, PostedMessage>();
  const urls = target.apiUrls.map((url) => `${url}/webhook/incoming`);
  let repeats = 0;
  await inParallel(plan.posts.entries(), postsAtOnce, async ([index, { afterMs, messages }]) => {
    await sleep(Math.max(0, startMs + afterMs - Date.now()));
    const body = bodyOf(messages, { fileIds, startMs, phoneNumberId: target.phoneNumberId });
    const inTurn = index % 2 === 0 ? urls : urls.toReversed();
    repeats += (await postWebhook(body, { urls: inTurn, appSecret: target.appSecret })).repeats;
    for (const message of messages) accepted.set(message.wamid, toPosted(message));
  });
  return { accepted: [...accepted.values()], posts: plan.posts.length, repeats };
}

const toPosted = ({ wamid, from, isFromAd, file }: PlannedMessage): PostedMessage => ({
  ...{ wamid, from, isFromAd },
  sha256: file === null ? null : digestOf(file.content).toString('hex'),
});

const digestOf = (content: string): Buffer => createHash('sha256').update(content).digest();

interface Writing {
  readonly fileIds: FileIds;
  readonly startMs: number;
  readonly phoneNumberId: string;
}

/** The body of a webhook as Meta writes it. */
function bodyOf(messages: readonly PlannedMessage[], writing: Writing): string {
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550001000', phone_number_id: writing.phoneNumberId },
    contacts: messages.map(({ from }) => ({ wa_id: from, profile: { name: `Contact ${from}` } })),
    messages: messages.map((message) => messageOf(message, writing)),
  };
  return JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '100', changes: [{ field: 'messages', value }] }],
  });
}

const referral = {
  ...{ source_url: 'https://fb.example/ads/1', source_id: '120200000000000001', source_type: 'ad' },
  ...{ headline: 'Winter sale', body: 'Up to 40 % off', ctwa_clid: 'storm' },
};

function messageOf(
  { wamid, from, postedAfterMs, lagMs, isFromAd, file }: PlannedMessage,
  { fileIds, startMs }: Writing,
): object {
  const content =
    file === null
      ? { type: 'text', text: { body: 'Where is my order?' } }
      : {
          type: 'document',
          document: {
            ...{ id: fileIds.get(wamid), mime_type: mimeType, filename: file.name },
            sha256: digestOf(file.content).toString('base64'),
          },
        };
  return {
    ...{ id: wamid, from, timestamp: String(Math.floor((startMs + postedAfterMs - lagMs) / 1_000)) },
    ...content,
    ...(isFromAd ? { referral } : {}),
  };
}
