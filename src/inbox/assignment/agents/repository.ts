import mongoose, { type ClientSession, type Connection, type Types } from 'mongoose';
import { newId } from '../../../platform/ids.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../../platform/tenant-collection.ts';
import type { FairLimit } from '../policies/model.ts';
import { agentStateModel, maxRecent, type AgentStateDoc } from './model.ts';

export type { AgentStateDoc } from './model.ts';

/** What an agent must still fulfil when the conversation becomes theirs. */
export interface SlotTerms {
  readonly capacity: number;
  readonly fairLimit: FairLimit;
}

/** A business has fewer agents who are online; the list is bounded all the same. */
const maxAgents = 1_000;

export type AgentStateRepository = ReturnType<typeof createAgentStateRepository>;

export function createAgentStateRepository(connection: Connection) {
  const agents = openTenantCollection(agentStateModel, connection);
  return {
    ...createReads(agents),
    ...createSlotWrites(agents),

    /** Clients after `after` that have agents, in order of their ids. */
    async findClientsAcrossClients(after: Types.ObjectId | null, limit: number): Promise<Types.ObjectId[]> {
      const found = await agents.acrossClients.aggregate<{ _id: Types.ObjectId }>(
        [
          // The server skips from client to client in the index.
          { $match: { clientId: { $gt: after ?? new mongoose.mongo.MinKey() } } },
          { $sort: { clientId: 1, userId: 1 } },
          { $group: { _id: '$clientId', userId: { $first: '$userId' } } },
          { $sort: { _id: 1 } },
          { $limit: limit },
        ],
        { maxTimeMS: 5_000 },
      );
      return found.map(({ _id }) => _id);
    },

    /** Throws the duplicate key error if the user has a state. */
    insert: (scope: ClientScope, fresh: AgentStateDoc, session: ClientSession): Promise<void> =>
      agents.insertOne(scope, fresh, { session }),

    /** False if the state has another version now. Slots and connections count no version and are not touched. */
    async replace(
      scope: ClientScope,
      { _id, version }: AgentStateDoc,
      next: AgentStateDoc,
      session: ClientSession,
    ): Promise<boolean> {
      const { chosen, chosenAt, told, connectedUntil, disabledAt, capacity } = next;
      const { matchedCount } = await agents.updateOne(
        scope,
        { _id, version },
        {
          $set: {
            ...{ chosen, chosenAt, told, version: next.version },
            ...(connectedUntil === undefined ? {} : { connectedUntil }),
            ...(disabledAt === undefined ? {} : { disabledAt }),
            ...(capacity === undefined ? {} : { capacity }),
          },
          $unset: {
            ...(disabledAt === undefined ? { disabledAt: 1 as const } : {}),
            ...(capacity === undefined ? { capacity: 1 as const } : {}),
          },
        },
        { session },
      );
      return matchedCount === 1;
    },

    /** Moves the end of a connection that is not over; false if it is, or the user has no state. */
    async stayConnected(
      scope: ClientScope,
      userId: Types.ObjectId,
      now: Date,
      until: Date,
    ): Promise<boolean> {
      const { matchedCount } = await agents.updateOne(
        scope,
        { userId, connectedUntil: { $gt: now } },
        { $max: { connectedUntil: until } },
      );
      return matchedCount === 1;
    },
  };
}

const createReads = (agents: TenantCollection<AgentStateDoc>) => ({
  find: (
    scope: ClientScope,
    userId: Types.ObjectId,
    session?: ClientSession,
  ): Promise<AgentStateDoc | null> => agents.findOne(scope, { userId }, { session }),

  findById: (
    scope: ClientScope,
    _id: Types.ObjectId,
    session?: ClientSession,
  ): Promise<AgentStateDoc | null> => agents.findOne(scope, { _id }, { session }),

  list: (scope: ClientScope): Promise<AgentStateDoc[]> =>
    agents.find(scope, {}, { sort: { userId: 1 }, limit: maxAgents }),

  listOnline: (scope: ClientScope, now: Date): Promise<AgentStateDoc[]> =>
    agents.find(
      scope,
      { chosen: 'online', connectedUntil: { $gt: now }, disabledAt: null },
      { sort: { userId: 1 }, limit: maxAgents },
    ),
});

/** The state of a user who has none yet. */
export const firstState = (
  scope: ClientScope,
  userId: Types.ObjectId,
  { openCount, at }: { readonly openCount: number; readonly at: Date },
): AgentStateDoc => ({
  ...{ _id: newId(), ...scope, userId, chosen: 'offline', chosenAt: at, told: 'offline' },
  ...{ openCount, recent: [], version: 1 },
});

interface Turn {
  readonly userId: Types.ObjectId;
  readonly terms: SlotTerms;
  readonly now: Date;
}

const createSlotWrites = (agents: TenantCollection<AgentStateDoc>) => ({
  /**
   * Notes an automatic assignment if the agent is online, below the capacity and within the fair limit: the guard of
   * the transaction that then adds the slot. False if not.
   */
  async takeTurn(scope: ClientScope, { userId, terms, now }: Turn, session: ClientSession): Promise<boolean> {
    const { count, perSeconds } = terms.fairLimit;
    const own = (await agents.findOne(scope, { userId }, { session }))?.capacity;
    // A change of the capacity at the same moment is a conflict.
    const isAsRead = { capacity: own ?? null };
    const { matchedCount } = await agents.updateOne(
      scope,
      {
        ...{ userId, chosen: 'online', connectedUntil: { $gt: now }, disabledAt: null },
        ...isAsRead,
        openCount: { $lt: Math.min(terms.capacity, own ?? terms.capacity) },
        [`recent.${count - 1}`]: { $not: { $gt: new Date(now.getTime() - perSeconds * 1_000) } },
      },
      {
        $set: { lastAssignedAt: now },
        $push: { recent: { $each: [now], $position: 0, $slice: maxRecent } },
      },
      { session },
    );
    return matchedCount === 1;
  },

  /** Adds to the slots of a user that has a state; returns it, or null if there is none. */
  addSlots: (
    scope: ClientScope,
    userId: Types.ObjectId,
    by: number,
    session: ClientSession,
  ): Promise<AgentStateDoc | null> =>
    agents.findOneAndUpdate(
      scope,
      { userId },
      { $inc: { openCount: by } },
      { returnDocument: 'after', session },
    ),

  /** Corrects the count; false if it has changed since it was read. */
  async correct(
    scope: ClientScope,
    { _id, openCount }: Pick<AgentStateDoc, '_id' | 'openCount'>,
    counted: number,
    session: ClientSession,
  ): Promise<boolean> {
    const { matchedCount } = await agents.updateOne(
      scope,
      { _id, openCount },
      { $set: { openCount: counted } },
      { session },
    );
    return matchedCount === 1;
  },
});
