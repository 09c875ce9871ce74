import type { Types } from 'mongoose';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import type { IncomingFile } from '../../http/files.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { fileEmpty, fileTooLarge, receiveFile } from '../../storage/received.ts';
import type { Spool, SpooledFile } from '../../storage/spool.ts';
import { readType } from './content.ts';
import type { FileKeeper } from './keeper.ts';
import { kindRuleOf, maxFileBytes, sendableTypes } from './kinds.ts';
import type { MediaFileDoc, MediaRepository } from './repository.ts';
import { nextCheckOf } from './rules.ts';
import type { Shares } from '../../platform/shares.ts';

export interface UploadDeps {
  readonly files: Pick<
    MediaRepository,
    'insert' | 'findById' | 'findByIdempotencyKey' | 'settle' | 'eraseOne'
  >;
  readonly keeper: FileKeeper;
  readonly spool: Spool;
  /** The uploads of one client at the same time, and of all. */
  readonly shares: Shares;
  readonly allShares: Shares;
  /** Takes a file from the day of the business; throws `too-many-requests`. */
  readonly takeBytes: (scope: ClientScope, bytes: number) => Promise<void>;
  readonly audit: Pick<AuditService, 'audited'>;
  readonly clock: Clock;
}

export type { MediaFileDoc } from './repository.ts';

type Person = Extract<AuditActor, { userId: Types.ObjectId }>;

export interface Upload {
  readonly by: Person;
  readonly file: IncomingFile;
  readonly filename?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

const retryAfterSeconds = 5;

export type Uploads = ReturnType<typeof createUploads>;

/** Files that users upload, to send them. */
export function createUploads(deps: UploadDeps) {
  const { files, keeper, spool, audit, clock } = deps;

  /** The file as it came, and its type; throws if WhatsApp would refuse it. */
  async function receive(
    scope: ClientScope,
    { file, filename }: Upload,
  ): Promise<{ spooled: SpooledFile; mimeType: string }> {
    const spooled = await receiveFile(spool, file.open(), maxFileBytes);
    try {
      const mimeType = await requireSendable(spooled, { ...claimsOf(file), filename });
      await deps.takeBytes(scope, spooled.bytes);
      return { spooled, mimeType };
    } catch (error) {
      await spooled.drop();
      throw error;
    }
  }

  /** The row comes first: if the process dies, it tells what is to be removed. */
  async function store(scope: ClientScope, upload: Upload): Promise<MediaFileDoc> {
    const { by, filename, idempotencyKey } = upload;
    const { spooled, mimeType } = await receive(scope, upload);
    try {
      const now = clock.now();
      const row: MediaFileDoc = {
        _id: newId(),
        ...scope,
        state: 'pending',
        uploadedBy: by.userId,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        declared: { mimeType, sha256: spooled.sha256, ...(filename === undefined ? {} : { filename }) },
        createdAt: now,
        startAt: nextCheckOf(now),
      };
      if (!(await files.insert(scope, row)))
        return await earlierOf(files, scope, { key: idempotencyKey ?? '', sha256: spooled.sha256 });
      const stored = await keeper.store(row, spooled, mimeType);
      return await audit.audited(scope, by, async (session) => {
        const settlement = { state: 'stored', ...stored, settledAt: clock.now() } as const;
        if (!(await files.settle(scope, row._id, settlement, session)))
          throw new AppError('dependency-away', 'The file was not stored in time.', { retryAfterSeconds });
        const { startAt: _startAt, ...file } = { ...row, ...settlement };
        return { result: file, write: { action: 'media.uploaded', ...auditOf(null, file) } };
      });
    } finally {
      await spooled.drop();
    }
  }

  return {
    /** Throws `body-too-large`, `unsupported-media-type`, `too-many-requests`, and those of a repeated key. */
    async upload(scope: ClientScope, upload: Upload): Promise<MediaFileDoc> {
      const giveBack = deps.shares.take(scope.clientId.toHexString());
      const giveBackAll = giveBack === null ? null : deps.allShares.take('all');
      try {
        if (giveBackAll === null)
          throw new AppError('too-many-requests', 'Too many files are being uploaded.', {
            retryAfterSeconds,
          });
        return await store(scope, upload);
      } finally {
        giveBackAll?.();
        giveBack?.();
      }
    },

    /** Erases a file, whether uploaded or received: it cannot be read or sent from the answer on. */
    async erase(scope: ClientScope, by: Person, id: Types.ObjectId): Promise<void> {
      await audit.audited(scope, by, async (session) => {
        const file = await files.findById(scope, id, session);
        if (file === null || !(await files.eraseOne(scope, id, { at: clock.now(), session })))
          throw notFound('file');
        return { result: undefined, write: { action: 'media.erased', ...auditOf(file, null) } };
      });
    },
  };
}

/** The file that an earlier request with the same key has uploaded. */
async function earlierOf(
  files: Pick<MediaRepository, 'findByIdempotencyKey'>,
  scope: ClientScope,
  { key, sha256 }: { readonly key: string; readonly sha256: string },
): Promise<MediaFileDoc> {
  const earlier = await files.findByIdempotencyKey(scope, key);
  if (earlier !== null && earlier.declared.sha256 !== sha256)
    throw new AppError('idempotency-key-reused', 'The key belongs to another file.');
  if (earlier?.state === 'stored') return earlier;
  throw new AppError('request-in-progress', 'The file is being uploaded.', { retryAfterSeconds });
}

/** The name is not audited: it may name a person, and must go when the file goes. */
function auditOf(before: MediaFileDoc | null, after: MediaFileDoc | null) {
  const fieldsOf = (file: MediaFileDoc | null) =>
    file === null ? null : { state: file.state, mimeType: file.mimeType, bytes: file.bytes };
  const file = before ?? after;
  if (file === null) throw new Error('An audited file exists before or after.');
  return { target: { type: 'media', id: file._id }, before: fieldsOf(before), after: fieldsOf(after) };
}

const claimsOf = ({ contentType }: IncomingFile) => ({ mimeType: contentType });

async function requireSendable(
  { path, bytes }: SpooledFile,
  claims: Parameters<typeof readType>[1],
): Promise<string> {
  if (bytes === 0) throw fileEmpty();
  const mimeType = await readType(path, claims);
  const rule = kindRuleOf(mimeType);
  if (mimeType === undefined || rule === null)
    throw new AppError(
      'unsupported-media-type',
      `WhatsApp sends no files with this content (${mimeType ?? 'unknown'}), only ${sendableTypes.join(', ')}.`,
    );
  if (bytes > rule.maxBytes) throw fileTooLarge(rule.maxBytes, `A file of type ${mimeType}`);
  return mimeType;
}
