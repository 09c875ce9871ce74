import type { Clock } from '../../platform/clock.ts';
import { mapConcurrently } from '../../platform/concurrency.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { MediaFileDoc, MediaRepository } from './repository.ts';
import { nextCheckOf, startLeaseOf } from './rules.ts';
import type { MediaWorkflows } from './workflows.ts';

interface StarterDeps {
  readonly files: Pick<
    MediaRepository,
    'findToStartAcrossClients' | 'takeStart' | 'startAgainAt' | 'eraseOne'
  >;
  readonly workflows: Pick<MediaWorkflows, 'startFetch'>;
  readonly clock: Clock;
}

/** No upload takes this long: the process that received the file has died. */
const uploadDeadAfterMs = 3_600_000;
const batchSize = 100;
const maxConcurrent = 8;

/**
 * Starts the workflow of every file on its way, and looks later whether it still runs: a run may have been terminated, or
 * the database may be an older copy. Erases uploads whose process died.
 */
export function createMediaStarter({ files, workflows, clock }: StarterDeps) {
  async function start(file: MediaFileDoc): Promise<void> {
    const scope = scopeOf(file.clientId);
    const now = clock.now();
    if (!(await files.takeStart(scope, file, startLeaseOf(now)))) return;
    if (file.messageId !== undefined) await workflows.startFetch(file);
    else if (now.getTime() - file.createdAt.getTime() > uploadDeadAfterMs)
      await files.eraseOne(scope, file._id, { at: now });
    await files.startAgainAt(scope, file._id, nextCheckOf(now));
  }

  return {
    /** One batch; returns its size. Throws all errors together; what failed is due again after its lease. */
    async startDue(): Promise<number> {
      const found = await files.findToStartAcrossClients(clock.now(), batchSize);
      const failures: unknown[] = [];
      await mapConcurrently(found, maxConcurrent, (file) =>
        start(file).catch((error: unknown) => failures.push(error)),
      );
      if (failures.length > 0)
        throw new AggregateError(
          failures,
          `the workflows of ${failures.length} of ${found.length} files were not started`,
        );
      return found.length;
    },
  };
}
