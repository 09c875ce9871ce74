import type { Clock } from '../../platform/clock.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { attemptTimeoutMs } from './contract.ts';
import type { FileKeeper } from './keeper.ts';
import type { MediaFileDoc, MediaRepository } from './repository.ts';

interface RemovalDeps {
  readonly files: Pick<MediaRepository, 'findToRemoveAcrossClients' | 'removeAgainAt' | 'deleteErased'>;
  readonly keeper: Pick<FileKeeper, 'remove'>;
  readonly clock: Clock;
}

const batchSize = 100;

/** An attempt that began before the erasure may still write the file; none lasts longer than this. */
const lastWriterMs = 2 * attemptTimeoutMs;

/**
 * Removes the bytes of erased files from the storage: at once, and again when no attempt to fetch them can be at work any
 * more. Only then the row goes, which is the memory of what is to be removed.
 */
export function createRemoval({ files, keeper, clock }: RemovalDeps) {
  async function remove({ _id, clientId, settledAt, createdAt }: MediaFileDoc): Promise<void> {
    const scope = scopeOf(clientId);
    await keeper.remove(scope, _id);
    const lastAt = new Date((settledAt ?? createdAt).getTime() + lastWriterMs);
    if (lastAt <= clock.now()) await files.deleteErased(scope, _id);
    else await files.removeAgainAt(scope, _id, lastAt);
  }

  return {
    /** One batch; returns its size. A file that fails is tried again in the next round. */
    async removeOnce(): Promise<number> {
      const found = await files.findToRemoveAcrossClients(clock.now(), batchSize);
      for (const file of found) await remove(file);
      return found.length;
    },
  };
}
