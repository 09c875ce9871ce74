import type { ClientSession, Connection, Types } from 'mongoose';
import { isDuplicateKey, scopeOf, type ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import { auditEventModel, type AuditEventDoc } from '../model.ts';
import { chainStart, type ChainEnd } from './links.ts';
import { auditAnchorModel, auditChainModel, type AuditAnchorDoc, type AuditChainDoc } from './model.ts';

export type { AuditAnchorDoc, AuditChainDoc } from './model.ts';

export interface ChainLease {
  readonly now: Date;
  readonly leaseUntil: Date;
  readonly leaseToken: string;
}

/** Sealed events after `after`, up to `upTo` and no more than `limit`. */
export interface ChainSlice {
  readonly after: number;
  readonly upTo: number;
  readonly limit: number;
}

const maxScanMs = 5_000;
const unsealed = { seq: null } as const;

export type AuditChainRepository = ReturnType<typeof createAuditChainRepository>;

/** The sealed and unsealed audit events of a client, the end of its chain, and its anchors. */
export function createAuditChainRepository(connection: Connection) {
  const events = openTenantCollection(auditEventModel, connection);
  const chains = openTenantCollection(auditChainModel, connection);
  const anchors = openTenantCollection(auditAnchorModel, connection);
  return {
    ...createSealing(events),
    ...createErasing(events),
    ...createSlices(events),
    ...createEnds(chains),
    ...createDueAnchors(chains),
    ...createAnchors(anchors),
  };
}

const createSealing = (events: TenantCollection<AuditEventDoc>) => ({
  /** The first client after `after` that has unsealed events, in order of ids. */
  async findUnsealedClientAcrossClients(after: Types.ObjectId | null): Promise<Types.ObjectId | null> {
    const [found] = await events.acrossClients.find<{ clientId: Types.ObjectId }>(
      { ...unsealed, ...(after === null ? {} : { clientId: { $gt: after } }) },
      {
        sort: { clientId: 1, at: 1, _id: 1 },
        limit: 1,
        projection: { clientId: 1 },
        hint: 'unsealed',
        maxTimeMS: maxScanMs,
      },
    );
    return found?.clientId ?? null;
  },

  /** In the order of their time, as well as clocks tell it. */
  listUnsealed: (scope: ClientScope, limit: number, session: ClientSession): Promise<AuditEventDoc[]> =>
    events.find(scope, unsealed, { sort: { at: 1, _id: 1 }, limit, hint: 'unsealed', session }),

  /** Stores the seals of events, each in its client; returns how many of them had none. */
  storeSealsAcrossClients: (
    sealed: readonly Pick<Required<AuditEventDoc>, '_id' | 'clientId' | 'seq' | 'seal'>[],
    session: ClientSession,
  ): Promise<number> =>
    events.acrossClients.updateEach(
      sealed.map(({ _id, clientId, seq, seal }) => ({
        scope: scopeOf(clientId),
        filter: { _id, ...unsealed },
        update: { $set: { seq, seal } },
      })),
      { session, ordered: false },
    ),
});

const createErasing = (events: TenantCollection<AuditEventDoc>) => ({
  /** The events of an object that still have their values, without those of the given action. */
  listUnerased: (
    scope: ClientScope,
    { targetId, except, limit }: { targetId: Types.ObjectId; except: string; limit: number },
    session: ClientSession,
  ): Promise<Pick<AuditEventDoc, '_id' | 'target'>[]> =>
    events.find(
      scope,
      { 'target.id': targetId, action: { $ne: except }, erasedAt: { $exists: false } },
      { sort: { at: -1, _id: -1 }, limit, projection: { target: 1 }, session },
    ),

  async erase(
    scope: ClientScope,
    ids: readonly Types.ObjectId[],
    erasedAt: Date,
    session: ClientSession,
  ): Promise<void> {
    await events.updateMany(
      scope,
      { _id: { $in: [...ids] } },
      { $set: { erasedAt }, $unset: { before: '', after: '', 'seal.salt': '' } },
      { session },
    );
  },
});

const createSlices = (events: TenantCollection<AuditEventDoc>) => ({
  listSealed: (scope: ClientScope, { after, upTo, limit }: ChainSlice): Promise<AuditEventDoc[]> =>
    events.find(scope, { seq: { $gt: after, $lte: upTo } }, { sort: { seq: 1 }, limit }),

  findSealed: (scope: ClientScope, seq: number): Promise<AuditEventDoc | null> =>
    events.findOne(scope, { seq }),

  /** The highest number of an event, whatever the end of the chain says. */
  async findHighestSeq(scope: ClientScope): Promise<number> {
    const filter = { seq: { $gt: 0 } };
    return (await events.findOne(scope, filter, { sort: { seq: -1 }, projection: { seq: 1 } }))?.seq ?? 0;
  },
});

const createEnds = (chains: TenantCollection<AuditChainDoc>) => ({
  async findEnd(scope: ClientScope, session?: ClientSession): Promise<ChainEnd> {
    return (await chains.findOne(scope, {}, { session })) ?? chainStart;
  },

  /** The clients that have a chain, after `after`. */
  async listClientsAcrossClients(after: Types.ObjectId | null, limit: number): Promise<Types.ObjectId[]> {
    const found = await chains.acrossClients.find<Pick<AuditChainDoc, 'clientId'>>(
      after === null ? {} : { clientId: { $gt: after } },
      { sort: { clientId: 1 }, limit, projection: { clientId: 1 } },
    );
    return found.map(({ clientId }) => clientId);
  },

  /** Takes the chain for one sealer, and begins it if there is none; false while another one holds it. */
  async lease(scope: ClientScope, { now, leaseUntil, leaseToken }: ChainLease): Promise<boolean> {
    try {
      await chains.updateOne(
        scope,
        {
          _id: scope.clientId,
          $or: [{ leaseUntil: { $exists: false } }, { leaseUntil: { $lte: now } }],
        },
        { $set: { leaseToken, leaseUntil }, $setOnInsert: chainStart },
        { upsert: true },
      );
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  },

  async release(scope: ClientScope, leaseToken: string): Promise<void> {
    await chains.updateOne(scope, { leaseToken }, { $unset: { leaseToken: '', leaseUntil: '' } });
  },

  /** Moves the end of the chain, frees it, and orders an anchor; false if the end is not where it was read. */
  async moveEnd(
    scope: ClientScope,
    { from, to, anchorAt }: { from: ChainEnd; to: ChainEnd; anchorAt: Date },
    session: ClientSession,
  ): Promise<boolean> {
    const { matchedCount } = await chains.updateOne(
      scope,
      { seq: from.seq, hash: from.hash },
      {
        $set: { seq: to.seq, hash: to.hash },
        // An anchor that is due earlier covers these events too.
        $min: { anchorAt },
        $unset: { leaseToken: '', leaseUntil: '' },
      },
      { session },
    );
    return matchedCount === 1;
  },
});

const createDueAnchors = (chains: TenantCollection<AuditChainDoc>) => ({
  listDueForAnchorAcrossClients: (now: Date, limit: number): Promise<AuditChainDoc[]> =>
    chains.acrossClients.find(
      { anchorAt: { $lte: now } },
      { sort: { anchorAt: 1 }, limit, maxTimeMS: maxScanMs },
    ),

  /** Notes the anchor of `seq`. The next one is due at `nextAt` if the chain has grown meanwhile, or else with its next event. */
  async noteAnchored(
    scope: ClientScope,
    { seq, anchorAt, nextAt }: { seq: number; anchorAt: Date | undefined; nextAt: Date },
    session?: ClientSession,
  ): Promise<void> {
    const next = { $cond: [{ $eq: ['$seq', seq] }, '$$REMOVE', nextAt] };
    await chains.updateOne(scope, { anchorAt: anchorAt ?? null }, [{ $set: { anchorAt: next } }], {
      session,
    });
  },
});

const createAnchors = (anchors: TenantCollection<AuditAnchorDoc>) => ({
  /** Throws the duplicate key error if the event is anchored already. */
  insertAnchor: (scope: ClientScope, anchor: AuditAnchorDoc, session: ClientSession): Promise<void> =>
    anchors.insertOne(scope, anchor, { session }),

  listAnchors: (scope: ClientScope, { after, upTo, limit }: ChainSlice): Promise<AuditAnchorDoc[]> =>
    anchors.find(scope, { seq: { $gt: after, $lte: upTo } }, { sort: { seq: 1 }, limit }),

  async findLastAnchored(scope: ClientScope): Promise<number> {
    return (await anchors.findOne(scope, {}, { sort: { seq: -1 } }))?.seq ?? 0;
  },
});
