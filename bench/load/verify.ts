import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import mongoose from 'mongoose';
import { runPool } from './pool.ts';

/** One call of the provider, as the sandbox wrote it down. */
export interface LedgerItem {
  /** When the call had arrived, ISO 8601. */
  readonly at: string;
  readonly phoneNumberId: string;
  readonly to: string | null;
  readonly opaque: string | null;
  /** Null when it was refused. */
  readonly wamid: string | null;
}

/** Throws unless each message was handed to the provider exactly once, and has all its receipts. */
export async function verifyMessages(
  messageIds: readonly string[],
  { sandboxUrl, messages }: { sandboxUrl: string; messages: mongoose.mongo.Collection },
): Promise<void> {
  const wanted = new Set(messageIds);
  expectEqual('distinct accepted messages', wanted.size, messageIds.length);
  const calls = new Map<string, number>();
  for (const { opaque, wamid } of await readLedger(sandboxUrl)) {
    const id = messageIdOf({ opaque });
    if (wamid !== null && wanted.has(id)) calls.set(id, (calls.get(id) ?? 0) + 1);
  }
  expectEqual('messages in the ledger', calls.size, messageIds.length);
  expectEqual(
    'provider calls',
    [...calls.values()].reduce((total, count) => total + count, 0),
    messageIds.length,
  );
  const complete = await messages.countDocuments({
    _id: { $in: messageIds.map((id) => new mongoose.Types.ObjectId(id)) },
    status: 'read',
    'statusHistory.status': { $all: ['queued', 'sending', 'sent', 'delivered', 'read'] },
  });
  expectEqual('messages that are read, with their whole history', complete, messageIds.length);
}

/** The message that a call was made for; empty for a call without one. */
export const messageIdOf = ({ opaque }: Pick<LedgerItem, 'opaque'>): string => opaque?.split(':')[0] ?? '';

export async function readLedger(sandboxUrl: string): Promise<LedgerItem[]> {
  const items: LedgerItem[] = [];
  for (let cursor: string | null = '0'; cursor !== null;) {
    const response = await fetch(`${sandboxUrl}/sandbox/ledger?limit=1000&cursor=${cursor}`);
    const page = (await response.json()) as { items: LedgerItem[]; nextCursor: string | null };
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

export interface HistorySize {
  /** Means over all workflows. */
  readonly events: number;
  readonly bytes: number;
}

const closeTimeoutMs = 30_000;

/** Throws unless every workflow completes; answers how large their histories are. */
export async function verifyWorkflows(client: Client, workflowIds: readonly string[]): Promise<HistorySize> {
  let events = 0;
  let bytes = 0;
  await runPool(workflowIds.length, 20, async (index) => {
    const handle = client.workflow.getHandle(workflowIds[index] ?? '');
    const deadline = Date.now() + closeTimeoutMs;
    let description = await handle.describe();
    while (description.status.name === 'RUNNING' && Date.now() < deadline) {
      await sleep(100);
      description = await handle.describe();
    }
    if (description.status.name !== 'COMPLETED')
      throw new Error(`workflow ${handle.workflowId} is ${description.status.name}`);
    events += description.historyLength;
    bytes += description.historySize ?? 0;
  });
  return { events: events / workflowIds.length, bytes: bytes / workflowIds.length };
}

export function expectEqual(what: string, actual: number, expected: number): void {
  if (actual !== expected)
    throw new Error(`${what}: ${actual} instead of ${expected}; this round has no result`);
}
