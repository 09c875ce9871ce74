import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../platform/logger.ts';

/** Browsers and the usual libraries wait for each answer on a connection before they send the next request. */
const maxUnanswered = 16;

/**
 * Bounds the requests that one connection sends ahead of their answers (RFC 9112, 9.3.2): a chunk of 64 KB holds thousands,
 * which Node hands over without a pause. True for a request beyond the bound; its connection is closed, which the client
 * must expect and may repeat.
 */
export function createPipelineBound(logger: Logger) {
  const unanswered = new WeakMap<Socket, Set<ServerResponse>>();

  function responsesOn(socket: Socket): Set<ServerResponse> {
    const known = unanswered.get(socket);
    if (known !== undefined) return known;
    const responses = new Set<ServerResponse>();
    unanswered.set(socket, responses);
    // Node tells the end only to the response whose turn it is; the ones that wait behind it would never end.
    socket.once('close', () => {
      for (const response of responses) if (response.socket === null) response.emit('close');
    });
    return responses;
  }

  return ({ socket }: IncomingMessage, response: ServerResponse): boolean => {
    if (socket.destroyed) return true;
    const responses = responsesOn(socket);
    if (responses.size >= maxUnanswered) {
      stopParsing(socket);
      socket.destroy();
      logger.warn({ maxUnanswered }, 'connection closed: it sent too many requests ahead of their answers');
      return true;
    }
    responses.add(response);
    response.once('close', () => responses.delete(response));
    return false;
  };
}

/**
 * Drops what is left of the chunk. A destroyed socket is parsed to the end of it all the same, and 700 KB of requests would
 * hold the event loop for a second. Node has no documented way: whoever says that a request is an upgrade (2) takes over the
 * connection, and the parser stops.
 */
function stopParsing({ parser }: ParsedSocket): void {
  if (parser?.onIncoming !== undefined) parser.onIncoming = () => 2;
}

interface ParsedSocket extends Socket {
  readonly parser?: { onIncoming?: () => number } | null;
}
