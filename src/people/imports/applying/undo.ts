import type { ClientSession } from 'mongoose';
import { mapConcurrently } from '../../../platform/concurrency.ts';
import { AppError } from '../../../platform/errors.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { ContactUseCases } from '../../contacts/use-cases.ts';
import type { ImportChanges } from '../changes.ts';
import type { ImportRowDoc, ImportRowRepository, RowBefore } from '../stored-rows/repository.ts';
import type { ImportWork, Slice } from '../slices.ts';
import type { UndoOutcome } from '../states.ts';

export interface UndoDeps {
  readonly rows: Pick<ImportRowRepository, 'findToUndo' | 'undone'>;
  readonly contacts: Pick<ContactUseCases, 'findRecord' | 'findWithin' | 'remove' | 'changeWithin'>;
  readonly changes: Pick<ImportChanges, 'moveOn'>;
  readonly runInTransaction: RunInTransaction;
}

const pageSize = 100;
/** Rows at the same time: each waits for the database most of its time. */
const maxRows = 4;

/**
 * Takes back what an import did, the last row first: deletes contacts that it has created and nobody has touched since, and
 * gives the others the values that they had before, unless they have changed since. An opt-out stays.
 */
export const createUndo =
  (deps: UndoDeps) =>
  async (work: ImportWork, slice: Slice): Promise<void> => {
    const { scope, doc } = work;
    const set = { importId: doc._id, analysis: doc.analysis };
    for (const outcome of ['updated', 'created'] as const) {
      for (let before = Number.MAX_SAFE_INTEGER; ;) {
        slice.signal.throwIfAborted();
        const page = await deps.rows.findToUndo(scope, set, { outcome, before, limit: pageSize });
        const last = page.at(-1);
        if (last === undefined) break;
        const undo = outcome === 'created' ? removeContact : restoreContact;
        await mapConcurrently(page, maxRows, (row) => undo(deps, work, row));
        before = last.n;
        slice.beat({ undone: before });
        if (slice.isOver()) return;
      }
    }
    await deps.changes.moveOn(scope, doc, 'taken-back', { contentKey: undefined });
  };

const authorOf = ({ doc }: ImportWork) => doc.undoneBy ?? doc.uploadedBy;

async function removeContact(deps: UndoDeps, work: ImportWork, row: ImportRowDoc): Promise<void> {
  await deps.rows.undone(work.scope, row._id, await tryToRemove(deps, work, row));
}

async function tryToRemove(
  { contacts }: UndoDeps,
  work: ImportWork,
  { contactId, contactVersion }: ImportRowDoc,
): Promise<UndoOutcome> {
  const { scope } = work;
  const record = contactId === undefined ? null : await contacts.findRecord(scope, contactId);
  // An earlier attempt, or a user, has deleted it.
  if (contactId === undefined || record === null) return 'removed';
  if (record.version !== contactVersion || (record.copies ?? 0) > 0) return 'kept';
  try {
    await contacts.remove(scope, authorOf(work), { id: contactId, version: contactVersion });
    return 'removed';
  } catch (error) {
    if (error instanceof AppError && (error.code === 'in-use' || error.code === 'precondition-failed'))
      return 'kept';
    throw error;
  }
}

const restoreContact = (deps: UndoDeps, work: ImportWork, row: ImportRowDoc): Promise<void> =>
  deps.runInTransaction(async (session) => {
    const undo = await restoreWithin(deps, work, { row, session });
    await deps.rows.undone(work.scope, row._id, undo, session);
  });

async function restoreWithin(
  { contacts }: UndoDeps,
  work: ImportWork,
  { row, session }: { readonly row: ImportRowDoc; readonly session: ClientSession },
): Promise<UndoOutcome> {
  const { scope } = work;
  const { contactId, contactVersion, before = {} } = row;
  if (contactId === undefined) return 'kept';
  const record = await contacts.findWithin(scope, contactId, session);
  if (record === null || record.version !== contactVersion) return 'kept';
  const { optInStatus, tagIds: formerTagIds, ...fields }: RowBefore = before;
  const isOptOut = record.optInStatus === 'opted-out';
  const consent = { source: `import ${work.doc._id.toHexString()} undone`, isUnstated: true } as const;
  const status = optInStatus === undefined || isOptOut ? {} : { optInStatus, consent };
  await contacts.changeWithin(
    ...([
      scope,
      authorOf(work),
      { id: contactId, changes: { ...fields, formerTagIds, ...status } },
      session,
    ] as const),
  );
  return 'restored';
}
