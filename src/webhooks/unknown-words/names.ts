import { parseReceiptStatus } from '../../sending/messages/lifecycle.ts';
import { unknownWordOf } from '../../whatsapp/account-reports.ts';
import type { WebhookItem } from '../../whatsapp/events.ts';
import { knownMessageTypes, type UnknownWord } from '../../whatsapp/known-words.ts';

/** The name of the provider in an item that the product does not know; null if it knows all of them. */
export function unknownWordIn(item: WebhookItem): UnknownWord | null {
  switch (item.kind) {
    case 'status':
      return parseReceiptStatus(item.word) === null ? { kind: 'status', word: item.word } : null;
    case 'message':
      return knownMessageTypes.has(item.messageType)
        ? null
        : { kind: 'message-type', word: item.messageType };
    case 'preference':
      return item.word === undefined ? null : { kind: 'preference', word: item.word };
    case 'report':
      return unknownWordOf(item);
    default:
      return null;
  }
}

/** Names of Meta look like this. Anything else may be content, which is neither logged nor stored as a name. */
export const safeWord = (word: string): string => (/^[\w.-]{1,64}$/.test(word) ? word : 'other');
