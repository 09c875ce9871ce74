import type { Measured } from '../platform/metrics.ts';
import type { rateInstruments } from './instruments.ts';
import type { SendRates } from './send-rates.ts';

/** Counts the sends that the limits delay. Sends waiting for a permit are counted for this process only. */
export function observeRates(rates: SendRates, { instruments }: Measured<typeof rateInstruments>): SendRates {
  let waiting = 0;
  const setWaiting = (change: 1 | -1): void => {
    waiting += change;
    instruments.ratePermitsWaiting.replace([{ labels: {}, value: waiting }]);
  };
  return {
    ...rates,
    async acquire(channel, ask) {
      setWaiting(1);
      try {
        return await rates.acquire(channel, ask);
      } finally {
        setWaiting(-1);
      }
    },
    async slowDown(channel) {
      await rates.slowDown(channel);
      instruments.rateSlowdowns.add({});
    },
    async reservePair(scope, pair, options) {
      const reservation = await rates.reservePair(scope, pair, options);
      if (!reservation.granted) instruments.pairWaits.add({});
      return reservation;
    },
    async reserveUser(scope, ask) {
      const reservation = await rates.reserveUser(scope, ask);
      if (!reservation.granted) instruments.portfolioRefusals.add({});
      return reservation;
    },
  };
}
