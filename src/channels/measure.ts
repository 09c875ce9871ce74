import type { Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { channelInstruments } from './instruments.ts';
import { createChannelMeasures } from './store/measures.ts';

interface ChannelMeasureDeps {
  readonly mongo: MongoConnection;
  readonly metrics: Measured<typeof channelInstruments>;
}

/** Updates the gauge of paused channels. */
export function createChannelMeasure({ mongo, metrics }: ChannelMeasureDeps) {
  const channels = createChannelMeasures(mongo);
  return async (): Promise<void> => {
    const paused = await channels.findPausedAcrossClients();
    metrics.instruments.channelsPaused.replace(
      paused.map(({ by, errorClass, count }) => ({ labels: { by, class: errorClass }, value: count })),
    );
  };
}
