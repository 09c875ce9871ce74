import type { Actor, AnyRoute } from './route.ts';

/** Counts what the requests of a business store. */
export interface WriteMeter {
  /** Takes what a request with so many bytes of body may store; throws `too-many-requests` if the day has no room. */
  take(actor: Pick<Actor, 'clientId'>, bodyBytes: number): Promise<void>;
  /** Counts an answer that is kept, once it is: the next requests find less. */
  owe(actor: Pick<Actor, 'clientId'>, answerBytes: number): Promise<void>;
}

/** What ends something or guards an account must work on a full day, and stores little. */
export const isMetered = ({ method, path }: Pick<AnyRoute, 'method' | 'path'>): boolean =>
  method !== 'get' && method !== 'delete' && !path.startsWith('/api/auth/');
