import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { EventTable } from './declare.ts';
import { createEventRecorder, type EventRecorder } from './recorder.ts';
import { createOutboxRepository } from './repository.ts';

interface RecorderDeps {
  readonly mongo: MongoConnection;
  readonly table: EventTable;
  readonly clock: Clock;
}

/** Used by every process that changes something. */
export const buildEventRecorder = ({ mongo, table, clock }: RecorderDeps): EventRecorder =>
  createEventRecorder({ outbox: createOutboxRepository(mongo), table, clock });
