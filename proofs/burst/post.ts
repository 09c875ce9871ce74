import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BurstItem } from './plan.ts';

export interface Outgoing {
  readonly wamid: string;
  readonly messageId: string;
}

export interface WebhookOptions {
  readonly url: string;
  readonly appSecret: string;
  readonly phoneNumberId: string;
  /** The beginning of the plan's time in epoch milliseconds. */
  readonly startMs: number;
  /** What is known of an outbound message, by its place in the plan. */
  readonly outgoing: (index: number) => Outgoing;
}

/** What a POST carries, as Meta writes it. */
export function toBody(items: readonly BurstItem[], options: WebhookOptions): string {
  const timestamp = (second: number) => String(options.startMs / 1_000 + second);
  const statuses = items.flatMap((item) => {
    if (item.kind !== 'status') return [];
    const { wamid, messageId } = options.outgoing(item.outbound.index);
    const { word, second } = item.fact;
    return {
      id: wamid,
      status: word,
      timestamp: timestamp(second),
      recipient_id: '4915112345601',
      // Meta echoes it; a message that was sent before there was such a thing is found by the provider's id.
      ...(item.outbound.index % 2 === 0 ? { biz_opaque_callback_data: `${messageId}:1` } : {}),
      ...(word === 'failed'
        ? { errors: [{ code: 131_026, title: 'Message undeliverable', error_data: { details: '' } }] }
        : {}),
    };
  });
  const inbound = items.flatMap((item) => (item.kind === 'message' ? item.inbound : []));
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550001000', phone_number_id: options.phoneNumberId },
    ...(statuses.length === 0 ? {} : { statuses }),
    ...(inbound.length === 0
      ? {}
      : {
          contacts: inbound.map(({ from }) => ({ wa_id: from, profile: { name: `Contact ${from}` } })),
          messages: inbound.map(({ wamid, from, second }) => ({
            id: wamid,
            from,
            timestamp: timestamp(second),
            type: 'text',
            text: { body: 'Hello' },
          })),
        }),
  };
  return JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '100', changes: [{ field: 'messages', value }] }],
  });
}

const parallel = 50;
const pauseMs = 200;
const giveUpAfterMs = 120_000;

/** Posts all of them, fifty at a time; as Meta does, whatever is not answered with 200 is posted again. */
export async function postAll(
  posts: readonly (readonly BurstItem[])[],
  options: WebhookOptions,
): Promise<{ readonly repeats: number }> {
  let repeats = 0;
  const post = async (body: string) => {
    const signature = createHmac('sha256', options.appSecret).update(body).digest('hex');
    const deadline = Date.now() + giveUpAfterMs;
    for (;;) {
      const status = await fetch(options.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
        body,
        signal: AbortSignal.timeout(15_000),
      }).then(
        async (response) => (await response.arrayBuffer(), response.status),
        () => null,
      );
      if (status === 200) return;
      if (status !== null && status < 500 && status !== 429)
        throw new Error(`a webhook was refused: ${status}`);
      if (Date.now() > deadline) throw new Error('a webhook was not taken in time');
      repeats += 1;
      await sleep(pauseMs);
    }
  };
  const waiting = posts.values();
  const postInTurn = async () => {
    for (const items of waiting) await post(toBody(items, options));
  };
  await Promise.all(Array.from({ length: parallel }, postInTurn));
  return { repeats };
}
