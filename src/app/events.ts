import { buildAudit } from '../audit/build.ts';
import { buildEventStore } from '../events/build.ts';
import type { EventTable, PassingEventTable } from '../events/declare.ts';
import { channelEvents } from '../channels/events.ts';
import { consentEvents } from '../consent/events.ts';
import { identityEvents } from '../identity/events.ts';
import { inboxEvents, inboxPassingEvents } from '../inbox/events.ts';
import { peopleEvents } from '../people/events.ts';
import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { combineTables } from '../platform/registry.ts';
import { sendingEvents } from '../sending/events.ts';
import { templateEvents } from '../templates/events.ts';

/** Every type of live event. A type that an area declares and this table lacks does not compile. */
export const eventTable: EventTable = combineTables(
  identityEvents,
  channelEvents,
  peopleEvents,
  templateEvents,
  consentEvents,
  inboxEvents,
  sendingEvents,
);

/** Every type of passing event. */
export const passingEventTable: PassingEventTable = inboxPassingEvents;

/** What every change leaves behind: audit events and live events. */
export function buildRecords({ mongo, clock }: { mongo: MongoConnection; clock: Clock }) {
  const store = buildEventStore({ mongo, table: eventTable, passingTable: passingEventTable, clock });
  const events = store.recorder;
  return { store, events, audit: buildAudit({ mongo, events, clock }) };
}
