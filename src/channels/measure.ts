import { maxClientSeries, type Measured, sumSeries } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { codeLabel } from '../whatsapp/error-labels.ts';
import type { channelInstruments } from './instruments.ts';
import { createChannelMeasures } from './store/measures.ts';

interface ChannelMeasureDeps {
  readonly mongo: MongoConnection;
  readonly metrics: Measured<typeof channelInstruments>;
}

/** Updates the gauges of paused and unverified channels. */
export function createChannelMeasure({ mongo, metrics }: ChannelMeasureDeps) {
  const channels = createChannelMeasures(mongo);
  return async (): Promise<void> => {
    const unverified = await channels.findUnverifiedAcrossClients();
    metrics.instruments.channelsUnverified.replace(
      unverified.map(({ cause, count }) => ({ labels: { cause }, value: count })),
    );
    const paused = await channels.findPausedAcrossClients();
    metrics.instruments.channelsPaused.replace(
      paused.map(({ by, errorClass, count }) => ({ labels: { by, class: errorClass }, value: count })),
    );
    const ofClients = await channels.findProviderPausesAcrossClients(maxClientSeries);
    metrics.instruments.clientChannelsPaused.replace(
      sumSeries(
        ofClients.map(({ clientId, errorClass, code, count }) => ({
          labels: { client: clientId.toHexString(), class: errorClass, code: codeLabel(code) },
          value: count,
        })),
      ),
    );
  };
}
