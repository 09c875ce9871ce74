import type { TemplatePreview, TemplateVariables } from '../../../templates/rules.ts';
import type { FreeFormPayload } from '../../../whatsapp/free-form.ts';
import type { ShownInbound } from '../../../whatsapp/inbound-content.ts';
import type { TemplatePayload } from '../../../whatsapp/payload.ts';

/** What a stored message says. Types only. */

/** A voice call. */
export interface CallContent {
  readonly direction: 'inbound' | 'outbound';
  /** Set when the call has ended. */
  readonly outcome?: 'completed' | 'missed' | 'unanswered';
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  readonly durationSeconds?: number;
}

/** An event that WhatsApp tells in a thread. */
export interface EventContent {
  /** The provider's word: `group_participants_add`. */
  readonly word: string;
  readonly details: readonly { readonly name: string; readonly value: string }[];
}

/** How a template was filled: to show it, and to fill it again right before the call. */
export interface TemplateFilling {
  readonly variables: TemplateVariables;
  readonly shown: TemplatePreview;
}

/** What a message says. The fields of `ShownInbound`, except `text`, are those of inbound messages. */
export interface MessageContent extends ShownInbound {
  readonly call?: CallContent;
  readonly event?: EventContent;
  /** The text that the recipient reads. */
  readonly text?: string;
  readonly template?: TemplatePayload;
  /** Of `template`; missing in messages that earlier versions stored. */
  readonly filling?: TemplateFilling;
  /** Our file that the message sends; `payload` has this id in place of the provider's until the call. */
  readonly fileId?: string;
  /** The provider's object of a free-form message; an outbound message has either this or `template`. */
  readonly payload?: FreeFormPayload;
  /** The provider's object of an inbound message stored by an earlier version; see `sources/`. */
  readonly raw?: Readonly<Record<string, unknown>>;
}

/** A change that its author made to a message after sending it. */
export interface MessageChange {
  /** The provider's id of the change. */
  readonly key: string;
  readonly kind: 'edit' | 'revoke';
  readonly at: Date;
  /** The message as edited; missing if the provider does not tell it. */
  readonly content?: MessageContent;
}

/** What the sender showed of themselves when they wrote. */
export interface SenderProfile {
  readonly name?: string;
  readonly username?: string;
}
