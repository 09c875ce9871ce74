import type { Connection, Types } from 'mongoose';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { channelModel } from './model.ts';

export interface PausedGroup {
  readonly by: string;
  readonly errorClass: string;
  readonly count: number;
}

/** Channels of one client that the provider has paused for one reason. */
export interface PausedOfClient {
  readonly clientId: Types.ObjectId;
  readonly errorClass: string;
  /** The provider's code, or the word of its event. */
  readonly code: string;
  readonly count: number;
}

export interface UnverifiedGroup {
  readonly cause: string;
  readonly count: number;
}

const maxTimeMS = 5_000;

/** Counts across all tenants for the metrics. Each reads only the channels that it counts, over an index. */
export function createChannelMeasures(connection: Connection) {
  const channels = openTenantCollection(channelModel, connection);
  const notActive = { $match: { state: { $in: ['paused', 'disconnected'] } } };
  return {
    /** Channels without a proof of ownership; one that an earlier version stored has no `ownership`. */
    findUnverifiedAcrossClients: (): Promise<UnverifiedGroup[]> =>
      channels.acrossClients.aggregate<UnverifiedGroup>(
        [
          { $match: { 'ownership.state': { $in: ['unverified', null] } } },
          { $group: { _id: { $ifNull: ['$ownership.gap', 'not-checked'] }, count: { $sum: 1 } } },
          { $project: { _id: 0, cause: '$_id', count: 1 } },
        ],
        { maxTimeMS },
      ),

    /** Channels that do not send, by cause. */
    findPausedAcrossClients: (): Promise<PausedGroup[]> =>
      channels.acrossClients.aggregate<PausedGroup>(
        [
          notActive,
          {
            $group: {
              // Only a pause by the provider stores `pause`.
              _id: {
                by: { $cond: [{ $ifNull: ['$pause', false] }, 'provider', 'person'] },
                errorClass: { $ifNull: ['$pause.class', 'none'] },
              },
              count: { $sum: 1 },
            },
          },
          { $project: { _id: 0, by: '$_id.by', errorClass: '$_id.errorClass', count: 1 } },
        ],
        { maxTimeMS },
      ),

    /** The pauses by the provider, by client and reason; the latest first, so that old ones hide no new one. */
    findProviderPausesAcrossClients: (limit: number): Promise<PausedOfClient[]> =>
      channels.acrossClients.aggregate<PausedOfClient>(
        [
          { $match: { state: 'paused', 'pause.since': { $exists: true } } },
          {
            $group: {
              _id: { clientId: '$clientId', errorClass: '$pause.class', code: '$pause.code' },
              count: { $sum: 1 },
              since: { $max: '$pause.since' },
            },
          },
          { $sort: { since: -1 } },
          { $limit: limit },
          {
            $project: {
              _id: 0,
              clientId: '$_id.clientId',
              errorClass: '$_id.errorClass',
              code: '$_id.code',
              count: 1,
            },
          },
        ],
        { maxTimeMS },
      ),
  };
}
