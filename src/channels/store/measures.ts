import type { Connection, mongo } from 'mongoose';
import { channelModel, type ChannelDoc } from './model.ts';

export interface PausedGroup {
  readonly by: string;
  readonly errorClass: string;
  readonly count: number;
}

const mostChannels = 20_000;
const maxTimeMS = 5_000;

/** Counts across all tenants for the metrics. */
export function createChannelMeasures(connection: Connection) {
  const channels = channelModel(connection).collection as unknown as mongo.Collection<ChannelDoc>;
  return {
    /** Channels that do not send, by who paused them and why. There are few channels: no index is kept for this. */
    findPausedAcrossClients: (): Promise<PausedGroup[]> =>
      channels
        .aggregate<PausedGroup>(
          [
            { $limit: mostChannels },
            { $match: { state: { $ne: 'active' } } },
            {
              $group: {
                // A pause without more words was made by a person.
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
        )
        .toArray(),
  };
}
