import { createHmac } from 'node:crypto';
import { call, type Answer } from './http.ts';

/**
 * Bodies and signatures as Meta sends them, written independently so that the product is not tested against itself.
 */
export const signatureOf = (body: string | Uint8Array, secret: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

export interface MetaStatus {
  readonly id: string;
  readonly status: string;
  readonly timestamp?: string;
  readonly biz_opaque_callback_data?: string;
}

const now = (): string => String(Math.floor(Date.now() / 1_000));

export const changeOf = (phoneNumberId: string, value: object) => ({
  field: 'messages',
  value: {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550001000', phone_number_id: phoneNumberId },
    ...value,
  },
});

export const envelopeOf = (...changes: readonly object[]) => ({
  object: 'whatsapp_business_account',
  entry: changes.map((change) => ({ id: '100', changes: [change] })),
});

export const statusesOf = (phoneNumberId: string, statuses: readonly MetaStatus[]) =>
  envelopeOf(
    changeOf(phoneNumberId, { statuses: statuses.map((status) => ({ timestamp: now(), ...status })) }),
  );

export const textOf = (phoneNumberId: string, from: string, text: string, wamid: string) =>
  envelopeOf(
    changeOf(phoneNumberId, {
      contacts: [{ wa_id: from.replace('+', ''), profile: { name: 'Ana' } }],
      messages: [
        { id: wamid, from: from.replace('+', ''), timestamp: now(), type: 'text', text: { body: text } },
      ],
    }),
  );

/** Posts a body signed as Meta signs it. */
export const postSigned = (url: string, body: unknown, secret: string): Promise<Answer> => {
  const raw = typeof body === 'string' ? body : JSON.stringify(body);
  return call(url, {
    method: 'POST',
    raw,
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': signatureOf(raw, secret) },
  });
};
