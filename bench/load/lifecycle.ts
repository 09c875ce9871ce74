import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import type { ApiClient } from './api-client.ts';

export interface LifecycleRun {
  readonly count: number;
  /** Maximum number of messages between acceptance and `read` at the same time. */
  readonly inFlight: number;
}

export interface LifecycleResult {
  /** Ids of the accepted messages, all of which were read. */
  readonly messageIds: readonly string[];
  /** The number of the benchmark's own database queries. */
  readonly polls: number;
}

type Messages = mongoose.mongo.Collection;

const contacts = 100;
const pollMs = 100;
/** After this time without progress the run fails. */
const stallMs = 60_000;

/** The last two digits tell the sandbox what to do; 01: answer at once and send all three receipts. */
export const phoneOf = (contact: number, ending = '01'): string =>
  `+491511${String(contact).padStart(5, '0')}${ending}`;

export const numberOf = (index: number): string => phoneOf(index % contacts);

/** Sends messages until every one is read; starts a new one whenever one has ended. */
export async function runLifecycles(
  api: ApiClient,
  messages: Messages,
  { count, inFlight }: LifecycleRun,
): Promise<LifecycleResult> {
  const open = new Set<string>();
  const all: string[] = [];
  let accepting = 0;
  let polls = 0;
  let failure: Error | undefined;
  let progressAt = performance.now();

  async function send(index: number): Promise<void> {
    accepting += 1;
    try {
      const id = await api.sendTemplate(numberOf(index));
      open.add(id);
      all.push(id);
    } catch (error) {
      failure ??= error instanceof Error ? error : new Error(String(error));
    } finally {
      accepting -= 1;
    }
  }

  for (let next = 0; next < count || accepting > 0 || open.size > 0;) {
    for (; next < count && open.size + accepting < inFlight; next += 1) void send(next);
    await sleep(pollMs);
    if (failure !== undefined) throw failure;
    if (open.size === 0) continue;
    polls += 1;
    const read = await findRead(messages, [...open]);
    if (read.length > 0) progressAt = performance.now();
    for (const id of read) open.delete(id);
    if (performance.now() - progressAt > stallMs) throw new Error(`${open.size} messages did not reach read`);
  }
  return { messageIds: all, polls };
}

async function findRead(messages: Messages, ids: readonly string[]): Promise<string[]> {
  const found = await messages
    .find({ _id: { $in: ids.map((id) => new mongoose.Types.ObjectId(id)) }, status: 'read' })
    .project({ _id: 1 })
    .toArray();
  return found.map(({ _id }) => String(_id));
}
