/** The bodies that we send to Meta's Cloud API. Source: Meta's messages reference. Pure. */

import type { TemplateComponent } from './template-payload.ts';

export interface TemplatePayload {
  readonly name: string;
  readonly language: { readonly code: string };
  readonly components?: readonly TemplateComponent[];
}

export interface MessageBody {
  readonly messaging_product: 'whatsapp';
  readonly recipient_type: 'individual';
  /** E.164 with `+`: without it Meta prefixes the country code of the business. */
  readonly to: string;
  readonly type: 'template';
  readonly template: TemplatePayload;
  /** Echoed in every receipt of this message (≤ 512 characters): our key to find it again. */
  readonly biz_opaque_callback_data: string;
}

/** What a template message needs to leave. */
export interface TemplateSend {
  readonly messageId: string;
  readonly attempt: number;
  readonly to: string;
  readonly template: TemplatePayload;
}

export function buildTemplateBody(send: TemplateSend): MessageBody {
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: send.to,
    type: 'template',
    template: send.template,
    biz_opaque_callback_data: formatOpaque(send.messageId, send.attempt),
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
