import { type Connection, Types } from 'mongoose';
import { gateNames, isBrief, type GateName } from '../../../openings/contract.ts';
import { openTenantCollection } from '../../../platform/tenant-collection.ts';
import { unsentStatuses } from '../lifecycle.ts';
import { messageModel, type MessageDoc } from './model.ts';

const maxTimeMS = 5_000;

export interface OldestOfClient {
  readonly clientId: Types.ObjectId;
  /** When the oldest of its messages became due. */
  readonly oldest: Date;
}

export interface FailuresOfClient {
  readonly clientId: Types.ObjectId;
  readonly errorClass: string;
  readonly code: string;
  readonly count: number;
}

export interface CountOfClient {
  readonly clientId: Types.ObjectId;
  readonly count: number;
}

type Unsent = (typeof unsentStatuses)[number];

interface Bounds {
  readonly now: Date;
  /** At most so many clients are looked at. */
  readonly maxClients: number;
}

export type BacklogMeasures = ReturnType<typeof createBacklogMeasures>;
export type OutcomeMeasures = ReturnType<typeof createOutcomeMeasures>;

/** Messages at these gates wait for seconds only, so they count as queued; null is no gate. */
const queuedAt: readonly (GateName | null)[] = [null, ...gateNames.filter(isBrief)];

/**
 * The messages of each client that wait for long, for metrics. Steps from client to client over an index, so that the backlog of one
 * hides no other, and costs no more than that of a small one.
 */
export function createBacklogMeasures(connection: Connection) {
  const messages = openTenantCollection(messageModel, connection);

  /** The oldest due message of each client with this status and gate: one read for each client. */
  async function findOldest(
    { status, gate, hasSendAt }: { status: Unsent; gate: GateName | null; hasSendAt: boolean },
    { now, maxClients }: Bounds,
  ): Promise<OldestOfClient[]> {
    const sendAt = hasSendAt ? { $gt: new Date(0), $lte: now } : null;
    const found: OldestOfClient[] = [];
    let after = new Types.ObjectId('000000000000000000000000');
    while (found.length < maxClients) {
      const [first] = await messages.acrossClients.find<
        Pick<MessageDoc, 'clientId' | 'timestamp' | 'sendAt'>
      >(
        { status, 'waiting.gate': gate, clientId: { $gt: after }, sendAt },
        {
          sort: { clientId: 1, sendAt: 1, timestamp: 1 },
          limit: 1,
          projection: { _id: 0, clientId: 1, timestamp: 1, sendAt: 1 },
          // Where nothing matches, other indexes look as good, and sort what they find.
          hint: 'due-by-client',
          maxTimeMS,
        },
      );
      if (first === undefined) break;
      const { clientId, timestamp, sendAt: dueAt = timestamp } = first;
      found.push({ clientId, oldest: dueAt > timestamp ? dueAt : timestamp });
      after = clientId;
    }
    return found;
  }

  const findOldestOf = async (
    statuses: readonly Unsent[],
    gates: readonly (GateName | null)[],
    bounds: Bounds,
  ): Promise<OldestOfClient[]> => {
    const kinds = statuses.flatMap((status) =>
      gates.flatMap((gate) => [true, false].map((hasSendAt) => ({ status, gate, hasSendAt }))),
    );
    const found = await Promise.all(kinds.map((kind) => findOldest(kind, bounds)));
    return oldestFirst(found.flat()).slice(0, bounds.maxClients);
  };

  return {
    /** Due messages that no gate holds, by client; the oldest first. */
    findWaitingAcrossClients: (status: Unsent, bounds: Bounds): Promise<OldestOfClient[]> =>
      findOldestOf([status], queuedAt, bounds),

    /** Due messages that a gate holds, by client; the oldest first. */
    findHeldAcrossClients: (gate: GateName, bounds: Bounds): Promise<OldestOfClient[]> =>
      findOldestOf(unsentStatuses, [gate], bounds),
  };
}

/** What became of each client's messages of the last hour, for metrics. */
export function createOutcomeMeasures(connection: Connection) {
  const messages = openTenantCollection(messageModel, connection);
  return {
    /** Failed messages that were accepted since a time, by client and error; the most frequent first. */
    findFailuresAcrossClients: (
      clientIds: readonly Types.ObjectId[],
      { since, limit }: { since: Date; limit: number },
    ): Promise<FailuresOfClient[]> =>
      messages.acrossClients.aggregate<FailuresOfClient>(
        [
          { $match: { clientId: { $in: [...clientIds] }, status: 'failed', timestamp: { $gte: since } } },
          {
            $group: {
              _id: { clientId: '$clientId', errorClass: '$failure.class', code: '$failure.code' },
              count: { $sum: 1 },
            },
          },
          { $sort: { count: -1 } },
          { $limit: limit },
          {
            $project: {
              _id: 0,
              clientId: '$_id.clientId',
              errorClass: { $ifNull: ['$_id.errorClass', 'internal'] },
              code: { $ifNull: ['$_id.code', 'none'] },
              count: 1,
            },
          },
        ],
        { maxTimeMS },
      ),

    /** Messages accepted since `acceptedAfter` and sent before `calledBefore` without any receipt, by client. */
    findWithoutReceiptAcrossClients: (
      clientIds: readonly Types.ObjectId[],
      { acceptedAfter, calledBefore, limit }: { acceptedAfter: Date; calledBefore: Date; limit: number },
    ): Promise<CountOfClient[]> =>
      messages.acrossClients.aggregate<CountOfClient>(
        [
          {
            $match: {
              clientId: { $in: [...clientIds] },
              status: 'sent',
              timestamp: { $gte: acceptedAfter },
              'dispatch.startedAt': { $lt: calledBefore },
              // Only receipts have a word of the provider.
              'statusHistory.raw.word': { $exists: false },
            },
          },
          { $group: { _id: '$clientId', count: { $sum: 1 } } },
          { $sort: { count: -1 } },
          { $limit: limit },
          { $project: { _id: 0, clientId: '$_id', count: 1 } },
        ],
        { maxTimeMS },
      ),
  };
}

/** One entry for each client, with its oldest; the oldest client first. */
function oldestFirst(found: readonly OldestOfClient[]): OldestOfClient[] {
  const byClient = new Map<string, OldestOfClient>();
  for (const entry of found) {
    const known = byClient.get(entry.clientId.toHexString());
    if (known === undefined || entry.oldest < known.oldest) byClient.set(entry.clientId.toHexString(), entry);
  }
  return [...byClient.values()].toSorted((one, other) => one.oldest.getTime() - other.oldest.getTime());
}
