import { isCancellation, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { MessageActivities } from '../src/sending/messages/contract.ts';

type Persisting = Omit<MessageActivities, 'dispatch'>;

const local = proxyLocalActivities<Persisting>({
  startToCloseTimeout: '3s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
});

/** Bounded by a week: longer than any outage that the database is allowed to have. */
const durable = proxyActivities<Persisting>({
  startToCloseTimeout: '15s',
  scheduleToCloseTimeout: '7 days',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/**
 * Stores a fact: by a local activity, which costs the server least; when the database does not answer within a few
 * seconds, by a regular one that the server keeps retrying. Every one of these activities may be repeated.
 */
export async function persist<Name extends keyof Persisting>(
  name: Name,
  input: Parameters<Persisting[Name]>[0],
): Promise<Awaited<ReturnType<Persisting[Name]>>> {
  type Run = (given: typeof input) => Promise<Awaited<ReturnType<Persisting[Name]>>>;
  try {
    return await (local[name] as Run)(input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return (durable[name] as Run)(input);
  }
}
