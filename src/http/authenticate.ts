import { AppError } from '../platform/errors.ts';
import type { Actor } from './route.ts';

/** Finds out who is asking from the `Authorization` header; throws `unauthenticated` when nobody is. */
export type Authenticate = (authorization: string | undefined) => Promise<Actor>;

/** Turns a verified access token into its actor; throws `unauthenticated` when it does not hold any more. */
export type ActorOfToken = (accessToken: string) => Promise<Actor>;

/** Longer than any token of ours; saves the work of verifying nonsense. */
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
