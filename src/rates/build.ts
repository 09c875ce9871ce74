import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { createLoops, once } from '../platform/loop.ts';
import type { Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createTransactions } from '../platform/transaction.ts';
import type { rateInstruments } from './instruments.ts';
import { rateLoops } from './loops.ts';
import { createManagementLimiter } from './management/limiter.ts';
import { observeRates } from './observers.ts';
import { createSendRates } from './send-rates.ts';

interface RateDeps {
  readonly mongo: MongoConnection;
  readonly metrics: Measured<typeof rateInstruments>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The send rates, and the limit of management calls. */
export function buildRates({ mongo, metrics, clock, logger }: RateDeps) {
  const transact = createTransactions(mongo);
  const rates = observeRates(createSendRates({ connection: mongo, transact, clock, logger }), metrics);
  return {
    rates,
    limiter: createManagementLimiter(rates),
    loops: createLoops(rateLoops, { 'portfolio-users': once(() => rates.sweepExpiredUsers()) }),
    close: () => rates.close(),
  };
}
