import { isCancellation, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { MessageActivities } from '../src/sending/messages/contract.ts';

type Persisting = Omit<MessageActivities, 'dispatch'>;

const local = proxyLocalActivities<Persisting>({
  startToCloseTimeout: '3s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
});

/** A week is longer than any database outage that the product must survive. */
const durable = proxyActivities<Persisting>({
  startToCloseTimeout: '15s',
  scheduleToCloseTimeout: '7 days',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/**
 * Stores a fact. First tries a local activity, which costs the server least; if the database does not answer within a
 * few seconds, uses a regular activity that the server keeps retrying. All of these activities are idempotent.
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
