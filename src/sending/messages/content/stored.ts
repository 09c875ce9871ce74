import type { MessageContent } from '../store/content.ts';
import { payloadOf } from './payload.ts';
import type { Content } from './schemas.ts';
import { readableText } from './text.ts';

/** What a message stores of a content. A reaction is stored by its target's id at the provider. */
export function freeFormContent(content: Exclude<Content, { type: 'reaction' }>): MessageContent {
  const text = readableText(content);
  return { ...(text === null ? {} : { text }), payload: payloadOf(content) };
}
