import type { ServerResponse } from 'node:http';
import { AppError } from '../platform/errors.ts';
import { Disconnected } from './body.ts';

export interface ReadPlaces {
  /**
   * Waits for a place of the client. Call `handled` when the reply is written or has failed. The place is free again
   * when the response has left too, so that unread answers do not pile up. Throws `too-many-requests` beyond the queue,
   * and `Disconnected` if nobody waits for the answer any more.
   */
  take(client: string, response: ServerResponse): Promise<{ handled(): void }>;
}

export interface ReadPlaceLimits {
  /** Reads of one client that are answered at the same time. */
  readonly atOnce: number;
  /** Further ones that wait. */
  readonly waiting: number;
  /** How long a client may take to read an answer before its connection is closed. */
  readonly answerMs: number;
}

const defaults: ReadPlaceLimits = { atOnce: 6, waiting: 200, answerMs: 30_000 };

interface Places {
  taken: number;
  readonly waiting: Set<() => void>;
}

/**
 * Places for reads, per client: a large answer occupies the event loop and memory, and a client can ask for many at once.
 * A place goes from one read to the next in the order of arrival.
 */
export function createReadPlaces(limits: Partial<ReadPlaceLimits> = {}): ReadPlaces {
  const { atOnce, waiting: maxWaiting, answerMs } = { ...defaults, ...limits };
  const clients = new Map<string, Places>();

  function placesOf(client: string): Places {
    const found = clients.get(client) ?? { taken: 0, waiting: new Set() };
    clients.set(client, found);
    return found;
  }

  function free(client: string, places: Places): void {
    const [next] = places.waiting;
    if (next !== undefined) return next();
    places.taken -= 1;
    if (places.taken === 0) clients.delete(client);
  }

  function wait(places: Places, response: ServerResponse): Promise<void> {
    if (places.waiting.size >= maxWaiting) {
      const detail = `${maxWaiting} reads of this business wait already.`;
      throw new AppError('too-many-requests', detail, { retryAfterSeconds: 1 });
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        places.waiting.delete(enter);
        reject(new Disconnected());
      };
      const enter = (): void => {
        places.waiting.delete(enter);
        response.off('close', leave);
        resolve();
      };
      places.waiting.add(enter);
      response.once('close', leave);
    });
  }

  return {
    async take(client, response) {
      const places = placesOf(client);
      if (places.taken < atOnce) places.taken += 1;
      else await wait(places, response);
      if (response.closed || response.destroyed) {
        free(client, places);
        throw new Disconnected();
      }
      return { handled: () => whenLeft(response, answerMs, () => free(client, places)) };
    },
  };
}

function whenLeft(response: ServerResponse, withinMs: number, then: () => void): void {
  if (response.closed) return then();
  const giveUp = setTimeout(() => response.destroy(), withinMs);
  giveUp.unref();
  response.once('close', () => {
    clearTimeout(giveUp);
    then();
  });
}
