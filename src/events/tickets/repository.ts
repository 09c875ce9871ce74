import type { Connection } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { type EventTicketDoc, eventTicketModel } from './model.ts';

export type { EventTicketDoc } from './model.ts';

export type EventTicketRepository = ReturnType<typeof createEventTicketRepository>;

export function createEventTicketRepository(connection: Connection) {
  const tickets = openTenantCollection(eventTicketModel, connection);
  return {
    insert: (scope: ClientScope, ticket: EventTicketDoc): Promise<void> => tickets.insertOne(scope, ticket),

    /** Takes the ticket away, so that it works once; null if it was used or is too old. */
    take: (scope: ClientScope, tokenHash: string, now: Date): Promise<EventTicketDoc | null> =>
      tickets.findOneAndDelete(scope, { tokenHash, expiresAt: { $gt: now } }),
  };
}
