import type { AuditActor } from '../../audit/service.ts';
import type { IncomingFile } from '../../http/files.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import type { Shares } from '../../platform/shares.ts';
import { fileEmpty, receiveFile } from '../../storage/received.ts';
import type { Spool, SpooledFile } from '../../storage/spool.ts';
import { importBounds } from './bounds.ts';
import type { ImportChanges } from './changes.ts';
import type { ImportFiles } from './files.ts';
import type { Author, ImportDoc, ImportRepository } from './repository.ts';

export interface UploadDeps {
  readonly imports: Pick<ImportRepository, 'findByIdempotencyKey' | 'findById'>;
  readonly files: Pick<ImportFiles, 'put'>;
  readonly spool: Spool;
  /** The uploads of one client at the same time. */
  readonly shares: Shares;
  /** Takes a file from the day of the business; throws `too-many-requests`. */
  readonly takeBytes: (scope: ClientScope, bytes: number) => Promise<void>;
  readonly changes: Pick<ImportChanges, 'create' | 'move'>;
  readonly clock: Clock;
}

export interface Upload {
  readonly by: Author & AuditActor;
  readonly file: IncomingFile;
  readonly filename?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

const retryAfterSeconds = 5;

export type ImportUploads = ReturnType<typeof createImportUploads>;

/** Takes the files of imports. The row comes first: if the process dies, it tells what is to be removed. */
export function createImportUploads(deps: UploadDeps) {
  const { imports, files, changes, clock } = deps;

  async function store(scope: ClientScope, upload: Upload): Promise<ImportDoc> {
    const { by, filename, idempotencyKey } = upload;
    const spooled = await receive(deps.spool, upload.file);
    try {
      await deps.takeBytes(scope, spooled.bytes);
      const now = clock.now();
      const fresh: ImportDoc = {
        ...{ _id: newId(), ...scope, state: 'uploading', uploadedBy: by },
        ...(filename === undefined ? {} : { filename }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        ...{ sha256: spooled.sha256, settings: {}, analysis: 1, copies: [newId()] },
        ...{ createdAt: now, updatedAt: now, version: 1 },
      };
      try {
        await changes.create(scope, by, fresh);
      } catch (error) {
        if (isDuplicateKey(error) && idempotencyKey !== undefined)
          return await earlier(scope, idempotencyKey, spooled);
        throw error;
      }
      await files.put(scope, fresh._id, spooled);
      return await changes.move(...([scope, by, { id: fresh._id, version: undefined }] as const), {
        command: 'arrived',
        fieldsOf: () => ({ bytes: spooled.bytes }),
      });
    } finally {
      await spooled.drop();
    }
  }

  /** The import that an earlier request with the same key has begun. */
  async function earlier(scope: ClientScope, key: string, { sha256 }: SpooledFile): Promise<ImportDoc> {
    const found = await imports.findByIdempotencyKey(scope, key);
    if (found !== null && found.sha256 !== sha256)
      throw new AppError('idempotency-key-reused', 'The key belongs to another file.');
    if (found !== null && found.state !== 'uploading') return found;
    throw new AppError('request-in-progress', 'The file is being uploaded.', { retryAfterSeconds });
  }

  return {
    /** Throws `body-too-large`, `too-many-requests`, `invalid-input`, and those of a repeated key. */
    async upload(scope: ClientScope, upload: Upload): Promise<ImportDoc> {
      const giveBack = deps.shares.take(scope.clientId.toHexString());
      if (giveBack === null)
        throw new AppError('too-many-requests', 'Another file is being uploaded.', { retryAfterSeconds });
      try {
        return await store(scope, upload);
      } finally {
        giveBack();
      }
    },
  };
}

async function receive(spool: Spool, file: IncomingFile): Promise<SpooledFile> {
  const spooled = await receiveFile(spool, file.open(), importBounds.maxFileBytes);
  if (spooled.bytes > 0) return spooled;
  await spooled.drop();
  throw fileEmpty();
}
