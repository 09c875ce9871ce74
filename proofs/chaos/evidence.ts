import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import mongoose, { type mongo } from 'mongoose';
import { workflowIdOf } from '../../src/sending/messages/contract.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { inParallel } from '../shared/in-parallel.ts';
import { callsByMessage, readLedger, takenCalls } from '../shared/ledger.ts';
import { readStats } from '../shared/sandbox.ts';
import { countOpenEvents } from '../shared/webhook-events.ts';
import type { StoredMessage } from './audit.ts';

interface StoredDoc {
  readonly _id: mongo.ObjectId;
  readonly idempotencyKey?: string;
  readonly status: string;
  readonly providerMessageId?: string;
  readonly statusHistory: readonly { readonly status: string }[];
}

/** Reads the three accounts of a run where they are kept, bypassing the product's own code. */
export async function openEvidence({ mongodbUri, temporalAddress, namespace, sandboxUrl }: Cluster) {
  const database = new mongoose.mongo.MongoClient(mongodbUri);
  const connection = Connection.lazy({ address: temporalAddress });
  const temporal = new Client({ connection, namespace });
  const messages = () => database.db().collection<StoredDoc>('messages');
  // An automatic retry of a message that the provider held back (131049) is for tomorrow; the sender did not ask for it.
  const sentByUs = { direction: 'outbound', retryOf: { $exists: false } };

  return {
    async readStored(): Promise<StoredMessage[]> {
      const found = await messages().find(sentByUs).toArray();
      return found.map((message) => ({
        id: message._id.toHexString(),
        idempotencyKey: message.idempotencyKey ?? '',
        status: message.status,
        providerMessageId: message.providerMessageId ?? null,
        history: message.statusHistory.map(({ status }) => status),
      }));
    },
    /** Messages by status. */
    async countStatuses(): Promise<ReadonlyMap<string, number>> {
      const groups = messages().aggregate<{ _id: string; count: number }>([
        { $match: sentByUs },
        { $group: { _id: '$status', count: { $sum: 1 } } },
      ]);
      return new Map((await groups.toArray()).map(({ _id, count }) => [_id, count]));
    },
    /** True when the provider has posted all its receipts and all of them are processed. */
    async areReceiptsHandled(): Promise<boolean> {
      const { receipts } = await readStats(sandboxUrl);
      return receipts.pending === 0 && (await countOpenEvents(database.db())) === 0;
    },
    readLedger: () => readLedger(sandboxUrl),
    /** Messages with unknown outcome that the provider has taken: a receipt must still settle them. */
    async countUnsettled(): Promise<number> {
      const unknown = await messages()
        .find({ status: 'unknown' }, { projection: { _id: 1 } })
        .toArray();
      if (unknown.length === 0) return 0;
      const calls = callsByMessage(await readLedger(sandboxUrl));
      return unknown.filter(({ _id }) => takenCalls(calls.get(_id.toHexString()) ?? []).length > 0).length;
    },
    readWorkflows: (ids: readonly string[]) => readWorkflows(temporal, ids),
    async close() {
      await database.close();
      await connection.close();
    },
  };
}

export type EvidenceReader = Awaited<ReturnType<typeof openEvidence>>;

const concurrency = 20;
/** A workflow closes a moment after it has stored how its message ended. */
const closingMs = 10_000;

async function readWorkflows(temporal: Client, ids: readonly string[]): Promise<Map<string, string>> {
  const statuses = new Map<string, string>();
  await inParallel(ids, concurrency, async (id) => {
    const status = await describe(temporal, id);
    if (status !== null) statuses.set(id, status);
  });
  const running = [...statuses].filter(([, status]) => status === 'RUNNING').map(([id]) => id);
  const deadline = Date.now() + closingMs;
  for (const id of running) {
    while (statuses.get(id) === 'RUNNING' && Date.now() < deadline) {
      await sleep(100);
      statuses.set(id, (await describe(temporal, id)) ?? 'GONE');
    }
  }
  return statuses;
}

async function describe(temporal: Client, id: string): Promise<string | null> {
  try {
    return (await temporal.workflow.getHandle(workflowIdOf(id)).describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
