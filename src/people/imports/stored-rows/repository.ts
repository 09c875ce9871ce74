import mongoose, { type ClientSession, type Connection, type Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import {
  openTenantCollection,
  type ScopedBulkWriter,
  type TenantCollection,
} from '../../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../../platform/tenant-queries.ts';
import { importRowModel, type ImportRowDoc, type RowVerdict } from './model.ts';
import { noCounts, planKinds, type PlanCounts, type PlanKind } from '../plan/rules.ts';
import { rowOutcomes, type RowOutcome } from '../states.ts';

export type { ImportRowDoc, RowBefore, RowVerdict } from './model.ts';

/** The rows of one analysis. */
export interface RowSet {
  readonly importId: Types.ObjectId;
  readonly analysis: number;
}

export type NewRow = Omit<ImportRowDoc, 'clientId'>;

export type RowSettlement = Partial<
  Omit<ImportRowDoc, '_id' | 'clientId' | 'importId' | 'analysis' | 'n' | 'outcome'>
> & { readonly outcome: RowOutcome };

const duplicateKey = 11_000;

/** Whether a bulk of inserts failed only because some of its documents are stored already. */
const isRepetition = (error: unknown): boolean =>
  error instanceof mongoose.mongo.MongoBulkWriteError &&
  [error.writeErrors].flat().every(({ code }) => code === duplicateKey);

export type ImportRowRepository = ReturnType<typeof createImportRowRepository>;

export function createImportRowRepository(connection: Connection) {
  const rows = openTenantCollection(importRowModel, connection);
  const write = rows.createBulkWriter();
  return {
    ...createReading(rows),
    ...createAnalysisWrites(rows, write),
    ...createSettling(rows),
    ...createErasing(rows),
  };
}

const createReading = (rows: TenantCollection<ImportRowDoc>) => ({
  /** In the order of the file. */
  findAfter: (
    scope: ClientScope,
    { importId, analysis }: RowSet,
    { n, limit, ...filter }: PageOfRows,
  ): Promise<ImportRowDoc[]> =>
    rows.find(scope, { importId, analysis, n: { $gt: n }, ...filter } as ScopedFilter<ImportRowDoc>, {
      sort: { n: 1 },
      limit,
    }),

  /** The tags of the rows after `n` that are to be written, in the order of the file. */
  findTagsAfter: (
    scope: ClientScope,
    { importId, analysis }: RowSet,
    { n, limit }: { readonly n: number; readonly limit: number },
  ): Promise<Pick<ImportRowDoc, 'n' | 'values'>[]> =>
    rows.find<Pick<ImportRowDoc, 'n' | 'values'>>(
      scope,
      { importId, analysis, n: { $gt: n }, 'plan.kind': { $in: ['create', 'update'] } },
      { sort: { n: 1 }, limit, projection: { n: 1, 'values.tags': 1 } },
    ),

  /** How many rows have each outcome, each counted in the database. */
  async countOutcomes(
    scope: ClientScope,
    { importId, analysis }: RowSet,
  ): Promise<Record<RowOutcome, number>> {
    const counts = await Promise.all(
      rowOutcomes.map(
        async (outcome) => [outcome, await rows.count(scope, { importId, analysis, outcome })] as const,
      ),
    );
    return Object.fromEntries(counts) as Record<RowOutcome, number>;
  },

  async countPlans(scope: ClientScope, { importId, analysis }: RowSet): Promise<PlanCounts> {
    const counts = await Promise.all(
      planKinds.map(
        async (kind) => [kind, await rows.count(scope, { importId, analysis, 'plan.kind': kind })] as const,
      ),
    );
    return { ...noCounts, ...Object.fromEntries(counts) };
  },
});

export interface PageOfRows {
  /** After this row. */
  readonly n: number;
  readonly limit: number;
  readonly outcome?: RowOutcome;
  readonly 'plan.kind'?: PlanKind;
}

const createAnalysisWrites = (
  rows: TenantCollection<ImportRowDoc>,
  write: ScopedBulkWriter<ImportRowDoc>,
) => ({
  /** May be repeated: rows that are stored stay. */
  async insert(scope: ClientScope, fresh: readonly NewRow[]): Promise<void> {
    try {
      await rows.insertMany(scope, fresh, { ordered: false });
    } catch (error) {
      if (!isRepetition(error)) throw error;
    }
  },

  /** The keys among these that rows before `n` have. */
  async findKeysBefore(
    scope: ClientScope,
    { importId, analysis }: RowSet,
    { keys, n }: KeysAt,
  ): Promise<ReadonlySet<string>> {
    const found = await rows.find<Pick<ImportRowDoc, 'keys'> & { _id: Types.ObjectId }>(
      scope,
      { importId, analysis, keys: { $in: [...keys] }, n: { $lt: n } },
      { projection: { keys: 1 } },
    );
    return new Set(found.flatMap((row) => row.keys));
  },

  /** Marks the rows before `n` that have one of the keys: a later one has it too. */
  async markLater(scope: ClientScope, { importId, analysis }: RowSet, { keys, n }: KeysAt): Promise<void> {
    await rows.updateMany(
      scope,
      { importId, analysis, keys: { $in: [...keys] }, n: { $lt: n } },
      { $set: { hasLater: true } },
    );
  },

  async storePlans(scope: ClientScope, plans: readonly PlannedRow[]): Promise<void> {
    if (plans.length === 0) return;
    await write(
      scope,
      plans.map(({ _id, plan }) => ({ updateOne: { filter: { _id }, update: { $set: { plan } } } })),
    );
  },
});

interface KeysAt {
  readonly keys: readonly string[];
  readonly n: number;
}

export interface PlannedRow {
  readonly _id: Types.ObjectId;
  readonly plan: RowVerdict;
}

const createSettling = (rows: TenantCollection<ImportRowDoc>) => ({
  /** Gives a row its outcome; false if it has one. */
  async settle(scope: ClientScope, _id: Types.ObjectId, settlement: RowSettlement): Promise<boolean> {
    const { matchedCount } = await rows.updateOne(scope, { _id, outcome: 'pending' }, { $set: settlement });
    return matchedCount === 1;
  },

  /** The same for several; returns how many of them had none. */
  settleEach: (
    scope: ClientScope,
    settled: readonly (RowSettlement & Pick<ImportRowDoc, '_id'>)[],
    session: ClientSession,
  ): Promise<number> =>
    rows.updateEach(
      scope,
      settled.map(({ _id, ...settlement }) => ({
        filter: { _id, outcome: 'pending' },
        update: { $set: settlement },
      })),
      { session },
    ),

  findFinishing: (scope: ClientScope, importId: Types.ObjectId, limit: number): Promise<ImportRowDoc[]> =>
    rows.find(scope, { importId, isFinishing: true }, { limit }),

  async finished(scope: ClientScope, _id: Types.ObjectId): Promise<void> {
    await rows.updateOne(scope, { _id }, { $unset: { isFinishing: '' } });
  },

  /** Marks some of the rows without an outcome as canceled; returns how many. */
  async cancelSome(scope: ClientScope, { importId, analysis }: RowSet, limit: number): Promise<number> {
    const found = await rows.find<{ _id: Types.ObjectId }>(
      scope,
      { importId, analysis, outcome: 'pending' },
      { projection: { _id: 1 }, limit },
    );
    const ids = found.map(({ _id }) => _id);
    if (ids.length > 0)
      await rows.updateMany(
        scope,
        { _id: { $in: ids }, outcome: 'pending' },
        { $set: { outcome: 'canceled' } },
      );
    return ids.length;
  },

  /** Rows that have changed a contact and are not undone, from the last one. */
  findToUndo: (
    scope: ClientScope,
    { importId, analysis }: RowSet,
    { outcome, before, limit }: RowsToUndo,
  ): Promise<ImportRowDoc[]> =>
    rows.find(
      scope,
      { importId, analysis, outcome, undo: null, n: { $lt: before } },
      { sort: { n: -1 }, limit },
    ),

  /** False if it is undone already. */
  async undone(
    scope: ClientScope,
    _id: Types.ObjectId,
    undo: NonNullable<ImportRowDoc['undo']>,
    session?: ClientSession,
  ): Promise<boolean> {
    const { matchedCount } = await rows.updateOne(
      scope,
      { _id, undo: null },
      { $set: { undo } },
      { session },
    );
    return matchedCount === 1;
  },
});

interface RowsToUndo {
  readonly outcome: 'created' | 'updated';
  /** Before this row. */
  readonly before: number;
  readonly limit: number;
}

const createErasing = (rows: TenantCollection<ImportRowDoc>) => ({
  /** Deletes some rows of an import; returns how many. `before` keeps those of its present analysis. */
  async deleteSome(
    scope: ClientScope,
    importId: Types.ObjectId,
    { limit, before }: { readonly limit: number; readonly before?: number },
  ): Promise<number> {
    const found = await rows.find<{ _id: Types.ObjectId }>(
      scope,
      { importId, ...(before === undefined ? {} : { analysis: { $lt: before } }) },
      { projection: { _id: 1 }, limit },
    );
    if (found.length === 0) return 0;
    return rows.deleteMany(scope, { _id: { $in: found.map(({ _id }) => _id) } });
  },

  /**
   * Erases what rows say of a person, in the transaction that deletes the contact; returns their imports. The rows still
   * count.
   */
  async erasePerson(
    scope: ClientScope,
    keys: readonly string[],
    session: ClientSession,
  ): Promise<Types.ObjectId[]> {
    const erased = {
      $set: { values: { customFields: {} }, faults: [], keys: [] },
      $unset: { faultyKeys: '', before: '', contactId: '', contactVersion: '' },
    } as const;
    const imports = new Map<string, Types.ObjectId>();
    for (const field of ['keys', 'faultyKeys'] as const) {
      const filter = { [field]: { $in: [...keys] } } as ScopedFilter<ImportRowDoc>;
      const found = await rows.find<Pick<ImportRowDoc, '_id' | 'importId'>>(scope, filter, {
        projection: { importId: 1 },
        session,
      });
      if (found.length === 0) continue;
      for (const { importId } of found) imports.set(importId.toHexString(), importId);
      await rows.updateMany(scope, { _id: { $in: found.map(({ _id }) => _id) } }, erased, { session });
    }
    return [...imports.values()];
  },
});
