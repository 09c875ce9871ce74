import type { Connection, mongo, Types } from 'mongoose';
import { gateNames, isBrief, type GateName } from '../../../openings/contract.ts';
import { openTenantCollection } from '../../../platform/tenant-collection.ts';
import { unsentStatuses } from '../lifecycle.ts';
import { messageModel } from './model.ts';

/** Every measurement gives up after this long: a slow database must not be slowed by being watched. */
const maxTimeMS = 5_000;
/** More clients than this are not looked at; a product of that size measures by other means. */
const maxClients = 5_000;

export interface WaitingGroup {
  /** Null for all statuses that a gate holds. */
  readonly status: string | null;
  /** The gate that holds them back; null when they only wait for their turn. */
  readonly gate: GateName | null;
  readonly count: number;
  /** When the oldest of them could have left. */
  readonly oldest: Date;
}

export interface UnknownGroup {
  readonly clientId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  /** Null for a message without a template. */
  readonly template: { readonly name: string; readonly language: string } | null;
  readonly count: number;
  readonly oldest: Date;
}

export type MessageMeasures = ReturnType<typeof createMessageMeasures>;

/** Counts across all tenants for the metrics; bounded, so that a backlog does not make them dear. */
export function createMessageMeasures(connection: Connection) {
  const messages = openTenantCollection(messageModel, connection);

  /** The clients that have messages: one step in an index for each, whatever they have. */
  async function clientIdsAcrossClients(): Promise<Types.ObjectId[]> {
    const ids = await messages.acrossClients.distinctClientIds({ maxTimeMS });
    return ids.slice(0, maxClients);
  }

  return {
    clientIdsAcrossClients,

    /**
     * Messages that are due and have not left. Of each status at most `limit` are counted that only wait for their
     * turn, and of each gate as many that it holds: what is not asked for hides nothing.
     */
    async findWaitingAcrossClients({ now, limit }: { now: Date; limit: number }): Promise<WaitingGroup[]> {
      // Not later than now, or without a time: one range of the index.
      const sendAt = { $not: { $gt: now } };
      const count = (match: mongo.Document, names: Pick<WaitingGroup, 'status' | 'gate'>) =>
        messages.acrossClients.aggregate<WaitingGroup>(
          [{ $match: { ...match, sendAt } }, { $limit: limit }, ...counted(names)],
          { maxTimeMS },
        );
      const onTheirWay = { 'waiting.gate': { $in: [null, ...briefGates] } };
      const groups = await Promise.all([
        ...unsentStatuses.map((status) => count({ status, ...onTheirWay }, { status, gate: null })),
        ...holdingGates.map((gate) =>
          count({ status: { $in: [...unsentStatuses] }, 'waiting.gate': gate }, { status: null, gate }),
        ),
      ]);
      return groups.flat();
    },

    /** Messages of unknown fate, by what was sent. */
    findUnknownAcrossClients: (
      clientIds: readonly Types.ObjectId[],
      { limit }: { limit: number },
    ): Promise<UnknownGroup[]> =>
      messages.acrossClients.aggregate<UnknownGroup>(
        [
          { $match: { clientId: { $in: [...clientIds] }, status: 'unknown' } },
          { $limit: limit },
          ...byTemplate,
        ],
        { maxTimeMS },
      ),

    /** Messages accepted since `acceptedAfter` that left before `calledBefore` and of which no receipt has come. */
    countWithoutReceiptAcrossClients: (
      clientIds: readonly Types.ObjectId[],
      { acceptedAfter, calledBefore, limit }: { acceptedAfter: Date; calledBefore: Date; limit: number },
    ): Promise<number> =>
      messages.acrossClients.count(
        {
          clientId: { $in: [...clientIds] },
          status: 'sent',
          timestamp: { $gte: acceptedAfter },
          'dispatch.startedAt': { $lt: calledBefore },
          // Entries of ours have no word of the provider.
          'statusHistory.raw.word': { $exists: false },
        },
        { limit, maxTimeMS },
      ),
  };
}

const byTemplate: readonly mongo.Document[] = [
  {
    $group: {
      _id: {
        clientId: '$clientId',
        channelId: '$channelId',
        name: '$templateName',
        language: '$content.template.language.code',
      },
      count: { $sum: 1 },
      oldest: { $min: { $ifNull: ['$dispatch.startedAt', '$timestamp'] } },
    },
  },
  {
    $project: {
      _id: 0,
      clientId: '$_id.clientId',
      channelId: '$_id.channelId',
      template: {
        $cond: [
          { $eq: [{ $type: '$_id.name' }, 'string'] },
          { name: '$_id.name', language: '$_id.language' },
          null,
        ],
      },
      count: 1,
      oldest: 1,
    },
  },
];

/** Waits of seconds, and the provider's own: such messages are on their way, and count as waiting. */
const briefGates: readonly GateName[] = gateNames.filter(isBrief);
const holdingGates: readonly GateName[] = gateNames.filter((gate) => !isBrief(gate));

const counted = (names: Pick<WaitingGroup, 'status' | 'gate'>): mongo.Document[] => [
  { $group: { _id: null, count: { $sum: 1 }, oldest: { $min: { $max: ['$timestamp', '$sendAt'] } } } },
  {
    $project: {
      _id: 0,
      status: { $literal: names.status },
      gate: { $literal: names.gate },
      count: 1,
      oldest: 1,
    },
  },
];
