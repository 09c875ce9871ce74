import { setTimeout as sleep } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import type { Account } from '../shared/account.ts';
import { below, createRandom, type Random } from '../shared/random.ts';
import { waitFor } from '../shared/wait.ts';
import type { HeardEvent, Listened } from './facts.ts';

/** A client of the live events that is cut off and resumes at the other API. */
export interface Listener {
  readonly heard: () => Listened;
  /** The number of the last event, or the place where it began. */
  readonly position: () => number;
  /** Stays connected from now on. */
  calm(): void;
  stop(): Promise<void>;
}

interface ListenerOptions {
  readonly name: string;
  readonly account: Account;
  readonly role: Listened['role'];
  /** It begins at the first one. */
  readonly apiUrls: readonly string[];
  readonly seed: number;
  /** The length of a short time in this storm. */
  readonly unitMs: number;
  /** The first cut lasts this long; the others a few units. */
  readonly firstCutMs?: number;
  /** Begins after this event and is never cut. */
  readonly replayFrom?: number;
}

/** What has been received so far. */
interface State {
  readonly events: HeardEvent[];
  from: number | null;
  lastEventId: string;
  resets: number;
  connections: number;
}

const reconnectMs = 300;
const maxConnected = 12;
const maxCut = 6;

export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { name, role, apiUrls, seed, unitMs, replayFrom } = options;
  const random = createRandom(seed);
  const [stopping, calming] = [new AbortController(), new AbortController()];
  if (replayFrom !== undefined) calming.abort();
  const state: State = {
    ...{ events: [], from: replayFrom ?? null, resets: 0, connections: 0 },
    lastEventId: replayFrom === undefined ? '' : String(replayFrom),
  };

  async function listen(): Promise<void> {
    let cuts = 0;
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const url = apiUrls[turn % apiUrls.length] ?? '';
      const cut = cutAfter(unitMs * (1 + below(maxConnected, random)), calming.signal);
      await connect({ url, account: options.account, state }, AbortSignal.any([cut.signal, stopping.signal]));
      const wasCut = cut.signal.aborted;
      cut.clear();
      if (wasCut) await sleep(cutMsOf(options, cuts, random));
      else await sleep(reconnectMs);
      if (wasCut) cuts += 1;
    }
  }

  const listening = listen();
  listening.catch(() => stopping.abort());
  await waitFor(async () => state.from, { error: `${name} gets no stream`, timeoutMs: 60_000, pollMs: 20 });
  return {
    heard: () => ({ name, role, ...state, from: state.from ?? 0 }),
    position: () => state.events.at(-1)?.seq ?? state.from ?? 0,
    calm: () => calming.abort(),
    async stop() {
      stopping.abort();
      await listening;
    },
  };
}

const cutMsOf = ({ firstCutMs, unitMs }: ListenerOptions, cuts: number, random: Random): number =>
  cuts === 0 && firstCutMs !== undefined ? firstCutMs : unitMs * (0.5 + random() * maxCut);

/** Aborts after a time, unless the storm is over by then. */
function cutAfter(ms: number, calm: AbortSignal) {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    if (!calm.aborted) controller.abort();
  }, ms);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

interface Connection {
  readonly url: string;
  readonly account: Account;
  readonly state: State;
}

/** One connection, until it ends in whatever way. */
async function connect({ url, account, state }: Connection, signal: AbortSignal): Promise<void> {
  try {
    const response = await fetch(`${url}/api/events`, {
      signal,
      headers: {
        authorization: `Bearer ${account.token()}`,
        ...(state.lastEventId === '' ? {} : { 'last-event-id': state.lastEventId }),
      },
    });
    if (response.status === 401) return await account.renew();
    if (response.status !== 200) return await response.body?.cancel();
    state.connections += 1;
    const parser = createParser({ onEvent: (frame) => take(state, frame) });
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? [])
      parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
  } catch (error) {
    // The API was killed, or the client was cut off.
    if (error instanceof TypeError || (error instanceof Error && error.name === 'AbortError')) return;
    throw error;
  }
}

interface Frame {
  readonly id?: string | undefined;
  readonly event?: string | undefined;
  readonly data: string;
}

function take(state: State, { id, event, data }: Frame): void {
  if (id !== undefined) state.lastEventId = id;
  if (event === 'ready') state.from ??= Number(id);
  else if (event === 'reset') state.resets += 1;
  else if (event === undefined) {
    const told = JSON.parse(data) as {
      readonly seq: number;
      readonly id: string;
      readonly entity: { readonly type: string; readonly id: string };
      readonly version: number;
    };
    const entity = `${told.entity.type}:${told.entity.id}`;
    state.events.push({ seq: told.seq, id: told.id, entity, version: told.version });
  }
}
