import { Context } from '@temporalio/activity';

const heartbeatsPerTimeout = 3;

/**
 * Sends heartbeats while the attempt runs, with where it is. Most attempts end before the first one, which then costs
 * nothing.
 */
export async function withHeartbeats<T>(
  timeoutMs: number,
  attempt: () => Promise<T>,
  placeOf?: () => unknown,
): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(placeOf?.()), timeoutMs / heartbeatsPerTimeout).unref();
  try {
    return await attempt();
  } finally {
    clearInterval(timer);
  }
}
