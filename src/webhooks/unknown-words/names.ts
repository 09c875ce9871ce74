import { parseReceiptStatus } from '../../sending/messages/lifecycle.ts';
import { unknownWordsOf } from '../../whatsapp/account-reports.ts';
import type { WebhookItem } from '../../whatsapp/events.ts';
import { cutLeafName, type Leaf } from '../../whatsapp/leaves.ts';
import { withoutIndexes } from '../../whatsapp/leftovers.ts';
import { knownMessageTypes, type UnknownWord } from '../../whatsapp/known-words.ts';

/** The names of the provider in an item that the product does not know; none for most items. */
export function unknownWordsIn(item: WebhookItem): readonly UnknownWord[] {
  switch (item.kind) {
    case 'status':
      return [
        ...(parseReceiptStatus(item.word) === null ? [{ kind: 'status', word: item.word } as const] : []),
        ...keysIn('statuses', item.details?.more),
      ];
    case 'call':
      return keysIn('calls', item.more);
    case 'message':
      return knownMessageTypes.has(item.messageType)
        ? []
        : [{ kind: 'message-type', word: item.messageType }];
    case 'preference':
      return item.word === undefined ? [] : [{ kind: 'preference', word: item.word }];
    case 'report':
      return unknownWordsOf(item);
    default:
      return [];
  }
}

const keysIn = (list: string, more: readonly Leaf[] = []): readonly UnknownWord[] =>
  more
    .filter(({ name }) => name !== cutLeafName)
    .map(({ name }) => ({ kind: 'key', word: `${list}[].${withoutIndexes(name)}` }));

/**
 * Names of Meta look like this; a path has a mark for each list. Anything else may be content, which is neither logged nor
 * stored as a name.
 */
export const safeWord = (word: string): string => (/^[\w.[\]-]{1,64}$/.test(word) ? word : 'other');
