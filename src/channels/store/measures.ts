import type { Connection } from 'mongoose';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { channelModel } from './model.ts';

export interface PausedGroup {
  readonly by: string;
  readonly errorClass: string;
  readonly count: number;
}

export interface UnverifiedGroup {
  readonly cause: string;
  readonly count: number;
}

const maxChannels = 20_000;
const maxTimeMS = 5_000;

/** Counts across all tenants for the metrics. */
export function createChannelMeasures(connection: Connection) {
  const channels = openTenantCollection(channelModel, connection);
  return {
    /** Channels without a proof of ownership. Scans the collection, as below. */
    findUnverifiedAcrossClients: (): Promise<UnverifiedGroup[]> =>
      channels.acrossClients.aggregate<UnverifiedGroup>(
        [
          { $limit: maxChannels },
          { $match: { 'ownership.state': { $ne: 'verified' } } },
          { $group: { _id: { $ifNull: ['$ownership.gap', 'not-checked'] }, count: { $sum: 1 } } },
          { $project: { _id: 0, cause: '$_id', count: 1 } },
        ],
        { maxTimeMS },
      ),

    /** Channels that do not send, by cause. Scans the collection: channels are too few to need an index. */
    findPausedAcrossClients: (): Promise<PausedGroup[]> =>
      channels.acrossClients.aggregate<PausedGroup>(
        [
          { $limit: maxChannels },
          { $match: { state: { $ne: 'active' } } },
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
  };
}
