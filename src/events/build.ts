import type { AnyRoute } from '../http/route.ts';
import type { Clock } from '../platform/clock.ts';
import { createLease } from '../platform/leases/lease.ts';
import type { Logger } from '../platform/logger.ts';
import { createLoops, once, type RunnableLoop } from '../platform/loop.ts';
import type { Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createTransactions } from '../platform/transaction.ts';
import type { EventTable, PassingEventTable } from './declare.ts';
import type { eventInstruments } from './instruments.ts';
import { eventLoops } from './loops.ts';
import { createEventRecorder, type EventRecorder } from './recorder.ts';
import { createEventHeadRepository, createOutboxRepository } from './repository.ts';
import { createPassingEventRepository } from './passing/repository.ts';
import { createTeller, type TellPassing } from './passing/teller.ts';
import { eventRoutes } from './routes.ts';
import { createSequencer } from './sequencing/sequencer.ts';
import { createStreams, type StreamsDeps } from './stream/streams.ts';
import { createTail } from './stream/tail.ts';
import { createEventTicketRepository } from './tickets/repository.ts';
import { createTickets } from './tickets/tickets.ts';

interface EventStoreDeps {
  readonly mongo: MongoConnection;
  readonly table: EventTable;
  readonly passingTable: PassingEventTable;
  readonly clock: Clock;
}

/** The outbox, and the recorder that every process uses which changes something. */
export function buildEventStore({ mongo, table, passingTable, clock }: EventStoreDeps) {
  const outbox = createOutboxRepository(mongo);
  const passing = createPassingEventRepository(mongo);
  const tellPassing: TellPassing = createTeller({ events: passing, table: passingTable, clock });
  const recorder: EventRecorder = createEventRecorder({ outbox, table, clock });
  return { outbox, recorder, passing, tellPassing };
}

export type EventStore = ReturnType<typeof buildEventStore>;

interface EventDeps extends EventStoreDeps {
  readonly store: Pick<EventStore, 'outbox' | 'passing'>;
  readonly findEnded: StreamsDeps['findEnded'];
  readonly findSessionsEnded: StreamsDeps['findSessionsEnded'];
  readonly onListening: NonNullable<StreamsDeps['onListening']>;
  readonly metrics: Measured<typeof eventInstruments>;
  readonly logger: Logger;
}

const leaseMs = 5_000;

/** Live events: numbers them, and streams them to the users of this process. */
export function buildEvents(deps: EventDeps) {
  const { mongo, table, store, findEnded, findSessionsEnded, onListening, metrics, clock, logger } = deps;
  const { outbox, passing } = store;
  const { eventStreams, eventsNumbered, eventDelay } = metrics.instruments;
  const heads = createEventHeadRepository(mongo);
  const tail = createTail({ outbox, heads, passing, clock, logger });
  const sequencer = createSequencer({
    outbox,
    heads,
    lease: createLease({ connection: mongo, name: 'event-sequencer', leaseMs, clock }),
    runInTransaction: createTransactions(mongo),
    clock,
    logger,
    onNumbered(count, oldestMs) {
      eventsNumbered.add({}, count);
      eventDelay.observe({}, oldestMs / 1_000);
    },
  });
  const onCount = (open: number): void => eventStreams.replace([{ labels: {}, value: open }]);
  onCount(0);
  const streams = createStreams({
    ...{ outbox, heads, tail, findEnded, findSessionsEnded, onListening, clock, logger, onCount },
  });
  const tickets = createTickets({ tickets: createEventTicketRepository(mongo), findEnded, clock });
  const routes: readonly AnyRoute[] = eventRoutes({
    ...{ eventTable: table, passingTable: deps.passingTable, streams, tickets },
  });
  const loops: readonly RunnableLoop[] = createLoops(eventLoops, {
    'event-sequencer': sequencer,
    'event-tail': tail.work,
    'event-streams': once(() => streams.check()),
  });
  return { routes, loops, redeemTicket: tickets.redeem, stop: streams.stop };
}
