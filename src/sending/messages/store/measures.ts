import type { Connection, mongo, Types } from 'mongoose';
import { gateNames, isBrief, type GateName } from '../../../openings/contract.ts';
import { openTenantCollection } from '../../../platform/tenant-collection.ts';
import { unsentStatuses } from '../lifecycle.ts';
import { messageModel } from './model.ts';

/** Time limit of every measurement, so that metrics do not slow a slow database further. */
const maxTimeMS = 5_000;
/** Further clients are not measured; an installation of that size needs another method. */
const maxClients = 5_000;

export interface WaitingGroup {
  /** Null for messages held by a gate, whatever their status. */
  readonly status: (typeof unsentStatuses)[number] | null;
  /** The gate that holds them; null for messages in the queue. */
  readonly gate: GateName | null;
  readonly count: number;
  /** When the oldest of them became due. */
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

/** Counts across all tenants, for metrics. Bounded, so that a backlog does not make them expensive. */
export function createMessageMeasures(connection: Connection) {
  const messages = openTenantCollection(messageModel, connection);

  /** The clients that have messages. Costs one index step per client, however many messages it has. */
  async function clientIdsAcrossClients(): Promise<Types.ObjectId[]> {
    const ids = await messages.acrossClients.distinctClientIds({ maxTimeMS });
    return ids.slice(0, maxClients);
  }

  return {
    clientIdsAcrossClients,

    /**
     * Messages that are due and have not left. Counts at most `limit` queued messages per status, and at most `limit`
     * held ones per gate, in separate queries, so that no group hides another.
     */
    async findWaitingAcrossClients({ now, limit }: { now: Date; limit: number }): Promise<WaitingGroup[]> {
      // Due by now or without a send time: one range of the index.
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

    /** Messages with an unknown outcome, by channel and template. */
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

/** Messages at these gates wait for seconds only, so they count as queued. */
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
