import type { ByteRange } from '../../storage/storage.ts';

/** How a file is answered. Pure. */

/**
 * The part that a `Range` header names; null for the whole file. Several parts, other units and parts beyond the end get
 * the whole file, which RFC 9110 permits.
 */
export function parseRange(header: string | undefined, bytes: number): ByteRange | null {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(bytes - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  const isEmpty = start > end || (first === '' && Number(last) === 0);
  return isEmpty ? null : { start, end };
}

/** Whether `If-None-Match` or `If-Range` names this ETag. */
export const namesETag = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);

const maxNameLength = 200;

/** A header that makes browsers save the file (RFC 6266), with a name that no system reads as a path. */
export function contentDisposition(filename: string): string {
  const clean =
    Array.from(filename.normalize('NFC').replaceAll(/[\p{Cc}\p{Cf}\p{Surrogate}/\\:*?"<>|]/gu, '_'))
      .slice(-maxNameLength)
      .join('')
      .replace(/^[\s.]+/, '') || 'file';
  const ascii = clean.replaceAll(/[^\x20-\x7e]|%/g, '_');
  const encoded = encodeURIComponent(clean).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
