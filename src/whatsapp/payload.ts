/** The bodies of requests to Meta's Cloud API. Source: Meta's messages reference. Pure. */

import type { FreeFormPayload } from './free-form.ts';
import type { TemplateComponent } from './template-payload.ts';

export interface TemplatePayload {
  readonly name: string;
  readonly language: { readonly code: string };
  readonly components?: readonly TemplateComponent[];
}

/** The content of a message: a template, or one of the free-form types. */
export type MessagePayload =
  | { readonly type: 'template'; readonly template: TemplatePayload }
  | FreeFormPayload;

/** The recipient of a message. */
export type Address =
  /** E.164 with `+`: without it Meta prefixes the country code of the business. */
  | { readonly to: string }
  /** A business-scoped user id, for a person with an unknown number. Sign-in codes require a number. */
  | { readonly recipient: string };

interface Envelope {
  readonly messaging_product: 'whatsapp';
  readonly recipient_type: 'individual';
  /** The provider's id of the message to quote. */
  readonly context?: { readonly message_id: string };
  /** At most 512 characters, echoed in every receipt; identifies the message. */
  readonly biz_opaque_callback_data: string;
}

export type MessageBody = Envelope & Address & MessagePayload;

export interface MessageSend {
  readonly messageId: string;
  readonly attempt: number;
  readonly address: Address;
  readonly payload: MessagePayload;
  /** The provider's id of the message to quote. */
  readonly contextMessageId?: string | undefined;
}

export function buildMessageBody(send: MessageSend): MessageBody {
  const { messageId, attempt, address, payload, contextMessageId } = send;
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    ...address,
    ...(contextMessageId === undefined ? {} : { context: { message_id: contextMessageId } }),
    ...payload,
    biz_opaque_callback_data: formatOpaque(messageId, attempt),
  };
}

export const formatOpaque = (messageId: string, attempt: number): string => `${messageId}:${attempt}`;

/** The message id and attempt in `biz_opaque_callback_data`; null if it is not ours. */
export function parseOpaque(opaque: string): { messageId: string; attempt: number } | null {
  const match = /^([0-9a-f]{24}):(\d{1,6})$/.exec(opaque);
  return match?.[1] === undefined ? null : { messageId: match[1], attempt: Number(match[2]) };
}

/** Masks possible phone numbers in a provider's free text, which is stored in logs and workflow histories. */
export const maskDigits = (text: string): string =>
  text.replace(/\d{7,}/g, (digits) => `…${digits.slice(-2)}`);

/** Longer than any text of Meta's errors. */
const maxErrorText = 1_024;

/** The text of a provider's error as it is stored: without phone numbers, and bounded. */
export const errorText = (text: string): string =>
  maskDigits(text.slice(0, 2 * maxErrorText)).slice(0, maxErrorText);
