import type { MessageContent } from '../store/content.ts';
import { payloadOf } from './payload.ts';
import type { Content } from './schemas.ts';
import { readableText } from './text.ts';

/** Ids of ours; those of the provider are shorter, or have other characters. */
const ownId = /^[0-9a-f]{24}$/;

/** The id of our file that a content sends; undefined for a file at the provider, a link, or no file. */
export function fileIdOf(content: Content): string | undefined {
  if (!('mediaId' in content) || content.mediaId === undefined) return undefined;
  return ownId.test(content.mediaId) ? content.mediaId : undefined;
}

/** What a message stores of a content. A reaction is stored by its target's id at the provider. */
export function freeFormContent(content: Exclude<Content, { type: 'reaction' }>): MessageContent {
  const text = readableText(content);
  const fileId = fileIdOf(content);
  return {
    ...(text === null ? {} : { text }),
    ...(fileId === undefined ? {} : { fileId }),
    payload: payloadOf(content),
  };
}
