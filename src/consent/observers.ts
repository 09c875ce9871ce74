import type { Measured } from '../platform/metrics.ts';
import type { consentInstruments } from './instruments.ts';

/** Counts an opt-out, and the messages that it canceled; without a source, the messages of one that was counted before. */
export const observeStops =
  ({ instruments }: Measured<typeof consentInstruments>) =>
  (source: string | null, canceledCount: number): void => {
    if (source !== null) instruments.optOuts.add({ source });
    instruments.optOutCancels.add({}, canceledCount);
  };
