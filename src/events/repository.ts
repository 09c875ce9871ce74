import type { ClientSession, Connection, mongo, Types } from 'mongoose';
import { type ClientScope, scopeOf } from '../platform/mongo.ts';
import { openTenantCollection } from '../platform/tenant-collection.ts';
import { eventHeadModel, type OutboxEventDoc, outboxEventModel } from './model.ts';

export type { OutboxEventDoc } from './model.ts';

/** What the sequencer reads of an event. */
export type PendingEvent = Pick<OutboxEventDoc, '_id' | 'clientId' | 'entity' | 'version' | 'at'>;

/** An event that has its number. */
export type NumberedEvent = OutboxEventDoc & { readonly seq: number };

export interface EventNumber {
  readonly clientId: Types.ObjectId;
  readonly _id: Types.ObjectId;
  readonly seq: number;
}

export interface HeadMove {
  readonly clientId: Types.ObjectId;
  readonly from: number;
  readonly to: number;
}

const pendingFields = { clientId: 1, entity: 1, version: 1, at: 1 } as const;

export type OutboxRepository = ReturnType<typeof createOutboxRepository>;

export function createOutboxRepository(connection: Connection) {
  const events = openTenantCollection(outboxEventModel, connection);
  return {
    insertMany: (
      scope: ClientScope,
      documents: readonly OutboxEventDoc[],
      session: ClientSession,
    ): Promise<void> => events.insertMany(scope, documents, { session }),

    /** Stores those that are not stored yet, each for its own client; returns the ids of those that were. */
    async insertNewAcrossClients(documents: readonly OutboxEventDoc[]): Promise<readonly Types.ObjectId[]> {
      const known = await events.acrossClients.insertNew(documents);
      return known.map(({ _id }) => _id);
    },

    /** The versions of events, by id. The marks of all clients are dealt with together. */
    async findVersionsAcrossClients(ids: readonly Types.ObjectId[]): Promise<ReadonlyMap<string, number>> {
      if (ids.length === 0) return new Map();
      const found = await events.acrossClients.find<Pick<OutboxEventDoc, '_id' | 'version'>>(
        { _id: { $in: [...ids] } },
        { projection: { version: 1 } },
      );
      return new Map(found.map(({ _id, version }) => [_id.toHexString(), version]));
    },

    /** Events with numbers above `seq`, in order. */
    listAfter: (scope: ClientScope, seq: number, limit: number): Promise<NumberedEvent[]> =>
      events.find<NumberedEvent>(scope, { seq: { $gt: seq } }, { sort: { seq: 1 }, limit }),

    /** Events without a number, by client; of clients beyond `after` only. The sequencer works for all clients. */
    listPendingAcrossClients: (after: Types.ObjectId | null, limit: number): Promise<PendingEvent[]> =>
      events.acrossClients.find<PendingEvent>(
        { isPending: true, ...(after === null ? {} : { clientId: { $gt: after } }) },
        { sort: { clientId: 1, at: 1, _id: 1 }, limit, projection: pendingFields, hint: 'pending' },
      ),

    /** Gives events their numbers; returns how many of them had none. */
    numberAcrossClients: (
      numbers: readonly EventNumber[],
      numberedAt: Date,
      session: ClientSession,
    ): Promise<number> =>
      events.acrossClients.updateEach(
        numbers.map(({ clientId, _id, seq }) => ({
          scope: scopeOf(clientId),
          filter: { _id, isPending: true },
          update: { $set: { seq, numberedAt }, $unset: { isPending: '' } },
        })),
        { session, ordered: false },
      ),

    watchNewAcrossClients: (): mongo.ChangeStream =>
      events.acrossClients.watch([
        { $match: { operationType: 'insert' } },
        { $project: { 'documentKey._id': 1 } },
      ]),
  };
}

export type EventHeadRepository = ReturnType<typeof createEventHeadRepository>;

/** The last number of each client. The id of a head is that of its client, so that a change stream tells it. */
export function createEventHeadRepository(connection: Connection) {
  const heads = openTenantCollection(eventHeadModel, connection);
  return {
    async find(scope: ClientScope): Promise<number> {
      return (await heads.findOne(scope, {}))?.seq ?? 0;
    },

    /** Of these clients, by id; a client without events is missing. */
    async findAcrossClients(
      clientIds: readonly Types.ObjectId[],
      session?: ClientSession,
    ): Promise<ReadonlyMap<string, number>> {
      const found = await heads.acrossClients.find(
        { clientId: { $in: [...clientIds] } },
        session === undefined ? {} : { session },
      );
      return new Map(found.map(({ clientId, seq }) => [clientId.toHexString(), seq]));
    },

    /** Moves heads that are still where they were read; returns how many. Throws the duplicate key error for a new one that exists. */
    moveAcrossClients: (moves: readonly HeadMove[], session: ClientSession): Promise<number> =>
      heads.acrossClients.updateEach(
        moves.map(({ clientId, from, to }) => ({
          scope: scopeOf(clientId),
          filter: { _id: clientId, seq: from },
          update: { $set: { seq: to } },
        })),
        { session, upsert: true },
      ),

    watchAcrossClients: (): mongo.ChangeStream =>
      heads.acrossClients.watch([
        { $match: { operationType: { $in: ['insert', 'update'] } } },
        { $project: { 'documentKey._id': 1 } },
      ]),
  };
}
