import type { Clock } from '../../../platform/clock.ts';
import { beginningOf } from '../csv/read-csv.ts';
import type { ImportChanges } from '../changes.ts';
import { planOptionsOf } from '../settings.ts';
import { readContext, rowOptionsOf, type ContextDeps, type ImportContext } from '../reading-context.ts';
import type { ImportDoc, ImportProgress, ImportRepository } from '../repository.ts';
import type { ImportRowRepository } from '../stored-rows/repository.ts';
import { StaleSlice, type ImportWork, type Slice } from '../slices.ts';
import type { ImportFault } from '../states.ts';
import { copyToText, type CopyDeps, type FoundText } from './copy.ts';
import type { ImportFindings } from './findings.ts';
import { findNewTags, type NewTagDeps } from './new-tags.ts';
import { planRows, type PlanRowsDeps } from './plan-rows.ts';
import { proposeSettings } from './propose.ts';
import { readRows, type ReadRowsDeps } from './read-rows.ts';

export interface AnalysisDeps extends ContextDeps, CopyDeps, ReadRowsDeps, PlanRowsDeps, NewTagDeps {
  readonly imports: ImportRepository;
  readonly rows: ImportRowRepository;
  readonly changes: Pick<ImportChanges, 'moveOn'>;
  readonly clock: Clock;
}

/**
 * The dry run: copies the file, reads its rows, plans them; in this order, each part in slices. It goes on where the last
 * slice has stopped, and any part of it may be repeated.
 */
export const createAnalysis =
  (deps: AnalysisDeps) =>
  async (work: ImportWork, slice: Slice): Promise<void> => {
    const context = await readContext(deps, work.scope);
    let current: ImportWork = work;
    for (;;) {
      const next = await analysePart(deps, current, { context, slice });
      if (next === null) return;
      current = { ...current, doc: next };
      if (slice.isOver()) return;
    }
  };

interface PartContext {
  readonly context: ImportContext;
  readonly slice: Slice;
}

/** One part; the import as it is for the next one, null if there is none now. */
async function analysePart(
  deps: AnalysisDeps,
  work: ImportWork,
  part: PartContext,
): Promise<ImportDoc | null> {
  const { doc } = work;
  const { work: place = { part: 'copy' } as const, found } = doc;
  if (place.part === 'copy' || found === undefined) return analyseFile(deps, work, part);
  if (place.part === 'rows') {
    const options = rowOptionsOf(doc, part.context);
    const end = await readRows(deps, work, { found, from: place.from, options }, part.slice);
    if (end.kind === 'more') return null;
    if (end.kind === 'refused') return refuse(deps, work, end.fault);
    const blankLines = found.blankLines ?? end.blankLines;
    return keep(deps, work, { rowCount: end.rowCount, blankLines, work: { part: 'plan', after: 0 } });
  }
  const { definitions } = part.context;
  const planned = { after: place.after, context: { options: planOptionsOf(doc.settings), definitions } };
  if (await planRows(deps, work, planned, part.slice)) await finish(deps, work, part.slice);
  return null;
}

async function analyseFile(
  deps: AnalysisDeps,
  work: ImportWork,
  { context, slice }: PartContext,
): Promise<ImportDoc | null> {
  const copied = await copyToText(deps, work, slice);
  if (copied.kind === 'refused') return refuse(deps, work, copied.fault);
  const { settings } = work.doc;
  const { targets, ownNumber } = context;
  const proposal = proposeSettings({
    ...{ rows: copied.dialect.rows, settings, definitions: targets, ownNumber },
  });
  const found: ImportFindings = { ...withoutRows(copied), ...proposal };
  return keep(deps, work, { found, work: { part: 'rows', from: beginningOf(copied.dialect) } });
}

function withoutRows({ dialect: { rows: _sample, ...dialect }, ...found }: FoundText) {
  return { ...found, dialect };
}

async function keep(
  { imports }: Pick<AnalysisDeps, 'imports'>,
  { scope, doc }: ImportWork,
  progress: ImportProgress,
): Promise<ImportDoc> {
  if (!(await imports.progress(scope, doc, progress))) throw new StaleSlice();
  return { ...doc, ...progress };
}

async function refuse(
  { changes }: AnalysisDeps,
  { scope, doc }: ImportWork,
  fault: ImportFault,
): Promise<null> {
  await changes.moveOn(scope, doc, 'refused', { fault, work: undefined });
  return null;
}

async function finish(deps: AnalysisDeps, work: ImportWork, slice: Slice): Promise<void> {
  const { rows, changes, clock } = deps;
  const { scope, doc } = work;
  const newTags = await findNewTags(deps, work, slice);
  const planned = await rows.countPlans(scope, { importId: doc._id, analysis: doc.analysis });
  await changes.moveOn(scope, doc, 'analysed', { planned, newTags, readyAt: clock.now(), work: undefined });
}
