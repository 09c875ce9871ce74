import type { Readable } from 'node:stream';
import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { SpooledFile } from '../../storage/spool.ts';
import { keyOf } from '../../storage/rules.ts';
import type { FileStorage } from '../../storage/storage.ts';

export type ImportFiles = ReturnType<typeof createImportFiles>;

/** The uploads of imports and their copies in UTF-8, in the storage. */
export function createImportFiles(storage: Pick<FileStorage, 'put' | 'open' | 'remove'>) {
  const placeOf = ({ clientId }: ClientScope, id: Types.ObjectId): string =>
    keyOf(clientId.toHexString(), id.toHexString());
  return {
    /** Resolves once the file survives a crash. */
    put: (scope: ClientScope, id: Types.ObjectId, { path, bytes }: SpooledFile): Promise<void> =>
      storage.put(placeOf(scope, id), { path, bytes, contentType: 'application/octet-stream' }),

    /** From a byte on, which is one of the file unless it is 0. */
    open: (scope: ClientScope, id: Types.ObjectId, { from, bytes }: Part): Promise<Readable> =>
      storage.open(placeOf(scope, id), from === 0 ? undefined : { start: from, end: bytes - 1 }),

    remove: (scope: ClientScope, id: Types.ObjectId): Promise<void> => storage.remove(placeOf(scope, id)),
  };
}

interface Part {
  readonly from: number;
  /** Of the whole file. */
  readonly bytes: number;
}
