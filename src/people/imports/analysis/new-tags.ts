import { maxSets, namesByKey } from '../../contact-sets/rules.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { ImportRowRepository } from '../stored-rows/repository.ts';
import type { NewTags } from '../new-tags.ts';
import { mappedColumns } from '../settings.ts';
import type { ImportWork, Slice } from '../slices.ts';

export interface NewTagDeps {
  readonly rows: Pick<ImportRowRepository, 'findTagsAfter'>;
  /** The keys of the names of all tags of the client. */
  readonly findTagKeys: (scope: ClientScope) => Promise<readonly string[]>;
}

/** Without one, no row is read. */
const hasTagColumn = ({ found, settings }: ImportWork['doc']): boolean =>
  found !== undefined && mappedColumns(settings, found.proposed).some(({ target }) => target === 'tags');

const pageSize = 5_000;
/** More than any business can have: a column of something else was taken for tags. */
const maxCounted = 2 * maxSets;
const shownNames = 20;

/** Reads the tags of the rows that are to be written, up to a number that nobody has room for. */
export async function findNewTags(
  { rows, findTagKeys }: NewTagDeps,
  { scope, doc }: ImportWork,
  slice: Pick<Slice, 'signal' | 'beat'>,
): Promise<NewTags> {
  const known = new Set(await findTagKeys(scope));
  const names = new Map<string, string>();
  const add = (given: readonly string[]): void => {
    for (const [key, name] of namesByKey(given)) if (!known.has(key) && !names.has(key)) names.set(key, name);
  };
  add(doc.settings.tags ?? []);
  const set = { importId: doc._id, analysis: doc.analysis };
  let isExact = true;
  for (let n = 0; hasTagColumn(doc);) {
    slice.signal.throwIfAborted();
    const page = await rows.findTagsAfter(scope, set, { n, limit: pageSize });
    for (const { values } of page) add(values.tags ?? []);
    n = page.at(-1)?.n ?? n;
    slice.beat({ tagsOf: n });
    if (page.length < pageSize) break;
    isExact = names.size < maxCounted;
    if (!isExact) break;
  }
  return {
    ...{ count: names.size, isExact, names: [...names.values()].slice(0, shownNames) },
    room: Math.max(0, maxSets - known.size),
  };
}
