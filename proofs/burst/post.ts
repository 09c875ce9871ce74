import { inParallel } from '../shared/in-parallel.ts';
import { postWebhook } from '../shared/post-webhook.ts';
import type { BurstItem } from './plan.ts';

export interface Outgoing {
  readonly wamid: string;
  readonly messageId: string;
  /** The digits of the recipient's number. */
  readonly to: string;
}

export interface WebhookOptions {
  readonly url: string;
  readonly appSecret: string;
  readonly phoneNumberId: string;
  /** The start of the plan's time in epoch milliseconds. */
  readonly startMs: number;
  /** What is known of an outbound message, by its place in the plan. */
  readonly outgoing: (index: number) => Outgoing;
}

/** The body of a POST as Meta writes it. */
function toBody(items: readonly BurstItem[], options: WebhookOptions): string {
  const timestamp = (second: number) => String(options.startMs / 1_000 + second);
  const statuses = items.flatMap((item) => {
    if (item.kind !== 'status') return [];
    const { wamid, messageId, to } = options.outgoing(item.outbound.index);
    const { status, second } = item.fact;
    return {
      id: wamid,
      status,
      timestamp: timestamp(second),
      recipient_id: to,
      // Meta echoes it; a message without it is found by the provider's id.
      ...(item.outbound.index % 2 === 0 ? { biz_opaque_callback_data: `${messageId}:1` } : {}),
      ...(status === 'failed'
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

const concurrency = 50;

/** Posts all of them, fifty at a time, as Meta does: each again until it is answered with 200. */
export async function postAll(
  posts: readonly (readonly BurstItem[])[],
  options: WebhookOptions,
): Promise<{ readonly repeats: number }> {
  let repeats = 0;
  await inParallel(posts, concurrency, async (items) => {
    const { url, appSecret } = options;
    const { repeats: more } = await postWebhook(toBody(items, options), { urls: [url], appSecret });
    repeats += more;
  });
  return { repeats };
}
