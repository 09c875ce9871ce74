import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../platform/errors.ts';
import { networkOf } from '../platform/network.ts';
import type { Actor, RequestInfo } from './route.ts';

type Headers = Readonly<Record<string, string>>;

/** The headers of the response, and the refusal if the request exceeds its limit. */
interface Verdict {
  readonly headers: Headers;
  readonly refusal?: AppError;
}

/** Counts a request for its user, or for its address if nobody is signed in. */
export type RequestLimiter = (
  request: RequestInfo,
  actor: Pick<Actor, 'userId'> | undefined,
) => Promise<Verdict>;

const windowSeconds = 60;

/**
 * Keeps one caller from occupying a process. It counts in memory, because a shared count would cost each request a
 * write. 0 disables the limit. Headers follow draft-ietf-httpapi-ratelimit-headers-11.
 */
export function createRequestLimiter(requestsPerMinute: number): RequestLimiter {
  if (requestsPerMinute === 0) return async () => ({ headers: {} });
  const limiter = new RateLimiterMemory({
    keyPrefix: 'requests',
    points: requestsPerMinute,
    duration: windowSeconds,
  });
  const headersOf = ({ remainingPoints, msBeforeNext }: RateLimiterRes): Headers => ({
    'RateLimit-Policy': `"default";q=${requestsPerMinute};w=${windowSeconds}`,
    RateLimit: `"default";r=${remainingPoints};t=${Math.ceil(msBeforeNext / 1_000)}`,
  });
  return async (request, actor) => {
    const key =
      actor === undefined ? `address:${networkOf(request.ip)}` : `user:${actor.userId.toHexString()}`;
    try {
      return { headers: headersOf(await limiter.consume(key)) };
    } catch (thrown) {
      if (!(thrown instanceof RateLimiterRes)) throw thrown;
      const retryAfterSeconds = Math.max(1, Math.ceil(thrown.msBeforeNext / 1_000));
      const refusal = new AppError('too-many-requests', 'The limit of requests per minute is reached.', {
        retryAfterSeconds,
      });
      return { headers: headersOf(thrown), refusal };
    }
  };
}
