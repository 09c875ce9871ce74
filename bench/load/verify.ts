import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import mongoose from 'mongoose';
import { messageIdOf, readLedger, takenCalls } from '../../proofs/shared/ledger.ts';
import { runPool } from './pool.ts';

/** Throws unless each message was handed to the provider exactly once and has all its receipts. */
export async function verifyMessages(
  messageIds: readonly string[],
  { sandboxUrl, messages }: { sandboxUrl: string; messages: mongoose.mongo.Collection },
): Promise<void> {
  const wanted = new Set(messageIds);
  expectEqual('distinct accepted messages', wanted.size, messageIds.length);
  const calls = takenCalls(await readLedger(sandboxUrl)).filter((item) => wanted.has(messageIdOf(item)));
  expectEqual('messages in the ledger', new Set(calls.map(messageIdOf)).size, messageIds.length);
  expectEqual('provider calls', calls.length, messageIds.length);
  const complete = await messages.countDocuments({
    _id: { $in: messageIds.map((id) => new mongoose.Types.ObjectId(id)) },
    status: 'read',
    'statusHistory.status': { $all: ['queued', 'sending', 'sent', 'delivered', 'read'] },
  });
  expectEqual('messages that are read, with their whole history', complete, messageIds.length);
}

export interface HistorySize {
  /** Means over all workflows. */
  readonly events: number;
  readonly bytes: number;
}

const closeTimeoutMs = 30_000;

/** Throws unless every workflow completes; returns the sizes of their histories. */
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
