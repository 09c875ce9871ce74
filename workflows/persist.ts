import {
  type ActivityOptions,
  isCancellation,
  type LocalActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { MessageActivities } from '../src/sending/messages/contract.ts';

type Persisting = Omit<MessageActivities, 'dispatch'>;

const localOptions: LocalActivityOptions = {
  startToCloseTimeout: '3s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
};

/** A week is longer than any database outage that the product must survive. */
const durableOptions: ActivityOptions = {
  startToCloseTimeout: '15s',
  scheduleToCloseTimeout: '7 days',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
};

/** In characters of up to three bytes: the server refuses summaries of more than 400 bytes. */
const maxSummary = 100;

/**
 * Stores a fact. First tries a local activity, which costs the server least; if the database does not answer within a
 * few seconds, uses a regular activity that the server keeps retrying. All of these activities are idempotent. The
 * summary is shown in the Temporal UI; it is no part of what a replay compares.
 */
export async function persist<Name extends keyof Persisting>(
  name: Name,
  input: Parameters<Persisting[Name]>[0],
  summary: string,
): Promise<Awaited<ReturnType<Persisting[Name]>>> {
  const options = { summary: summary.slice(0, maxSummary) };
  type Run = (given: typeof input) => Promise<Awaited<ReturnType<Persisting[Name]>>>;
  try {
    const local = proxyLocalActivities<Persisting>({ ...localOptions, ...options });
    return await (local[name] as Run)(input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const durable = proxyActivities<Persisting>({ ...durableOptions, ...options });
    return (durable[name] as Run)(input);
  }
}
