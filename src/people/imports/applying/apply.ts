import { mapConcurrently } from '../../../platform/concurrency.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { ImportChanges } from '../changes.ts';
import { planOptionsOf } from '../settings.ts';
import { readContext, type ContextDeps } from '../reading-context.ts';
import type { ImportDoc, ImportRepository } from '../repository.ts';
import type { ImportRowRepository } from '../stored-rows/repository.ts';
import { StaleSlice, type ImportWork, type Slice } from '../slices.ts';
import { parted } from './parts.ts';
import { finishRow, writeRows, type RowWriting, type WriteRowDeps } from './write-rows.ts';

export interface ApplyDeps extends ContextDeps, WriteRowDeps {
  readonly imports: ImportRepository;
  readonly rows: ImportRowRepository;
  readonly changes: Pick<ImportChanges, 'moveOn'>;
  readonly clock: Clock;
}

/** A pause waits for the page under way. */
const pageSize = 400;
/** Of each page: while the database works on one, the process prepares another, and lets others in between. */
const maxTransactions = 4;

/** Writes the contacts of the rows that have no outcome yet, in slices. What is left is in the rows, not in the run. */
export function createApply(deps: ApplyDeps) {
  const { imports, rows, changes, clock } = deps;

  async function assertRuns({ scope, doc }: ImportWork): Promise<void> {
    const current = await imports.findById(scope, doc._id);
    if (current?.state !== doc.state || current.analysis !== doc.analysis) throw new StaleSlice();
  }

  return async (work: ImportWork, slice: Slice): Promise<void> => {
    const { scope, doc } = work;
    const set = { importId: doc._id, analysis: doc.analysis };
    const { definitions } = await readContext(deps, scope);
    const writing: RowWriting = {
      ...{ scope, importId: doc._id, by: authorOf(doc) },
      context: { options: planOptionsOf(doc.settings), definitions },
    };
    for (;;) {
      slice.signal.throwIfAborted();
      await assertRuns(work);
      const finishing = await rows.findFinishing(scope, doc._id, pageSize);
      for (const row of finishing) await finishRow(deps, writing, row);
      const page = await rows.findAfter(scope, set, { n: 0, limit: pageSize, outcome: 'pending' });
      if (page.length === 0) break;
      await mapConcurrently(parted(page, maxTransactions), maxTransactions, (rows) =>
        writeRows(deps, writing, rows),
      );
      slice.beat({ applied: page.at(-1)?.n });
      if (slice.isOver()) {
        const outcomes = await rows.countOutcomes(scope, set);
        await imports.progress(scope, doc, { outcomes, countedAt: clock.now() });
        return;
      }
    }
    const outcomes = await rows.countOutcomes(scope, set);
    await changes.moveOn(scope, doc, 'applied', { outcomes, countedAt: clock.now(), slot: undefined });
  };
}

function authorOf({ startedBy }: ImportDoc): RowWriting['by'] {
  if (startedBy === undefined) throw new Error('An import that runs was started by somebody.');
  return startedBy;
}
