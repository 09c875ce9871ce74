/** Media in the Graph API: upload, show, download, delete. Kept in memory, up to a total size. */
import { createHash } from 'node:crypto';
import type { HttpAnswer } from './graph-api.ts';
import { refuse } from './graph-errors.ts';
import { createMediaId } from './identifiers.ts';
import type { MediaFault } from './settings.ts';

interface StoredMedia {
  readonly id: string;
  readonly mimeType: string;
  readonly sha256: string;
  readonly bytes: Buffer;
}

/** The form of an upload. */
export interface MediaForm {
  readonly product: string | null;
  readonly type: string | null;
  readonly file: { readonly mimeType: string; readonly bytes: Buffer } | null;
}

/** How the download of the file with this id goes wrong. */
type FaultOf = (id: string) => MediaFault | undefined;

export interface MediaStore {
  upload(form: MediaForm): HttpAnswer;
  /** Whether this is, or was, the id of media. */
  knows(id: string): boolean;
  /** Stores media of a contact under the given id. */
  keep(id: string, mimeType: string, bytes: Buffer): void;
  /** A temporary download address; null if the media does not exist. */
  link(id: string, origin: string): string | null;
  show(id: string, origin: string): HttpAnswer;
  download(query: URLSearchParams, faultOf?: FaultOf): HttpAnswer;
  remove(id: string): HttpAnswer;
}

export const DOWNLOAD_PATH = '/whatsapp_business/attachments/';

const KIB = 1 << 10;
const MIB = 1 << 20;
const MAX_TOTAL_BYTES = 256 * MIB;
const URL_LIFE_MS = 300_000;

const OFFICE = 'application/vnd.openxmlformats-officedocument';
const LIMIT_BYTES: ReadonlyMap<string, number> = new Map([
  ...['image/jpeg', 'image/png'].map((type): [string, number] => [type, 5 * MIB]),
  ...['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg'].map((type): [string, number] => [
    type,
    16 * MIB,
  ]),
  ...['video/mp4', 'video/3gpp'].map((type): [string, number] => [type, 16 * MIB]),
  ['image/webp', 500 * KIB],
  ...[
    'text/plain',
    'application/pdf',
    'application/msword',
    'application/vnd.ms-excel',
    'application/vnd.ms-powerpoint',
    `${OFFICE}.wordprocessingml.document`,
    `${OFFICE}.spreadsheetml.sheet`,
    `${OFFICE}.presentationml.presentation`,
  ].map((type): [string, number] => [type, 100 * MIB]),
]);
const STATIC_STICKER_BYTES = 100 * KIB;

const isAnimated = (bytes: Buffer): boolean => bytes.subarray(0, 64).includes('ANIM');

function limitOf(mimeType: string, bytes: Buffer): number | null {
  if (mimeType === 'image/webp' && !isAnimated(bytes)) return STATIC_STICKER_BYTES;
  return LIMIT_BYTES.get(mimeType) ?? null;
}

/** Null if Meta would accept the file. */
function problemOf(mimeType: string, bytes: Buffer): string | null {
  const bare = (mimeType.split(';')[0] ?? '').trim().toLowerCase();
  if (bare === 'audio/ogg' && /codecs=(?!"?opus)/i.test(mimeType))
    return 'audio/ogg must be encoded with opus.';
  const limit = limitOf(bare, bytes);
  if (limit === null) return `The type ${bare} is not one of ${[...LIMIT_BYTES.keys()].join(', ')}.`;
  if (bytes.length === 0) return 'The file is empty.';
  return bytes.length > limit ? `A file of type ${bare} must be at most ${limit} bytes long.` : null;
}

const missing = (id: string): HttpAnswer =>
  refuse(100, { subcode: 33, details: `There is no media with the id ${id}.` });

const secretOf = (media: StoredMedia, expiry: string): string =>
  createHash('sha256').update(`${media.id} ${expiry} ${media.sha256}`).digest('base64url');

function downloadOf({ bytes, mimeType }: StoredMedia, fault: MediaFault | undefined): HttpAnswer {
  const headers = { 'content-type': mimeType };
  switch (fault) {
    case 'missing':
      return { status: 404, body: 'Not found' };
    case 'error':
      return { status: 500, body: 'Internal error' };
    case 'wrong-bytes':
      return { status: 200, body: Buffer.concat([bytes.subarray(1), Buffer.from('?')]), headers };
    case 'cut': {
      const whole = { ...headers, 'content-length': String(bytes.length), connection: 'close' };
      return { status: 200, body: bytes.subarray(0, Math.floor(bytes.length / 2)), headers: whole };
    }
    case undefined:
      return { status: 200, body: bytes, headers };
  }
}

/** Files by id; drops the oldest to make room for new ones. */
function createFileStore() {
  const stored = new Map<string, StoredMedia>();
  const known = new Set<string>();
  let total = 0;

  function forget(id: string): void {
    total -= stored.get(id)?.bytes.length ?? 0;
    stored.delete(id);
  }

  return {
    forget,
    knows: (id: string): boolean => known.has(id),
    get: (id: string): StoredMedia | undefined => stored.get(id),
    keep(id: string, mimeType: string, bytes: Buffer): void {
      forget(id);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      known.add(id);
      stored.set(id, { id, mimeType, sha256, bytes });
      total += bytes.length;
      for (const oldest of stored.keys()) {
        if (total <= MAX_TOTAL_BYTES) break;
        forget(oldest);
      }
    },
  };
}

export function createMediaStore(): MediaStore {
  const files = createFileStore();
  let count = 0;

  function link(id: string, origin: string): string | null {
    const media = files.get(id);
    if (media === undefined) return null;
    const expiry = String(Date.now() + URL_LIFE_MS);
    const query = new URLSearchParams({ mid: id, ext: expiry, hash: secretOf(media, expiry) });
    return `${origin}${DOWNLOAD_PATH}?${query.toString()}`;
  }

  return {
    keep: files.keep,
    link,
    knows: files.knows,
    upload({ product, type, file }) {
      if (product !== 'whatsapp') {
        return refuse(100, {
          details: "The parameter messaging_product is required and must be 'whatsapp'.",
        });
      }
      if (file === null) return refuse(100, { details: 'The parameter file is required.' });
      // Some clients give only the kind (`image`), where Meta's reference requires the MIME type.
      const mimeType = type?.includes('/') === true ? type : file.mimeType;
      const problem = problemOf(mimeType, file.bytes);
      if (problem !== null) return refuse(131053, { details: problem });
      count += 1;
      const id = createMediaId(`${Date.now()} ${count}`);
      files.keep(id, mimeType, file.bytes);
      return { status: 200, body: { id } };
    },
    show(id, origin) {
      const media = files.get(id);
      if (media === undefined) return missing(id);
      return {
        status: 200,
        body: {
          messaging_product: 'whatsapp',
          url: link(id, origin),
          mime_type: media.mimeType,
          sha256: media.sha256,
          file_size: media.bytes.length,
          id,
        },
      };
    },
    download(query, faultOf = () => undefined) {
      const media = files.get(query.get('mid') ?? '');
      const expiry = query.get('ext') ?? '';
      const isValid = media !== undefined && query.get('hash') === secretOf(media, expiry);
      if (!isValid || Number(expiry) < Date.now()) return { status: 404, body: 'Not found' };
      return downloadOf(media, faultOf(media.id));
    },
    remove(id) {
      if (files.get(id) === undefined) return missing(id);
      files.forget(id);
      return { status: 200, body: { success: true } };
    },
  };
}

const bytesOf = async (part: Blob): Promise<Buffer> => Buffer.from(await part.arrayBuffer());

/** Reads a multipart body; null if it is not one. */
export async function readMediaForm(contentType: string, bytes: Buffer): Promise<MediaForm | null> {
  try {
    const response = new Response(bytes, { headers: { 'content-type': contentType } });
    const form = await response.formData();
    const text = (name: string): string | null => {
      const value = form.get(name);
      return typeof value === 'string' ? value : null;
    };
    const file = form.get('file');
    const isFile = file !== null && typeof file !== 'string';
    return {
      product: text('messaging_product'),
      type: text('type'),
      file: isFile ? { mimeType: file.type, bytes: await bytesOf(file) } : null,
    };
  } catch {
    return null;
  }
}
