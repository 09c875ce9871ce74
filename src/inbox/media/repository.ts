import type { ClientSession, Connection, mongo, Types } from 'mongoose';
import { markWrites } from '../../events/marks/collection.ts';
import { createMarkQueries } from '../../events/marks/queries.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedUpdate } from '../../platform/tenant-queries.ts';
import { mediaFileModel, type MediaFileDoc, type ProviderCopy } from './model.ts';
import type { MediaProblem, MediaState } from './states.ts';

export type { MediaFileDoc, ProviderCopy } from './model.ts';

/** What a settled file has. */
export type Settlement = Pick<MediaFileDoc, 'bytes' | 'sha256' | 'mimeType' | 'thumbnail' | 'problem'> & {
  readonly state: MediaState;
  readonly settledAt: Date;
};

/** The file of a message, before it is fetched. */
export type AwaitedFile = Omit<MediaFileDoc, 'clientId' | 'messageId'> & {
  readonly messageId: Types.ObjectId;
};

export type MediaRepository = ReturnType<typeof createMediaRepository>;

/** Clients are told of each state after the first, which goes with a message or an answer. */
const telling = {
  isTold: ({ $set: fields }: mongo.Document): boolean =>
    typeof fields === 'object' && fields !== null && 'state' in fields,
  isSilent: (): boolean => true,
};

const toldFields: Readonly<Record<string, 1>> = {
  ...{ clientId: 1, messageId: 1, state: 1, mimeType: 1, bytes: 1 },
  ...{ revision: 1, unpublishedAt: 1, isUnannounced: 1 },
};

/** All queries of files. A state changes only by an update that names the state before. */
export function createMediaRepository(connection: Connection) {
  const files = markWrites(openTenantCollection(mediaFileModel, connection), telling);
  const updatePending = createPendingUpdate(files);
  return {
    ...createReads(files),
    ...createStarts(files, updatePending),
    ...createErasures(files),
    ...createMarkQueries(files, toldFields),

    /** Stores the file of a message that is to be fetched; does nothing if the message has one. */
    async keep(scope: ClientScope, file: AwaitedFile, session?: ClientSession): Promise<void> {
      const { messageId, ...fields } = file;
      await files.updateOne(scope, { messageId }, { $setOnInsert: fields }, { upsert: true, session });
    },

    /** False if another upload has its idempotency key. */
    async insert(scope: ClientScope, file: MediaFileDoc): Promise<boolean> {
      try {
        await files.insertOne(scope, file);
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },

    /** Ends the wait for a file; false if it has ended already. */
    settle: (
      scope: ClientScope,
      _id: Types.ObjectId,
      settlement: Settlement,
      session?: ClientSession,
    ): Promise<boolean> =>
      updatePending(
        scope,
        _id,
        {
          $set: settlement,
          $unset: { startAt: 1, ...(settlement.problem === undefined ? { problem: 1 } : {}) },
        },
        session,
      ),

    /** Notes why an attempt failed. */
    noteProblem: (scope: ClientScope, _id: Types.ObjectId, problem: MediaProblem): Promise<boolean> =>
      updatePending(scope, _id, { $set: { problem } }),

    /** Counts a content that is not the one that the provider told; returns how often it happened. */
    async countMismatch(scope: ClientScope, _id: Types.ObjectId): Promise<number> {
      const options = { returnDocument: 'after', projection: { mismatches: 1 } } as const;
      const counted = await files.findOneAndUpdate(
        scope,
        { _id, state: 'pending' },
        { $inc: { mismatches: 1 } },
        options,
      );
      return counted?.mismatches ?? 0;
    },

    /** Replaces the copy for a number; false if the file is not stored. */
    async noteCopy(scope: ClientScope, _id: Types.ObjectId, copy: ProviderCopy): Promise<boolean> {
      const others = {
        $filter: {
          input: { $ifNull: ['$copies', []] },
          cond: { $ne: ['$$this.phoneNumberId', copy.phoneNumberId] },
        },
      };
      const { matchedCount } = await files.updateOne(scope, { _id, state: 'stored' }, [
        { $set: { copies: { $concatArrays: [others, [copy]] } } },
      ]);
      return matchedCount === 1;
    },
  };
}

const createPendingUpdate =
  (files: TenantCollection<MediaFileDoc>) =>
  async (
    scope: ClientScope,
    _id: Types.ObjectId,
    update: ScopedUpdate<MediaFileDoc>,
    session?: ClientSession,
  ): Promise<boolean> => {
    const { matchedCount } = await files.updateOne(scope, { _id, state: 'pending' }, update, { session });
    return matchedCount === 1;
  };

const createStarts = (
  files: TenantCollection<MediaFileDoc>,
  updatePending: ReturnType<typeof createPendingUpdate>,
) => ({
  /** Takes a file whose workflow is to be started; false if another process has taken it. */
  async takeStart(
    scope: ClientScope,
    { _id, startAt }: Pick<MediaFileDoc, '_id' | 'startAt'>,
    until: Date,
  ): Promise<boolean> {
    const due = { _id, state: 'pending', ...(startAt === undefined ? {} : { startAt }) } as const;
    const { matchedCount } = await files.updateOne(scope, due, { $set: { startAt: until } });
    return matchedCount === 1;
  },

  async startAgainAt(scope: ClientScope, _id: Types.ObjectId, startAt: Date): Promise<void> {
    await updatePending(scope, _id, { $set: { startAt } });
  },
});

/** The state of a message's file, for the view of the message. */
export type FileOfMessage = Pick<MediaFileDoc, '_id' | 'messageId' | 'state'>;

const shownFields = { messageId: 1, state: 1 } as const;

const createReads = (files: TenantCollection<MediaFileDoc>) => ({
  /** Erased files are not found. */
  findById: (
    scope: ClientScope,
    _id: Types.ObjectId,
    session?: ClientSession,
  ): Promise<MediaFileDoc | null> => files.findOne(scope, { _id, state: { $ne: 'erased' } }, { session }),

  findByIdempotencyKey: (scope: ClientScope, idempotencyKey: string): Promise<MediaFileDoc | null> =>
    files.findOne(scope, { idempotencyKey }),

  findOfMessages: (scope: ClientScope, messageIds: readonly Types.ObjectId[]): Promise<FileOfMessage[]> =>
    files.find<FileOfMessage>(scope, { messageId: { $in: [...messageIds] } }, { projection: shownFields }),

  findStates: (scope: ClientScope, ids: readonly Types.ObjectId[]): Promise<FileOfMessage[]> =>
    files.find<FileOfMessage>(scope, { _id: { $in: [...ids] } }, { projection: shownFields }),

  /** Across all tenants: files on their way whose workflow is to be started or looked for now. */
  findToStartAcrossClients: (now: Date, limit: number): Promise<MediaFileDoc[]> =>
    files.acrossClients.find(
      { state: 'pending', startAt: { $lte: now } },
      { sort: { startAt: 1, _id: 1 }, limit },
    ),
});

/** What an erased file no longer has: its name may name a person. */
const eraseAt = (at: Date) => ({
  $set: { state: 'erased', declared: {}, removeAt: at, settledAt: at } as const,
  $unset: { startAt: 1, problem: 1, copies: 1, idempotencyKey: 1 } as const,
});

interface ErasureOptions {
  readonly at: Date;
  readonly session?: ClientSession;
}

const createErasures = (files: TenantCollection<MediaFileDoc>) => ({
  /** Marks the files of a contact as erased; they are not readable from the commit on. */
  async eraseOfContact(
    scope: ClientScope,
    contactId: Types.ObjectId,
    { at, session }: ErasureOptions,
  ): Promise<void> {
    await files.updateMany(scope, { contactId, state: { $ne: 'erased' } }, eraseAt(at), { session });
  },

  /** As `eraseOfContact`, for one file; false if it is erased already. */
  async eraseOne(scope: ClientScope, _id: Types.ObjectId, { at, session }: ErasureOptions): Promise<boolean> {
    const unerased = { _id, state: { $ne: 'erased' } } as const;
    const { matchedCount } = await files.updateOne(scope, unerased, eraseAt(at), { session });
    return matchedCount === 1;
  },

  /** Across all tenants: erased files whose bytes are to be removed now. */
  findToRemoveAcrossClients: (now: Date, limit: number): Promise<MediaFileDoc[]> =>
    files.acrossClients.find({ removeAt: { $lte: now } }, { sort: { removeAt: 1 }, limit }),

  async removeAgainAt(scope: ClientScope, _id: Types.ObjectId, removeAt: Date): Promise<void> {
    await files.updateOne(scope, { _id, state: 'erased' }, { $set: { removeAt } });
  },

  deleteErased: (scope: ClientScope, _id: Types.ObjectId): Promise<boolean> =>
    files.deleteOne(scope, { _id, state: 'erased' }),
});
