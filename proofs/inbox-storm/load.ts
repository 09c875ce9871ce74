import type { mongo } from 'mongoose';
import { countOpenEvents } from '../shared/webhook-events.ts';

/** What is under way. */
export interface Load {
  /** Webhooks that are stored and not processed. */
  readonly webhooks: number;
  /** Conversations that wait for an agent. */
  readonly queued: number;
  readonly files: number;
  /** Changes without their live event, and live events without their number. */
  readonly untold: number;
  /** Answers that have not left. */
  readonly unsent: number;
  /** Snoozes with a time, and deadlines, warnings and other timers that are due. */
  readonly timers: number;
}

const marked = ['messages', 'conversations', 'media_files'] as const;
const unsent = { direction: 'outbound', status: { $in: ['scheduled', 'queued', 'sending'] } };

export async function readLoad(database: mongo.Db): Promise<Load> {
  const count = (name: string, filter: mongo.Document) => database.collection(name).countDocuments(filter);
  const now = new Date();
  const [untold, timers] = await Promise.all([
    Promise.all([
      ...marked.map((name) => count(name, { unpublishedAt: { $exists: true } })),
      count('outbox_events', { isPending: true }),
    ]),
    Promise.all([
      count('conversations', { 'snooze.until': { $type: 'date' } }),
      count('timers', { dueAt: { $lte: now }, attemptAt: { $exists: true } }),
      count('queue_wakes', { dueAt: { $lte: now } }),
    ]),
  ]);
  return {
    webhooks: await countOpenEvents(database),
    queued: await count('conversations', { 'queue.since': { $exists: true } }),
    files: await count('media_files', { state: 'pending' }),
    untold: sumOf(untold),
    unsent: await count('messages', unsent),
    timers: sumOf(timers),
  };
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

export const isCalm = (load: Load): boolean => Object.values(load).every((count) => count === 0);

/** `0 webhooks, 3 queued …`, the same as long as nothing moves. */
export const describeLoad = (load: Load): string =>
  Object.entries(load)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
