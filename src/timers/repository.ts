import mongoose, { type ClientSession, type Connection, type Types } from 'mongoose';
import { newId } from '../platform/ids.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../platform/tenant-collection.ts';
import { timerModel, type TimerDoc } from './model.ts';

export type { TimerDoc } from './model.ts';

export interface TimerKey {
  readonly kind: string;
  readonly subjectId: Types.ObjectId;
}

/** A timer that a worker holds. */
export type LeasedTimer = Pick<TimerDoc, '_id' | 'kind' | 'subjectId' | 'dueAt' | 'epoch' | 'attempts'>;

export interface LeaseRequest {
  readonly now: Date;
  readonly leaseUntil: Date;
  readonly leaseToken: string;
  readonly limit: number;
}

const leasedFields = { kind: 1, subjectId: 1, dueAt: 1, epoch: 1, attempts: 1 } as const;
/** A scan for due clients takes milliseconds; it must not pile up on a slow database. */
const maxScanMs = 5_000;
const notEnded = { attemptAt: { $exists: true } } as const;

export type TimerRepository = ReturnType<typeof createTimerRepository>;

export function createTimerRepository(connection: Connection) {
  const timers = openTenantCollection(timerModel, connection);
  return {
    ...createArming(timers),
    ...createLeases(timers),
    ...createFailures(timers),
  };
}

const createArming = (timers: TenantCollection<TimerDoc>) => ({
  /** Arms the timer of the key for `dueAt` and returns its new epoch. */
  async arm(scope: ClientScope, key: TimerKey, dueAt: Date, session?: ClientSession): Promise<number> {
    const { kind, subjectId } = key;
    const { epoch } = await timers.findOrInsert(
      scope,
      { kind, subjectId },
      {
        $setOnInsert: { _id: newId() },
        $set: { dueAt, attemptAt: dueAt, attempts: 0 },
        $inc: { epoch: 1 },
        $unset: { leaseToken: '', lastError: '', failedAt: '', expiresAt: '' },
      },
      { session },
    );
    return epoch;
  },

  /** Whether the timer was armed, or had been given up. */
  async disarm(
    scope: ClientScope,
    { kind, subjectId }: TimerKey,
    expiresAt: Date,
    session?: ClientSession,
  ): Promise<boolean> {
    const { matchedCount } = await timers.updateOne(
      scope,
      { kind, subjectId, $or: [notEnded, { failedAt: { $exists: true } }] },
      { $set: { expiresAt }, $inc: { epoch: 1 }, $unset: { attemptAt: '', leaseToken: '', failedAt: '' } },
      { session },
    );
    return matchedCount === 1;
  },
});

const createLeases = (timers: TenantCollection<TimerDoc>) => ({
  /** Clients after `after` that have due timers, in order of their ids. */
  async findDueClientsAcrossClients(
    now: Date,
    after: Types.ObjectId | null,
    limit: number,
  ): Promise<Types.ObjectId[]> {
    const found = await timers.acrossClients.aggregate<{ _id: Types.ObjectId }>(
      [
        // The server skips from client to client in the index.
        { $match: { attemptAt: { $lte: now }, clientId: { $gt: after ?? new mongoose.mongo.MinKey() } } },
        { $sort: { clientId: 1, attemptAt: 1 } },
        { $group: { _id: '$clientId', attemptAt: { $first: '$attemptAt' } } },
        { $sort: { _id: 1 } },
        { $limit: limit },
      ],
      { maxTimeMS: maxScanMs },
    );
    return found.map(({ _id }) => _id);
  },

  /** Leases the timers of a client that have been due longest. */
  async lease(scope: ClientScope, request: LeaseRequest): Promise<LeasedTimer[]> {
    const { now, leaseUntil, leaseToken, limit } = request;
    const due = await timers.find<{ _id: Types.ObjectId }>(
      scope,
      { attemptAt: { $lte: now } },
      { sort: { attemptAt: 1 }, limit, projection: { _id: 1 } },
    );
    if (due.length === 0) return [];
    const ids = due.map(({ _id }) => _id);
    // Another worker may have leased some of them since.
    await timers.updateMany(
      scope,
      { _id: { $in: ids }, attemptAt: { $lte: now } },
      { $set: { attemptAt: leaseUntil, leaseToken }, $inc: { attempts: 1 } },
    );
    const held = { _id: { $in: ids }, leaseToken };
    return timers.find<LeasedTimer>(scope, held, { sort: { dueAt: 1 }, projection: leasedFields });
  },

  /** Ends a timer if it is still the one of this epoch and nobody has ended it. */
  async end(
    scope: ClientScope,
    { _id, epoch }: Pick<LeasedTimer, '_id' | 'epoch'>,
    expiresAt: Date,
    session?: ClientSession,
  ): Promise<boolean> {
    const { matchedCount } = await timers.updateOne(
      scope,
      { _id, epoch, ...notEnded },
      { $set: { expiresAt }, $unset: { attemptAt: '', leaseToken: '', lastError: '' } },
      { session },
    );
    return matchedCount === 1;
  },

  /** Makes the timer due again, unless it was armed again or another worker holds it. */
  async postpone(
    scope: ClientScope,
    { _id, leaseToken }: { readonly _id: Types.ObjectId; readonly leaseToken: string },
    { attemptAt, lastError }: { readonly attemptAt: Date; readonly lastError: string },
  ): Promise<void> {
    await timers.updateOne(
      scope,
      { _id, leaseToken, ...notEnded },
      { $set: { attemptAt, lastError }, $unset: { leaseToken: '' } },
    );
  },
});

const createFailures = (timers: TenantCollection<TimerDoc>) => ({
  async giveUp(
    scope: ClientScope,
    { _id, leaseToken }: { readonly _id: Types.ObjectId; readonly leaseToken: string },
    failure: { readonly failedAt: Date; readonly expiresAt: Date; readonly lastError: string },
  ): Promise<void> {
    await timers.updateOne(
      scope,
      { _id, leaseToken, ...notEnded },
      { $set: failure, $unset: { attemptAt: '', leaseToken: '' } },
    );
  },

  /** The timers that were given up, the latest first; for operators. */
  listFailedAcrossClients: ({
    limit,
    timerId,
  }: {
    readonly limit: number;
    readonly timerId?: Types.ObjectId;
  }): Promise<TimerDoc[]> =>
    timers.acrossClients.find(
      { ...(timerId === undefined ? {} : { _id: timerId }), failedAt: { $exists: true } },
      { sort: { failedAt: -1 }, limit },
    ),

  /** Makes a timer that was given up due again; false if it is none. */
  async repeatFailed(scope: ClientScope, _id: Types.ObjectId, now: Date): Promise<boolean> {
    const { matchedCount } = await timers.updateOne(
      scope,
      { _id, failedAt: { $exists: true } },
      { $set: { attemptAt: now, attempts: 0 }, $unset: { failedAt: '', expiresAt: '' } },
    );
    return matchedCount === 1;
  },
});
