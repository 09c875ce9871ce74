import type { Measured } from '../platform/metrics.ts';
import type { consentInstruments } from './instruments.ts';

export const observeStops =
  ({ instruments }: Measured<typeof consentInstruments>) =>
  (source: string, canceledCount: number): void => {
    instruments.optOuts.add({ source });
    instruments.optOutCancels.add({}, canceledCount);
  };
