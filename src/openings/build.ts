import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createGateOpenings, type GateOpenings, type OpeningQueue } from './openings.ts';
import { createGateOpeningRepository } from './repository.ts';

interface OpeningDeps {
  readonly mongo: MongoConnection;
  readonly clock: Clock;
}

/** Records gate openings, and queues them for the worker that wakes held messages. */
export function buildOpenings({ mongo, clock }: OpeningDeps): {
  readonly openings: GateOpenings;
  readonly queue: OpeningQueue;
} {
  const queue = createGateOpeningRepository(mongo);
  return { openings: createGateOpenings({ openings: queue, clock }), queue };
}
