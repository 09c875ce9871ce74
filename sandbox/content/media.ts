/** Media by id or link, also within other messages. Pure. */
import { scalarText, type JsonRecord } from '../json.ts';
import { checkText, missing, optionalText, wrong, type CheckResult } from './checks.ts';

export const MEDIA_TYPES = ['image', 'audio', 'video', 'document', 'sticker'] as const;

const MAX_SOURCE = 2048;
const MAX_CAPTION = 1024;
const MAX_FILENAME = 240;
const WITH_CAPTION = new Set(['image', 'video', 'document']);

/** Only the source, as in headers and template parameters. */
export function checkMediaSource(media: JsonRecord, path: string): CheckResult {
  const { id, link } = media;
  if (id === undefined && link === undefined) return missing(`${path}.id`);
  if (id !== undefined && link !== undefined) return wrong(path, 'give either id or link, not both');
  if (id !== undefined) return checkText(id, `${path}.id`, MAX_SOURCE);
  const found = checkText(link, `${path}.link`, MAX_SOURCE);
  if (found !== null) return found;
  return /^https?:\/\/\S+$/i.test(scalarText(link)) ? null : wrong(`${path}.link`, 'it must be a URL');
}

export function checkMedia(type: string, media: JsonRecord): CheckResult {
  const { caption, filename, voice } = media;
  const found = checkMediaSource(media, type);
  if (found !== null) return found;
  if (caption !== undefined && !WITH_CAPTION.has(type)) return wrong(`${type}.caption`, `${type} takes none`);
  if (filename !== undefined && type !== 'document') return wrong(`${type}.filename`, `${type} takes none`);
  if (voice !== undefined && (type !== 'audio' || typeof voice !== 'boolean')) {
    return wrong(`${type}.voice`, 'it must be a boolean of audio');
  }
  return (
    optionalText(caption, `${type}.caption`, MAX_CAPTION) ??
    optionalText(filename, `${type}.filename`, MAX_FILENAME)
  );
}
