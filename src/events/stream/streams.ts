import type { ServerResponse } from 'node:http';
import type { Actor } from '../../http/route.ts';
import { AppError } from '../../platform/errors.ts';
import { randomFraction } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { createAccessCheck, heartbeatMs, type AccessDeps } from './access.ts';
import { type EventStream, startStream, type StreamDeps } from './stream.ts';

export interface StreamsDeps extends StreamDeps, AccessDeps {
  readonly logger: Pick<Logger, 'warn'>;
  /** Called with listeners when their streams begin, and with all of them at each heartbeat. */
  readonly onListening?: (actors: readonly Actor[]) => Promise<void>;
  /** Called with the number of open streams whenever it changes. */
  readonly onCount?: (open: number) => void;
}

export const maxStreamsPerUser = 10;

const retryMs = (): number => 3_000 + Math.floor(randomFraction() * 2_000);
/** After a stop, clients come back in turns. */
const retryAfterStopMs = (): number => 500 + Math.floor(randomFraction() * 2_500);

export type EventStreams = ReturnType<typeof createStreams>;

/** The open streams of this process. */
export function createStreams(deps: StreamsDeps) {
  const { clock, logger, onListening, onCount } = deps;
  const open = new Set<EventStream>();
  const access = createAccessCheck(deps, open);
  let isStopping = false;
  let beatAtMs = clock.now().getTime();

  const countOf = ({ clientId, userId }: Actor): number =>
    [...open].filter(({ actor }) => actor.userId.equals(userId) && actor.clientId.equals(clientId)).length;

  function tellListening(actors: readonly Actor[]): void {
    onListening?.(actors).catch((error: unknown) =>
      logger.warn({ error }, 'listeners could not be noted; the next heartbeat notes them'),
    );
  }

  function start(actor: Actor, lastEventId: string | undefined, output: ServerResponse): void {
    const onOwnChange = () => access.doubt(actor);
    onOwnChange();
    const request = {
      ...{ scope: scopeOf(actor.clientId), actor, lastEventId, retryMs: retryMs(), output, onOwnChange },
    };
    // Requests at the same moment were all admitted.
    const isTooMany = countOf(actor) >= maxStreamsPerUser;
    const stream = startStream(deps, request);
    open.add(stream);
    onCount?.(open.size);
    stream.ended
      .catch((error: unknown) => logger.warn({ error }, 'stream of events failed; its client reconnects'))
      .finally(() => {
        open.delete(stream);
        onCount?.(open.size);
      });
    if (isStopping || isTooMany) stream.end({ retryMs: retryAfterStopMs() });
    else tellListening([actor]);
  }

  return {
    /** Throws `too-many-streams`; otherwise returns what begins the stream on a response. */
    admit(actor: Actor, lastEventId: string | undefined): (output: ServerResponse) => void {
      if (countOf(actor) >= maxStreamsPerUser)
        throw new AppError('too-many-streams', `You have ${maxStreamsPerUser} open streams already.`);
      return (output) => start(actor, lastEventId, output);
    },

    /** Ends the streams whose access is over, and sends heartbeats. Runs often enough that a lost access ends in a second. */
    async check(): Promise<void> {
      const now = clock.now();
      for (const stream of open) if (stream.actor.accessEndsAt <= now) stream.end('expired');
      if (now.getTime() - beatAtMs >= heartbeatMs) {
        beatAtMs = now.getTime();
        for (const stream of open) stream.beat();
        if (open.size > 0) tellListening([...open].map(({ actor }) => actor));
      }
      await access.check(now.getTime());
    },

    /** Ends every stream; a new one ends at once. */
    stop(): void {
      isStopping = true;
      for (const stream of open) stream.end({ retryMs: retryAfterStopMs() });
    },
  };
}
