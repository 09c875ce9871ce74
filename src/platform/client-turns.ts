import type { Types } from 'mongoose';
import { type Clock, sleep } from './clock.ts';
import type { BackgroundWork } from './loop.ts';

export interface ClientTurnsDeps<Result> {
  /** Clients that have something due now, in the order of their ids, beyond `after` only. */
  readonly findDue: (
    now: Date,
    after: Types.ObjectId | null,
    limit: number,
  ) => Promise<readonly Types.ObjectId[]>;
  /** Handles a part of what a client has due. Must not throw. */
  readonly takeTurn: (clientId: Types.ObjectId) => Promise<Result>;
  /** Clients that this process handles at the same time. */
  readonly maxTurns: number;
  readonly clock: Clock;
}

/** While turns run, clients that become due are looked for this often. */
const pollMs = 50;

/** Clients take turns in the order of their ids: one with a backlog delays another by the length of one turn. */
export function createClientTurns<Result>({ findDue, takeTurn, maxTurns, clock }: ClientTurnsDeps<Result>) {
  const running = new Map<string, Promise<Result>>();
  let lastClient: Types.ObjectId | null = null;

  /** The clients whose turn it is, from the one after the last turn. */
  async function chooseClients(): Promise<readonly Types.ObjectId[]> {
    const places = maxTurns - running.size;
    if (places === 0) return [];
    const now = clock.now();
    const next = await findDue(now, lastClient, maxTurns);
    const isEnd = next.length < maxTurns && lastClient !== null;
    const wrapped = isEnd ? await findDue(now, null, maxTurns) : [];
    const byId = new Map([...next, ...wrapped].map((id) => [id.toHexString(), id]));
    return [...byId].flatMap(([key, id]) => (running.has(key) ? [] : [id])).slice(0, places);
  }

  function startTurn(clientId: Types.ObjectId): Promise<Result> {
    const key = clientId.toHexString();
    const turn = takeTurn(clientId).finally(() => running.delete(key));
    running.set(key, turn);
    return turn;
  }

  async function startTurns(): Promise<readonly Promise<Result>[]> {
    const clients = await chooseClients();
    lastClient = clients.at(-1) ?? lastClient;
    return clients.map(startTurn);
  }

  const work: BackgroundWork = {
    async step() {
      const started = await startTurns();
      if (started.length === 0 && running.size === 0) return 'idle';
      await Promise.race([...running.values(), sleep(pollMs)]);
      return 'more';
    },
    async finish() {
      await Promise.all(running.values());
    },
  };
  return {
    ...work,
    /** Gives one turn to the clients with something due, as many as have a place; returns what the turns returned. */
    takeDue: async (): Promise<readonly Result[]> => Promise.all(await startTurns()),
  };
}
