import type { Readable } from 'node:stream';

/** The part of a file from byte `start` to byte `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A file on the local disk that is complete and checked. */
export interface LocalFile {
  readonly path: string;
  readonly bytes: number;
  readonly contentType: string;
}

/**
 * The port to the storage of files. Every operation may be repeated. Keys come from `keyOf` (`rules.ts`) only; a file under a key
 * never changes, it is written whole or not at all.
 */
export interface FileStorage {
  readonly kind: 'disk' | 's3';
  /** Stores a copy of the local file. Resolves once it survives a crash. */
  put(key: string, file: LocalFile): Promise<void>;
  /** Opens the file, or a part of it. Throws `FileMissing`. */
  open(key: string, range?: ByteRange): Promise<Readable>;
  /** Removes the file; does nothing if there is none. */
  remove(key: string): Promise<void>;
  /** Throws if the storage cannot be used. */
  check(): Promise<void>;
  close(): void;
}

/** The storage holds no file under the key. */
export class FileMissing extends Error {
  override readonly name = 'FileMissing';

  constructor(key: string, options?: ErrorOptions) {
    super(`The storage holds no file ${key}.`, options);
  }
}

/** The disk has too little room left. */
export class StorageFull extends Error {
  override readonly name = 'StorageFull';
}

/** A key of ours has no part that a file system or a URL would read in another way. */
const keyPattern = /^[0-9a-f]{24}\/[0-9a-f]{2}\/[0-9a-f]{24}(?:\.webp)?$/;

export function assertKey(key: string): void {
  if (!keyPattern.test(key)) throw new Error('The key of a stored file has another form.');
}
