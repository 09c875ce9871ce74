import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../platform/errors.ts';
import type { BodyBudget, BodyHold } from './body-budget.ts';
import type { BodySender } from './body-pools.ts';

/** The client disconnected, so no response can be sent. */
export class Disconnected extends Error {
  constructor() {
    super('The client disconnected.');
    this.name = 'Disconnected';
  }
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface BodyOptions {
  readonly budget: BodyBudget;
  readonly sender: BodySender;
  readonly maxBytes: number;
}

/** A body and the memory that is reserved for it. */
export interface HeldBody {
  readonly bytes: Buffer;
  readonly hold: Pick<BodyHold, 'grow' | 'release'>;
}

/** The declared length of a body; 0 if it has none or does not say. */
export const declaredBytes = ({ headers }: IncomingMessage): number => Number(headers['content-length'] ?? 0);

/**
 * Reads the exact bytes of the body. Throws `body-too-large` beyond `maxBytes` and `overloaded` without memory for it, at
 * once if the declared length says so. The caller releases `hold` when it needs the bytes no longer. The server drops the
 * rest of a refused body.
 */
export async function readBody(exchange: Exchange, options: BodyOptions): Promise<HeldBody> {
  const { request } = exchange;
  const { budget, sender, maxBytes } = options;
  if (declaredBytes(request) > maxBytes) throw tooLarge(maxBytes);
  const stop = new AbortController();
  const hold = budget.hold({
    sender,
    declaredBytes: declaredBytes(request),
    onGivenUp: (refusal) => stop.abort(refusal),
  });
  try {
    const bytes = await collect(exchange, { hold, maxBytes, stopped: stop.signal });
    hold.complete();
    return { bytes, hold };
  } catch (error) {
    hold.release();
    throw error;
  }
}

export const tooLarge = (maxBytes: number): AppError =>
  new AppError('body-too-large', `The body is larger than ${maxBytes} bytes.`);

interface CollectOptions {
  readonly hold: BodyHold;
  readonly maxBytes: number;
  readonly stopped: AbortSignal;
}

function collect(
  { request, response }: Exchange,
  { hold, maxBytes, stopped }: CollectOptions,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const segments = createSegments(hold, maxBytes);
    const finish = (settle: () => void): void => {
      request.off('data', take).off('end', complete).off('error', abort).off('close', abort);
      stopped.removeEventListener('abort', giveUp);
      settle();
    };
    const fail = (error: unknown): void => finish(() => reject(error));
    const take = (chunk: Buffer): void => {
      try {
        segments.add(chunk);
      } catch (error) {
        fail(error);
      }
    };
    const complete = (): void => finish(() => resolve(segments.join()));
    const abort = (): void => fail(new Disconnected());
    const giveUp = (): void => fail(stopped.reason);
    if (request.destroyed && !request.complete) return abort();
    if (expectsContinue(request)) response.writeContinue();
    stopped.addEventListener('abort', giveUp);
    request.on('data', take).on('end', complete).on('error', abort).on('close', abort);
  });
}

/** Whether the client waits for our word before it sends the body. */
export const expectsContinue = ({ headers }: IncomingMessage): boolean =>
  headers.expect?.toLowerCase() === '100-continue';

const minSegmentBytes = 1_024;
const maxSegmentBytes = 256 * 1_024;

/**
 * Copies chunks into segments that grow with the body. Chunks of a few bytes would take a hundred times their size, and
 * a single growing buffer twice its size.
 */
function createSegments(hold: BodyHold, maxBytes: number) {
  const segments: Buffer[] = [];
  let length = 0;
  let free = 0;
  const addSegment = (wantedBytes: number): Buffer => {
    const size = Math.min(
      Math.max(wantedBytes, length, minSegmentBytes),
      maxSegmentBytes,
      Math.max(maxBytes - length, 1),
    );
    hold.grow(size);
    const segment = Buffer.allocUnsafe(size);
    segments.push(segment);
    free = size;
    return segment;
  };
  return {
    add(chunk: Buffer): void {
      if (length + chunk.byteLength > maxBytes) throw tooLarge(maxBytes);
      for (let at = 0; at < chunk.byteLength;) {
        const last = free === 0 ? undefined : segments.at(-1);
        const segment = last ?? addSegment(chunk.byteLength - at);
        const copied = chunk.copy(segment, segment.byteLength - free, at);
        at += copied;
        free -= copied;
        length += copied;
      }
    },
    join: (): Buffer => {
      const [only, ...others] = segments;
      if (only !== undefined && others.length === 0) return only.subarray(0, length);
      return Buffer.concat(segments, length);
    },
  };
}
