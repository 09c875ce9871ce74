import { Types } from 'mongoose';
import type { Actor } from '../../http/route.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import { newId, newSecret, sha256Hex } from '../../platform/ids.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { EventTicketRepository } from './repository.ts';

export const ticketMs = 30_000;

export interface IssuedTicket {
  readonly ticket: string;
  readonly expiresAt: Date;
}

export interface TicketDeps {
  readonly tickets: EventTicketRepository;
  /** Those of the actors who have lost their access since. */
  readonly findEnded: (actors: readonly Actor[]) => Promise<ReadonlySet<Actor>>;
  readonly clock: Clock;
}

/** The id of the client and a secret. The id only saves a search: the secret belongs to one client. */
const format = /^([0-9a-f]{24})\.([\w-]{43})$/;

export type EventTickets = ReturnType<typeof createTickets>;

/** Tickets for streams: single use, for half a minute. */
export function createTickets({ tickets, findEnded, clock }: TicketDeps) {
  return {
    async issue(actor: Actor): Promise<IssuedTicket> {
      const { clientId, userId, sessionId, role, isOperator, operatorAccessId, accessEndsAt } = actor;
      const scope = scopeOf(clientId);
      const secret = newSecret();
      const expiresAt = new Date(clock.now().getTime() + ticketMs);
      await tickets.insert(scope, {
        ...{ _id: newId(), ...scope, tokenHash: sha256Hex(secret) },
        ...{ userId, sessionId, role, isOperator },
        ...(operatorAccessId === undefined ? {} : { operatorAccessId }),
        ...{ accessEndsAt, expiresAt },
      });
      return { ticket: `${clientId.toHexString()}.${secret}`, expiresAt };
    },

    /** The actor of a ticket, which is used up; throws `unauthenticated`. */
    async redeem(ticket: string): Promise<Actor> {
      const [, client = '', secret = ''] = format.exec(ticket) ?? [];
      if (secret === '') throw refused();
      const scope = scopeOf(Types.ObjectId.createFromHexString(client));
      const found = await tickets.take(scope, sha256Hex(secret), clock.now());
      if (found === null) throw refused();
      const { clientId, userId, sessionId, role, isOperator, operatorAccessId, accessEndsAt } = found;
      const access = operatorAccessId === undefined ? {} : { operatorAccessId };
      const actor: Actor = { clientId, userId, sessionId, role, isOperator, accessEndsAt, ...access };
      if ((await findEnded([actor])).has(actor)) throw refused();
      return actor;
    },
  };
}

const refused = (): AppError =>
  new AppError('unauthenticated', 'The ticket was used, is older than 30 seconds, or its session has ended.');
