/** The bodies that we send to Meta's Cloud API. Source: Meta's messages reference. Pure. */

import type { FreeFormPayload } from './free-form.ts';
import type { TemplateComponent } from './template-payload.ts';

export interface TemplatePayload {
  readonly name: string;
  readonly language: { readonly code: string };
  readonly components?: readonly TemplateComponent[];
}

/** What a message says: a template, or one of the free-form kinds. */
export type MessagePayload =
  | { readonly type: 'template'; readonly template: TemplatePayload }
  | FreeFormPayload;

/** Whom a message is for. */
export type Address =
  /** E.164 with `+`: without it Meta prefixes the country code of the business. */
  | { readonly to: string }
  /** A business-scoped user id, for a person whose number is not known. Sign-in codes need a number. */
  | { readonly recipient: string };

interface Envelope {
  readonly messaging_product: 'whatsapp';
  readonly recipient_type: 'individual';
  /** The message that is replied to, by the provider's id: shown quoted above this one. */
  readonly context?: { readonly message_id: string };
  /** Echoed in every receipt of this message (≤ 512 characters): our key to find it again. */
  readonly biz_opaque_callback_data: string;
}

export type MessageBody = Envelope & Address & MessagePayload;

/** What a message needs to leave. */
export interface MessageSend {
  readonly messageId: string;
  readonly attempt: number;
  readonly address: Address;
  readonly payload: MessagePayload;
  /** The provider's id of the message that is replied to. */
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

/** The message id in `biz_opaque_callback_data`, or null when it is not of our making. */
export function parseOpaque(opaque: string): { messageId: string; attempt: number } | null {
  const match = /^([0-9a-f]{24}):(\d{1,6})$/.exec(opaque);
  return match?.[1] === undefined ? null : { messageId: match[1], attempt: Number(match[2]) };
}

/** Hides what may be a phone number in a provider's free text: it ends in logs and workflow histories. */
export const maskDigits = (text: string): string =>
  text.replace(/\d{7,}/g, (digits) => `…${digits.slice(-2)}`);
