/** With these errors, no byte of the request can have reached the provider. */
const notReached: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ECONNREFUSED: 'the connection was refused',
    ENOTFOUND: 'the host name is unknown',
    EAI_AGAIN: 'the host name could not be looked up',
    EHOSTUNREACH: 'no route leads to the host',
    ENETUNREACH: 'no route leads to the network of the host',
    UND_ERR_CONNECT_TIMEOUT: 'no connection came about in time',
    BEGUN_TOO_LATE: 'the call waited too long for a free connection',
  }),
);

const afterwards: ReadonlyMap<string, string> = new Map(
  Object.entries({
    UND_ERR_SOCKET: 'the connection closed before an answer',
    ECONNRESET: 'the connection was reset before an answer',
    EPIPE: 'the connection closed before the whole request was sent',
    ETIMEDOUT: 'the connection timed out',
    UND_ERR_HEADERS_TIMEOUT: 'no answer came in time',
    UND_ERR_BODY_TIMEOUT: 'the answer stopped before its end',
    UND_ERR_ABORTED: 'the call was aborted',
    UND_ERR_CLOSED: 'the process stopped',
    UND_ERR_DESTROYED: 'the process stopped',
  }),
);

/** Names of errors by Node, its libraries and OpenSSL. */
const codePattern = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;

export const isNotReached = (code: string): boolean => notReached.has(code);

export interface TransportFailure {
  /** In words, without a full stop. */
  readonly reason: string;
  /** The name of the error, if there is one. */
  readonly code?: string;
}

/**
 * Why a call got no answer. `said` is the name of an error; any other text is in words already. Earlier versions stored
 * names alone.
 */
export function explainTransport(said: string): TransportFailure {
  const known = notReached.get(said) ?? afterwards.get(said);
  if (known !== undefined) return { reason: known, code: said };
  if (!codePattern.test(said)) return { reason: said };
  if (said.startsWith('HPE_')) return { reason: 'the answer was not HTTP', code: said };
  if (/CERT|TLS|SSL/.test(said)) return { reason: 'no trusted TLS connection came about', code: said };
  return { reason: 'the connection failed', code: said };
}
