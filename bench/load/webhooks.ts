import { createHmac } from 'node:crypto';
import { createRandom } from '../../proofs/shared/random.ts';

export interface SignedWebhooks {
  /** In posting order, with repetitions. */
  readonly bodies: readonly string[];
  /** Each body as the bytes of a whole HTTP request. */
  readonly requests: readonly Buffer[];
}

const seed = 20_261_123;
const duplicateShare = 0.1;
const reorderShare = 0.05;
const words = ['sent', 'delivered', 'read'] as const;

/**
 * Status webhooks of one number as Meta sends them, one status each: a tenth repeat an earlier one, and one in twenty
 * is swapped with the next. `run` distinguishes them from those of other runs.
 */
export function makeWebhooks(
  count: number,
  run: string,
  target: { path: string; appSecret: string },
): SignedWebhooks {
  const random = createRandom(seed);
  const bodies: string[] = [];
  for (let index = 0; bodies.length < count;) {
    const earlier = bodies[Math.floor(random() * bodies.length)];
    if (earlier !== undefined && random() < duplicateShare) {
      bodies.push(earlier);
      continue;
    }
    bodies.push(statusBody(run, index));
    index += 1;
  }
  for (let index = 0; index + 1 < bodies.length; index += 1) {
    const [here = '', next = ''] = bodies.slice(index, index + 2);
    if (random() < reorderShare) bodies.splice(index, 2, next, here);
  }
  return { bodies, requests: bodies.map((body) => toRequest(body, target)) };
}

function statusBody(run: string, index: number): string {
  const message = Math.floor(index / words.length);
  return receiptBody({
    wamid: `wamid.${Buffer.from(`${run}:${message}`).toString('base64')}`,
    word: words[index % words.length] ?? 'sent',
    timestampSeconds: 1_795_000_000 + index,
    opaque: `${message.toString(16).padStart(24, '0')}:1`,
    phoneNumberId: '106540352242922',
  });
}

/** The fields that differ between receipts. */
export interface ReceiptFields {
  readonly wamid: string;
  readonly word: (typeof words)[number];
  readonly timestampSeconds: number;
  readonly opaque: string;
  readonly phoneNumberId: string;
}

/** The body of a status webhook with one status, as Meta sends it. */
export function receiptBody({ wamid, word, timestampSeconds, opaque, phoneNumberId }: ReceiptFields): string {
  const status = {
    id: wamid,
    status: word,
    timestamp: String(timestampSeconds),
    recipient_id: '491511000001',
    biz_opaque_callback_data: opaque,
    conversation: { id: 'c0ffee', origin: { type: 'utility' } },
    pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category: 'utility' },
  };
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550001111', phone_number_id: phoneNumberId },
    contacts: [{ wa_id: '491511000001' }],
    statuses: [status],
  };
  const entry = [{ id: '102290129340398', changes: [{ value, field: 'messages' }] }];
  return JSON.stringify({ object: 'whatsapp_business_account', entry });
}

/** A signed webhook as the bytes of a whole HTTP request. */
export function toRequest(body: string, { path, appSecret }: { path: string; appSecret: string }): Buffer {
  const signature = createHmac('sha256', appSecret).update(body).digest('hex');
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nUser-Agent: facebookexternalua\r\n` +
      `X-Hub-Signature-256: sha256=${signature}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
