import type { IncomingMessage, ServerResponse } from 'node:http';
import { sleep } from '../platform/clock.ts';

/** Time that a client has to finish a body after its answer, before it is disconnected. */
export const unreadBodyMs = 5_000;

/** Longest delay of the answer to a client whose connection closes with it. */
const maxDelayMs = 2_000;

/**
 * Drops what a response left unread of the body, so that the connection can serve the next request. A client that does
 * not finish in time is disconnected.
 */
export function dropUnreadBody(request: IncomingMessage, response: ServerResponse, limitMs: number): void {
  request.on('error', () => undefined);
  response.once('finish', () => {
    request.resume();
    if (request.complete) return;
    const { socket } = request;
    const timer = setTimeout(() => socket.destroy(), limitMs);
    request.once('close', () => clearTimeout(timer));
  });
}

/**
 * Call before answering a request that may be incomplete. If the connection closes with the answer, waits a little for
 * the rest of the body: closing earlier resets the connection, and the client may lose the answer.
 */
export async function awaitRestOfBody(request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  const closes = !response.shouldKeepAlive || response.getHeader('connection') === 'close';
  if (request.complete || !closes || expectsUnsentContinue(request)) return;
  const ended = new AbortController();
  const end = (): void => ended.abort();
  request.once('end', end).once('close', end);
  await sleep(maxDelayMs, ended.signal);
  request.off('end', end).off('close', end);
}

/** The client waits for our word before it sends the body, and a refusal is that word. */
const expectsUnsentContinue = ({ headers }: IncomingMessage): boolean => headers.expect !== undefined;
