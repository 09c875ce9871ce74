import type { ClientSession, Types } from 'mongoose';
import type { AuditActor } from '../../../audit/service.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { ContactSetRepository } from '../repository.ts';
import { namesByKey, type IdsByKey } from '../rules.ts';
import { createSetResource, draftSets, type ContactSetDeps } from '../use-cases.ts';

/** The names of tags, by id. */
export type TagNames = ReadonlyMap<string, string>;

interface Tagged {
  readonly tagIds?: readonly Types.ObjectId[];
}

/** The names of a contact's tags; a tag that was deleted is left out. */
export const tagNamesOf = ({ tagIds = [] }: Tagged, names: TagNames): string[] =>
  tagIds.flatMap((id) => names.get(id.toHexString()) ?? []);

export type ReadTagNames = ReturnType<typeof createReadTagNames>;

/** Contacts hold the ids of their tags, and people say names. */
export const createReadTagNames =
  (tags: Pick<ContactSetRepository, 'findMany'>) =>
  /** The names of all tags that these contacts have. */
  async (scope: ClientScope, contacts: readonly Tagged[], session?: ClientSession): Promise<TagNames> => {
    const ids = new Map(contacts.flatMap(({ tagIds = [] }) => tagIds.map((id) => [id.toHexString(), id])));
    if (ids.size === 0) return new Map();
    const found = await tags.findMany(scope, [...ids.values()], session);
    return new Map(found.map(({ _id, name }) => [_id.toHexString(), name]));
  };

export type TagsByName = ReturnType<typeof createTagsByName>;

/** Finds tags by names, in any case and without accents. */
export function createTagsByName(deps: ContactSetDeps) {
  const resource = createSetResource(deps);

  async function idsByKey(
    scope: ClientScope,
    keys: readonly string[],
    session?: ClientSession,
  ): Promise<IdsByKey> {
    const found = keys.length === 0 ? [] : await deps.sets.findByKeys(scope, keys, session);
    return new Map(found.map(({ nameKey, _id }) => [nameKey, _id]));
  }

  return {
    /** By key; leaves out names that no tag has. */
    find: (scope: ClientScope, names: readonly string[], session?: ClientSession): Promise<IdsByKey> =>
      idsByKey(scope, [...namesByKey(names).keys()], session),

    /**
     * As `find`, and makes the tags that are missing, all by the same few commands. Throws `invalid-input` with `path` if there
     * would be too many. Of two transactions that make one at the same time, the database repeats the second.
     */
    async findOrCreate(
      scope: ClientScope,
      by: AuditActor,
      { names, path }: { readonly names: readonly string[]; readonly path: string },
      session: ClientSession,
    ): Promise<IdsByKey> {
      const wanted = namesByKey(names);
      const found = await idsByKey(scope, [...wanted.keys()], session);
      const missing = [...wanted].filter(([key]) => !found.has(key)).map(([, name]) => name);
      if (missing.length === 0) return found;
      const created = await draftSets(deps, scope, { names: missing, path }, session);
      await resource.within(session).writeEach(scope, by, { created, action: 'tag.updated', changed: [] });
      return new Map([...found, ...created.map(({ nameKey, _id }) => [nameKey, _id] as const)]);
    },
  };
}
