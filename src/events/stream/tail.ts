import { type Bell, createBell } from '../../platform/bell.ts';
import { type ChangeWatch, watchChanges } from '../../platform/change-watch.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { BackgroundWork } from '../../platform/loop.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { EventHeadRepository, NumberedEvent, OutboxRepository } from '../repository.ts';
import type { PassingEventRepository } from '../passing/repository.ts';
import { type SharedPassing, watchPassing } from '../passing/watch.ts';
import { eventFrame } from './frames.ts';

/** An event with its frame, which all streams share. */
export interface SharedEvent {
  readonly event: NumberedEvent;
  readonly frame: Buffer;
}

export interface TailListener {
  /** Called for each new event of the client, in order. Must not throw. */
  deliver(shared: SharedEvent): void;
  /** Called for each passing event of the client. Must not throw. */
  pass(shared: SharedPassing): void;
}

/** The new events of one client. */
export interface Feed {
  /** The last number that was delivered. */
  readonly position: number;
  leave(): void;
}

interface OpenFeed {
  readonly scope: ClientScope;
  position: number;
  isBehind: boolean;
  readonly listeners: Set<TailListener>;
}

export interface TailDeps {
  readonly outbox: Pick<OutboxRepository, 'listAfter'>;
  readonly heads: EventHeadRepository;
  readonly passing: Pick<PassingEventRepository, 'watchNewAcrossClients'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

export interface Tail {
  readonly work: BackgroundWork;
  /** Delivers every event after `position` of the feed. */
  join(scope: ClientScope, listener: TailListener): Promise<Feed>;
}

const pageSize = 500;
const gatherMs = 5;
const pollMs = 500;
const keyOf = ({ clientId }: ClientScope): string => clientId.toHexString();

/**
 * Reads the new events of every client that has a stream in this process, once for all its streams. The change stream of
 * the heads says whose events there are; a poll finds what it missed.
 */
export function createTail({ outbox, heads, passing, clock, logger }: TailDeps): Tail {
  const feeds = new Map<string, OpenFeed>();
  const bell = createBell(gatherMs);
  let watch: ChangeWatch | undefined;
  let passingWatch: ChangeWatch | undefined;
  let pollAtMs = 0;

  const openWatch = (): ChangeWatch =>
    watchChanges({
      name: 'event heads',
      open: () => heads.watchAcrossClients(),
      onChange(change) {
        const feed = 'documentKey' in change ? feeds.get(String(change.documentKey?._id)) : undefined;
        if (feed === undefined) return;
        feed.isBehind = true;
        bell.ring();
      },
      onOpen() {
        pollAtMs = 0;
        bell.ring();
      },
      logger,
    });

  async function letGo(): Promise<void> {
    await Promise.all([watch?.stop(), passingWatch?.stop()]);
    watch = undefined;
    passingWatch = undefined;
  }

  async function findBehind(): Promise<void> {
    const nowMs = clock.now().getTime();
    if (nowMs < pollAtMs) return;
    const open = [...feeds.values()];
    const found = await heads.findAcrossClients(open.map(({ scope }) => scope.clientId));
    for (const feed of open) feed.isBehind ||= (found.get(keyOf(feed.scope)) ?? 0) > feed.position;
    pollAtMs = nowMs + pollMs;
  }

  /** Delivers one page; returns whether more may follow. */
  async function advance(feed: OpenFeed): Promise<boolean> {
    feed.isBehind = false;
    const events = await outbox.listAfter(feed.scope, feed.position, pageSize).catch((error: unknown) => {
      feed.isBehind = true;
      throw error;
    });
    for (const event of events) {
      feed.position = event.seq;
      const shared = { event, frame: Buffer.from(eventFrame(event)) };
      for (const listener of feed.listeners) listener.deliver(shared);
    }
    return (feed.isBehind ||= events.length === pageSize);
  }

  return {
    work: {
      async step() {
        if (feeds.size === 0) {
          await letGo();
          return 'idle';
        }
        watch ??= openWatch();
        passingWatch ??= watchPassing({ events: passing, pass: passTo(feeds), logger });
        await findBehind();
        const behind = [...feeds.values()].filter(({ isBehind }) => isBehind);
        const results = await Promise.all(behind.map(advance));
        return results.includes(true) ? 'more' : 'idle';
      },
      pause: bell.pause,
      finish: letGo,
    },

    join: createJoin({ feeds, heads, bell }),
  };
}

/** Shares one frame among the streams of the client; makes none without a stream. */
const passTo =
  (feeds: ReadonlyMap<string, OpenFeed>) =>
  (clientId: string, share: () => SharedPassing): void => {
    const feed = feeds.get(clientId);
    if (feed === undefined) return;
    const shared = share();
    for (const listener of feed.listeners) listener.pass(shared);
  };

interface JoinParts {
  readonly feeds: Map<string, OpenFeed>;
  readonly heads: Pick<EventHeadRepository, 'find'>;
  readonly bell: Pick<Bell, 'ring'>;
}

const createJoin =
  ({ feeds, heads, bell }: JoinParts): Tail['join'] =>
  async (scope, listener) => {
    const key = keyOf(scope);
    const head = feeds.has(key) ? 0 : await heads.find(scope);
    // Another stream may have opened the feed meanwhile; nothing may come between this and the listener.
    const feed = feeds.get(key) ?? { scope, position: head, isBehind: false, listeners: new Set() };
    feeds.set(key, feed);
    feed.listeners.add(listener);
    bell.ring();
    return {
      get position() {
        return feed.position;
      },
      leave() {
        feed.listeners.delete(listener);
        if (feed.listeners.size === 0 && feeds.get(key) === feed) feeds.delete(key);
      },
    };
  };
