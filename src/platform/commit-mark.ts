import { AsyncLocalStorage } from 'node:async_hooks';
import type { ClientSession } from 'mongoose';

/** Written as the last step of a transaction; throws to abort it. */
export type CommitMark = (session: ClientSession) => Promise<void>;

const marks = new AsyncLocalStorage<{ mark: CommitMark | undefined }>();

/**
 * Runs `work`; every transaction that begins before `work` ends also writes the mark. It travels beside the arguments,
 * because the use cases between a route and its transactions have no business with it.
 */
export async function withCommitMark<T>(mark: CommitMark, work: () => Promise<T>): Promise<T> {
  // What `work` leaves running inherits the box, so the mark is taken out of it.
  const box: { mark: CommitMark | undefined } = { mark };
  try {
    return await marks.run(box, work);
  } finally {
    box.mark = undefined;
  }
}

export async function writeCommitMark(session: ClientSession): Promise<void> {
  await marks.getStore()?.mark?.(session);
}
