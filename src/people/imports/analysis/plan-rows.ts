import type { ImportRepository } from '../repository.ts';
import type { PlanContext, Planner } from '../plan/planner.ts';
import { verdictOf } from '../plan/with-fields.ts';
import type { ImportRowRepository } from '../stored-rows/repository.ts';
import { StaleSlice, type ImportWork, type Slice } from '../slices.ts';

export interface PlanRowsDeps {
  readonly imports: Pick<ImportRepository, 'progress'>;
  readonly rows: Pick<ImportRowRepository, 'findAfter' | 'storePlans'>;
  readonly plan: Planner;
}

const pageSize = 500;

/** Plans the rows after a place, and stores the plans. True if all are planned, false if the slice is over. */
export async function planRows(
  { imports, rows, plan }: PlanRowsDeps,
  { scope, doc }: ImportWork,
  { after, context }: { readonly after: number; readonly context: PlanContext },
  slice: Slice,
): Promise<boolean> {
  const set = { importId: doc._id, analysis: doc.analysis };
  for (let n = after; ;) {
    slice.signal.throwIfAborted();
    const page = await rows.findAfter(scope, set, { n, limit: pageSize });
    const last = page.at(-1);
    if (last === undefined) return true;
    const planned = await plan(scope, page, context);
    await rows.storePlans(
      scope,
      planned.flatMap((each, place) => {
        const row = page[place];
        return row === undefined ? [] : [{ _id: row._id, plan: verdictOf(each.plan) }];
      }),
    );
    n = last.n;
    slice.beat({ planned: n });
    if (!(await imports.progress(scope, doc, { work: { part: 'plan', after: n } }))) throw new StaleSlice();
    if (slice.isOver()) return false;
  }
}
