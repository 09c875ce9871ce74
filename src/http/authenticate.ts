import { AppError } from '../platform/errors.ts';
import type { Actor } from './route.ts';

/** Identifies the actor by the `Authorization` header; throws `unauthenticated` if it is missing or invalid. */
export type Authenticate = (authorization: string | undefined) => Promise<Actor>;

/** The actor of a ticket, which is used up; throws `unauthenticated`. */
export type RedeemTicket = (ticket: string) => Promise<Actor>;

/** Verifies an access token and returns its actor; throws `unauthenticated` if it is invalid or revoked. */
export type ActorOfToken = (accessToken: string) => Promise<Actor>;

/** Longer than any token of ours, so that longer ones need no verification. */
const maxTokenLength = 4_096;

export const createAuthenticate =
  (actorOf: ActorOfToken): Authenticate =>
  async (authorization) => {
    if (authorization === undefined)
      throw new AppError('unauthenticated', 'The request has no access token.');
    const token = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(authorization)?.[1];
    if (token === undefined || token.length > maxTokenLength)
      throw new AppError('unauthenticated', 'The Authorization header is not `Bearer <accessToken>`.');
    return actorOf(token);
  };
