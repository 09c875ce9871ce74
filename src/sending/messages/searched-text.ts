import type { MessageContent, MessageDoc } from './store/model.ts';
import { currentContent } from './versions.ts';

/** Text, caption and name of the file: what people read of a message, a part in each line. */
export function textOfContent({ text, media, reply, order, payload }: MessageContent): string {
  const filename = payload?.type === 'document' ? payload.document.filename : undefined;
  const parts = [text, media?.caption, reply?.title, order?.note, media?.filename, filename];
  return [...new Set(parts.filter((part) => part !== undefined))].join('\n');
}

type Said = Pick<MessageDoc, 'content' | 'changes' | 'revokedAt'>;

/** What a message says now, as far as it is searched; empty if it was revoked. */
export const searchedText = (message: Said): string => textOfContent(currentContent(message));
