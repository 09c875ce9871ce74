import mongoose, { type mongo } from 'mongoose';
import { waitFor } from '../shared/wait.ts';
import type { Commit } from './facts.ts';
import { createHistory, type StoredChange } from './history.ts';

/** Follows every version of the documents that the judge follows, in the order of the database. */
export interface InboxWatch {
  readonly commits: readonly Commit[];
  /** Waits until everything that is stored now was seen. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

const followed = ['conversations', 'agent_states', 'sla_clocks'];
/** Written by the watch itself, to see that it has come so far. */
const markCollection = 'inbox_storm_marks';
const catchUpMs = 120_000;

export async function watchInbox(database: mongo.Db, clientId: mongo.ObjectId): Promise<InboxWatch> {
  const { operationTime } = await database.command({ ping: 1 });
  const leaseId = `assignment:${clientId.toHexString()}`;
  const stream = database.watch<mongo.Document, StoredChange>(
    [
      {
        $match: {
          $or: [
            { 'ns.coll': { $in: [...followed, markCollection] } },
            { 'ns.coll': 'leases', 'documentKey._id': leaseId },
          ],
        },
      },
    ],
    { startAtOperationTime: operationTime },
  );
  const history = createHistory();
  const marks = new Set<string>();
  let failure: unknown = null;
  stream.on('change', (change) => {
    if (change.ns.coll === markCollection) marks.add(String(change.documentKey?._id));
    else history.add(change);
  });
  stream.on('error', (error) => (failure = error));
  return {
    commits: history.commits,
    async catchUp() {
      const _id = new mongoose.mongo.ObjectId();
      await database.collection(markCollection).insertOne({ _id });
      await waitFor(
        async () => {
          if (failure !== null) throw new Error('the watch has ended', { cause: failure });
          return marks.has(_id.toHexString()) ? true : null;
        },
        { error: 'the watch falls behind', timeoutMs: catchUpMs, pollMs: 50 },
      );
    },
    close: () => stream.close(),
  };
}
