import type { FindLatestMessages, LatestMessage } from '../../inbox/conversations/latest.ts';
import { shownContent } from './content/shown/view.ts';
import { writtenTimeOf } from './rules.ts';
import type { MessageListItem, MessageRepository } from './store/repository.ts';
import { currentContent } from './versions.ts';

/** Characters, as a person counts them, of the text in a list of conversations. */
const maxPreviewLength = 160;

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** For lists of conversations: what each looks like from outside. */
export const createLatestMessages =
  (messages: Pick<MessageRepository, 'latestOf'>): FindLatestMessages =>
  async (scope, conversationIds) => {
    const found = await messages.latestOf(scope, conversationIds);
    return new Map(found.map((message) => [message.conversationId.toHexString(), toLatest(message)]));
  };

const toLatest = (message: MessageListItem): LatestMessage => ({
  id: message._id.toHexString(),
  direction: message.direction,
  senderType: message.senderType,
  messageType: message.messageType,
  status: message.status,
  text: beginningOf(shownContent(currentContent(message), message).text),
  timestamp: writtenTimeOf(message),
});

/** In one line, cut between whole characters. */
export function beginningOf(text: string | null): string | null {
  if (text === null) return null;
  const line = text
    .slice(0, maxPreviewLength * 8)
    .replaceAll(/\s+/g, ' ')
    .trim();
  let beginning = '';
  let length = 0;
  for (const { segment } of segments.segment(line)) {
    length += 1;
    if (length > maxPreviewLength) return `${beginning}…`;
    beginning += segment;
  }
  return beginning === '' ? null : beginning;
}
