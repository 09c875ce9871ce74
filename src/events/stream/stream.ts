import type { ServerResponse } from 'node:http';
import type { Actor } from '../../http/route.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { EventHeadRepository, NumberedEvent, OutboxRepository } from '../repository.ts';
import type { SharedPassing } from '../passing/watch.ts';
import { maySee } from './audience.ts';
import { eventFrame, expiredFrame, heartbeatFrame, openingFrame, resetFrame, retryFrame } from './frames.ts';
import { decideResume, hasExpired } from './resume.ts';
import type { Feed, SharedEvent, Tail } from './tail.ts';

export interface StreamDeps {
  readonly outbox: Pick<OutboxRepository, 'listAfter'>;
  readonly heads: Pick<EventHeadRepository, 'find'>;
  readonly tail: Pick<Tail, 'join'>;
}

export interface StreamRequest {
  readonly scope: ClientScope;
  readonly actor: Actor;
  readonly lastEventId: string | undefined;
  readonly retryMs: number;
  readonly output: ServerResponse;
  /** Called with each change of the listening user, whose role may be another now. */
  readonly onOwnChange: () => void;
}

export interface EventStream {
  readonly actor: Actor;
  /** Settles when the stream has ended; rejects if it failed. */
  readonly ended: Promise<void>;
  /** Sends a heartbeat if nothing was sent since the last call. */
  beat(): void;
  /** Ends the stream: its token is over, its listener has lost access, or the process stops. */
  end(reason: 'expired' | 'closed' | { readonly retryMs: number }): void;
}

/** What a slow client may leave unread before its stream ends; it then resumes where it stopped. */
export const maxUnread = { frames: 1_000, bytes: 1_024 * 1_024 } as const;

const pageSize = 500;
/** How long a client may take to read a page of a replay. */
const drainMs = 30_000;

/**
 * One stream: replays what the client has missed, then sends what comes. `position` is the last number that is done with,
 * sent or not for this listener; whatever the tail delivers must follow it, or the stream reads again from the database.
 */
export function startStream(
  { outbox, heads, tail }: StreamDeps,
  { scope, actor, lastEventId, retryMs, output, onOwnChange }: StreamRequest,
): EventStream {
  const pipe = createPipe(output);
  let position = 0;
  let isLive = false;
  let wakeReplay: (() => void) | undefined;

  function reset(head: number, reason: 'too-old' | 'unknown'): void {
    position = head;
    pipe.write(resetFrame(head, reason));
  }

  function deliver({ event, frame }: SharedEvent): void {
    if (!isLive || event.seq <= position) return;
    if (event.seq !== position + 1) {
      isLive = false;
      wakeReplay?.();
      return;
    }
    take(event, () => pipe.writeLive(frame));
  }

  function take(event: NumberedEvent, write: () => void): void {
    position = event.seq;
    if (event.entity.type === 'user' && event.entity.id.equals(actor.userId)) onOwnChange();
    if (maySee(event, actor)) write();
  }

  /** A stream that still catches up is told of the past first. */
  function pass({ from, frame }: SharedPassing): void {
    if (isLive && !from.equals(actor.userId)) pipe.writeLive(frame);
  }

  /** Sends pages until the stream has everything that the feed has delivered. */
  async function replay(feed: Feed): Promise<void> {
    while (!pipe.isEnded() && position < feed.position) {
      const events = await outbox.listAfter(scope, position, pageSize);
      const head = feed.position;
      if (hasExpired(position, events[0]?.seq, head)) {
        reset(head, 'too-old');
        continue;
      }
      for (const event of events) take(event, () => pipe.write(eventFrame(event)));
      await pipe.drained();
    }
  }

  async function run(): Promise<void> {
    const feed = await tail.join(scope, { deliver, pass });
    try {
      const resume = decideResume(lastEventId, await heads.find(scope));
      position = resume.from;
      pipe.write(openingFrame(position, retryMs));
      if (resume.reset !== undefined) reset(resume.from, resume.reset);
      while (!pipe.isEnded()) {
        await replay(feed);
        isLive = true;
        await Promise.race([pipe.ended, new Promise<void>((resolve) => (wakeReplay = resolve))]);
      }
    } finally {
      feed.leave();
      pipe.end();
    }
  }

  return {
    actor,
    ended: run(),
    beat: () => pipe.beat(() => heartbeatFrame(position)),
    end(reason) {
      if (reason === 'expired') pipe.write(expiredFrame);
      else if (reason !== 'closed') pipe.write(retryFrame(reason.retryMs));
      pipe.end();
    },
  };
}

/** Writes to the response, within the bounds of what a client may leave unread. */
function createPipe(output: ServerResponse) {
  let unread = 0;
  let isSilent = true;
  let isOver = output.destroyed || output.writableEnded;
  const ended = new Promise<void>((resolve) => {
    if (isOver) resolve();
    output.once('close', () => {
      isOver = true;
      resolve();
    });
  });
  output.on('drain', () => {
    unread = 0;
  });
  // The client is gone; `close` follows.
  output.on('error', () => undefined);

  function end(): void {
    if (isOver) return;
    isOver = true;
    output.end();
  }

  function write(frame: string | Buffer): void {
    if (isOver) return;
    isSilent = false;
    if (!output.write(frame)) unread += 1;
  }

  return {
    ended,
    isEnded: () => isOver,
    end,
    write,

    writeLive(frame: Buffer): void {
      write(frame);
      if (unread > maxUnread.frames || output.writableLength > maxUnread.bytes) output.destroy();
    },

    beat(frameOf: () => string): void {
      if (isSilent && !isOver) write(frameOf());
      isSilent = true;
    },

    /** Waits until the client has read what was written; ends the stream of one that does not. */
    async drained(): Promise<void> {
      if (isOver || !output.writableNeedDrain) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => output.destroy(), drainMs);
        const done = (): void => {
          clearTimeout(timer);
          output.off('drain', done);
          output.off('close', done);
          resolve();
        };
        output.once('drain', done);
        output.once('close', done);
      });
    },
  };
}
