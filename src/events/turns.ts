import type { Types } from 'mongoose';

interface OfClient {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
}

/** A part of what waits. */
export interface Turn<Doc> {
  readonly taken: readonly Doc[];
  /** Whether more may wait. */
  readonly isFull: boolean;
}

/** Lists what waits by client, of clients beyond `after` only. */
export type ListWaiting<Doc> = (after: Types.ObjectId | null, limit: number) => Promise<readonly Doc[]>;

/**
 * Takes what waits in rounds of `maxRound`, the clients in turns: a round begins after the client with which a full one
 * ended, so one client's backlog delays another by one round at most.
 */
export function createTurns<Doc extends OfClient>(list: ListWaiting<Doc>, maxRound: number) {
  let after: Types.ObjectId | null = null;

  async function take(): Promise<readonly Doc[]> {
    const rest = await list(after, maxRound);
    if (after === null || rest.length === maxRound) return rest;
    const known = new Set(rest.map(({ _id }) => _id.toHexString()));
    const others = await list(null, maxRound - rest.length);
    return [...rest, ...others.filter(({ _id }) => !known.has(_id.toHexString()))];
  }

  return async (): Promise<Turn<Doc>> => {
    const taken = await take();
    const isFull = taken.length >= maxRound;
    after = isFull ? (taken.at(-1)?.clientId ?? null) : null;
    return { taken, isFull };
  };
}
