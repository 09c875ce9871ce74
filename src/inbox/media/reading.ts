import type { Types } from 'mongoose';
import type { ServedFile } from '../../http/files.ts';
import { AppError, notFound, wrongState } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { keyOf } from '../../storage/rules.ts';
import { FileMissing, type FileStorage } from '../../storage/storage.ts';
import { kindRuleOf, servedTypeOf } from './kinds.ts';
import type { MediaFileDoc, MediaRepository } from './repository.ts';
import { thumbnailKeyOf } from './rules.ts';
import { contentDisposition, namesETag, parseRange } from './serving.ts';

export type FileVariant = 'file' | 'thumbnail';

interface ReadingDeps {
  readonly files: Pick<MediaRepository, 'findById'>;
  readonly storage: Pick<FileStorage, 'open'>;
}

/** The headers of the request that choose what is answered. */
export interface Conditions {
  header(name: string): string | undefined;
}

export interface FileReply {
  readonly status: 200 | 206 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly file?: ServedFile;
}

/** What is served of a file. */
interface Served {
  readonly key: string;
  readonly etag: string;
  readonly bytes: number;
  readonly contentType: string;
  readonly filename: string;
}

export type FileReading = ReturnType<typeof createFileReading>;

/** Nothing in the file runs, whatever a browser takes it for. */
const safeHeaders = {
  'Content-Security-Policy': "default-src 'none'; sandbox",
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'cross-origin',
} as const;

export function createFileReading({ files, storage }: ReadingDeps) {
  async function open(served: Served, status: 200 | 206, part?: { start: number; end: number }) {
    try {
      const stream = await storage.open(served.key, part);
      const bytes = part === undefined ? served.bytes : part.end - part.start + 1;
      return { status, file: { stream, bytes, contentType: served.contentType } };
    } catch (error) {
      if (error instanceof FileMissing) throw notFound('file');
      const detail = 'The storage of files does not answer.';
      throw new AppError('dependency-away', detail, { cause: error, retryAfterSeconds: 5 });
    }
  }

  return {
    /** Throws `not-found`, `wrong-state` while it is not stored. */
    async describe(scope: ClientScope, id: Types.ObjectId): Promise<{ readonly hasThumbnail: boolean }> {
      const file = await files.findById(scope, id);
      if (file === null) throw notFound('file');
      servedOf(file, 'file');
      return { hasThumbnail: file.thumbnail !== undefined };
    },

    /** The file as the request wants it. Throws `not-found`, `wrong-state` while it is not stored, `dependency-away`. */
    async read(
      scope: ClientScope,
      { id, variant }: { readonly id: Types.ObjectId; readonly variant: FileVariant },
      request: Conditions,
    ): Promise<FileReply> {
      const file = await files.findById(scope, id);
      if (file === null) throw notFound('file');
      const served = servedOf(file, variant);
      const { etag, bytes, filename } = served;
      const headers = {
        ...safeHeaders,
        ETag: etag,
        'Accept-Ranges': 'bytes',
        'Cache-Control': 'private, no-cache',
        'Content-Disposition': contentDisposition(filename),
      };
      if (namesETag(request.header('if-none-match'), etag)) return { status: 304, headers };
      const condition = request.header('if-range');
      const isSame = condition === undefined || namesETag(condition, etag);
      const part = isSame ? parseRange(request.header('range'), bytes) : null;
      if (part === null) return { ...(await open(served, 200)), headers };
      const range = `bytes ${part.start}-${part.end}/${bytes}`;
      return { ...(await open(served, 206, part)), headers: { ...headers, 'Content-Range': range } };
    },
  };
}

function servedOf(file: MediaFileDoc, variant: FileVariant): Served {
  const { _id, clientId, state, bytes, sha256, mimeType, declared, thumbnail } = file;
  if (state !== 'stored' || bytes === undefined || sha256 === undefined)
    throw wrongState(`The file is ${state}; it can be read when it is stored.`, state);
  const [client, id] = [clientId.toHexString(), _id.toHexString()];
  const name = declared.filename ?? `${id}.${kindRuleOf(mimeType)?.extension ?? 'bin'}`;
  if (variant === 'file')
    return {
      key: keyOf(client, id),
      etag: `"${sha256}"`,
      bytes,
      contentType: servedTypeOf(mimeType, declared.mimeType),
      filename: name,
    };
  if (thumbnail === undefined) throw notFound('thumbnail');
  return {
    key: thumbnailKeyOf(client, id),
    etag: `"${sha256}-thumbnail"`,
    bytes: thumbnail.bytes,
    contentType: 'image/webp',
    filename: `${id}.webp`,
  };
}
