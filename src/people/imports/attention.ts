import type { Clock } from '../../platform/clock.ts';
import type { Firing, TimerHandler, Timers } from '../../timers/timers.ts';
import { importTimer, type ImportChanges } from './changes.ts';
import type { ImportFiles } from './files.ts';
import { attentionAt, isEnded } from './lifecycle.ts';
import type { ImportDoc, ImportRepository } from './repository.ts';
import type { ImportRowRepository } from './stored-rows/repository.ts';
import type { ImportWorkflows } from './workflows.ts';

export interface AttentionDeps {
  readonly imports: ImportRepository;
  readonly rows: Pick<ImportRowRepository, 'deleteSome'>;
  readonly files: Pick<ImportFiles, 'remove'>;
  readonly changes: Pick<ImportChanges, 'moveOn' | 'remove'>;
  readonly workflows: ImportWorkflows;
  readonly timers: Pick<Timers, 'arm'>;
  readonly clock: Clock;
}

/** Rows that one firing deletes: it must end within its lease. */
const maxDeleted = 20_000;
const pageSize = 2_000;
const soonMs = 1_000;

/**
 * Looks after an import when its timer is due: wakes its workflow, ends a proposal that nobody has started, and deletes
 * what is kept of imports that ended long ago, and of uploads that never arrived.
 */
export function createAttention(deps: AttentionDeps): TimerHandler {
  const { imports, files, changes, workflows, timers, clock } = deps;

  async function removeFiles({ scope }: Firing, { _id, copies }: ImportDoc): Promise<void> {
    for (const id of [_id, ...copies]) await files.remove(scope, id);
  }

  async function giveUp(firing: Firing, doc: ImportDoc): Promise<void> {
    await removeFiles(firing, doc);
    await changes.remove(firing.scope, { type: 'system' }, { id: doc._id, version: doc.version });
  }

  async function clear(firing: Firing, doc: ImportDoc): Promise<Date | null> {
    await removeFiles(firing, doc);
    for (let deleted = 0; deleted < maxDeleted;) {
      const count = await deps.rows.deleteSome(firing.scope, doc._id, { limit: pageSize });
      if (count === 0) {
        await imports.eraseSamples(firing.scope, [doc._id]);
        await imports.progress(firing.scope, doc, { clearedAt: clock.now() });
        return null;
      }
      deleted += count;
    }
    return new Date(clock.now().getTime() + soonMs);
  }

  /** When to look again; null for never. */
  async function attend(firing: Firing, doc: ImportDoc): Promise<Date | null> {
    const now = clock.now();
    const at = attentionAt(doc, now);
    if (doc.state === 'uploading') return at > now ? at : giveUp(firing, doc).then(() => null);
    if (isEnded(doc.state)) return at > now ? at : clear(firing, doc);
    if (doc.state === 'paused') return at;
    if (doc.state === 'ready') {
      if (at > now) return at;
      await changes.moveOn(firing.scope, doc, 'expired', { isExpired: true });
    }
    await workflows.wake(doc);
    return attentionAt({ ...doc, state: 'canceling' }, now);
  }

  return async (firing) => {
    const { scope, subjectId } = firing;
    const doc = await imports.findById(scope, subjectId);
    const dueAt = doc === null ? null : await attend(firing, doc);
    if (dueAt !== null) await timers.arm(scope, { kind: importTimer, subjectId, dueAt });
  };
}
