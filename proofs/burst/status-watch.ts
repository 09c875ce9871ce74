import type { mongo } from 'mongoose';

/** Statuses by rank. Written out here so that the product's own order is not tested against itself. */
const ranks = ['scheduled', 'queued', 'sending', 'unknown', 'sent', 'failed', 'delivered', 'read'] as const;

export interface StatusWatch {
  /** Each change of a status to a lower one. */
  readonly stepsBack: readonly string[];
  /** The status that a message was last seen to get. */
  lastOf(messageId: string): string | undefined;
  /** How many changes were seen. */
  count(): number;
  close(): Promise<void>;
}

/** Follows every single change of a message's status from now on, in the order in which the database makes them. */
export async function watchStatuses(database: mongo.Db): Promise<StatusWatch> {
  const { operationTime } = await database.command({ ping: 1 });
  const stream = database
    .collection('messages')
    .watch<mongo.Document, mongo.ChangeStreamUpdateDocument>(
      [{ $match: { operationType: 'update', 'updateDescription.updatedFields.status': { $exists: true } } }],
      { startAtOperationTime: operationTime },
    );
  const last = new Map<string, string>();
  const stepsBack: string[] = [];
  let count = 0;
  const rankOf = (status: string) => ranks.findIndex((known) => known === status);
  stream.on('change', ({ documentKey, updateDescription }) => {
    const id = String(documentKey._id);
    const status = String(updateDescription.updatedFields?.['status']);
    const before = last.get(id);
    count += 1;
    if (before !== undefined && rankOf(status) < rankOf(before))
      stepsBack.push(`${id}: ${before}, ${status}`);
    last.set(id, status);
  });
  stream.on('error', (error) => stepsBack.push(`the watch ended: ${String(error)}`));
  return { stepsBack, lastOf: (id) => last.get(id), count: () => count, close: () => stream.close() };
}
