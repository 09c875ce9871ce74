import type { ClientSession, Types } from 'mongoose';
import type { AuditActor } from '../../audit/service.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { changedIds, idsOfNames, type IdsByKey } from '../contact-sets/rules.ts';
import type { TagsByName } from '../contact-sets/tags/names.ts';
import type { ContactChanges } from './changes.ts';
import { maxGroups, maxTags } from './rules.ts';
import type { ContactRecord } from './store/repository.ts';

/** What a user asks of a contact's tags, by name, and of its groups. */
export interface RequestedSets {
  /** Replaces all. */
  readonly tags?: readonly string[] | undefined;
  /** The same by ids, for tags that a contact had before; leaves out those that were deleted since. */
  readonly formerTagIds?: readonly Types.ObjectId[] | undefined;
  readonly addTags?: readonly string[] | undefined;
  readonly removeTags?: readonly string[] | undefined;
  readonly addGroupIds?: readonly Types.ObjectId[] | undefined;
  readonly removeGroupIds?: readonly Types.ObjectId[] | undefined;
}

/** Those of these rows that exist. */
type FindSets = (
  scope: ClientScope,
  ids: readonly Types.ObjectId[],
  session?: ClientSession,
) => Promise<readonly { readonly _id: Types.ObjectId }[]>;

export interface SetDeps {
  readonly tags: TagsByName;
  readonly findTags: FindSets;
  readonly findGroups: FindSets;
}

/** A request, and its contact as it is. */
interface Asked {
  readonly requested: RequestedSets;
  readonly current: Pick<ContactRecord, 'tagIds' | 'groupIds'>;
}

interface Write {
  readonly by: AuditActor;
  readonly session: ClientSession;
}

type SetChanges = Pick<ContactChanges, 'tagIds' | 'groupIds'>;

/**
 * The tags and groups of each contact after its request, in their order; tags that do not exist are made, each once. Call it in
 * the transaction that stores them. Throws `invalid-input` if there would be too many, and `not-found` for an unknown group.
 */
export async function readSets(
  deps: SetDeps,
  scope: ClientScope,
  asked: readonly Asked[],
  write: Write,
): Promise<SetChanges[]> {
  const byKey = await readTags(deps, scope, asked, write);
  const former = await readFormerTags(deps, scope, asked, write.session);
  await assertGroups(deps, scope, asked, write.session);
  return asked.map((each) => {
    const tagIds = nextTags(each, byKey, former);
    const groupIds = nextGroups(each);
    return { ...(tagIds === undefined ? {} : { tagIds }), ...(groupIds === undefined ? {} : { groupIds }) };
  });
}

const namesIn = (asked: readonly Asked[], field: 'tags' | 'addTags' | 'removeTags'): readonly string[] =>
  asked.flatMap(({ requested }) => requested[field] ?? []);

/** The ids of all tags that the requests name. */
async function readTags(
  { tags }: SetDeps,
  scope: ClientScope,
  asked: readonly Asked[],
  { by, session }: Write,
): Promise<IdsByKey> {
  const [set, added, removed] = [
    namesIn(asked, 'tags'),
    namesIn(asked, 'addTags'),
    namesIn(asked, 'removeTags'),
  ];
  const path = added.length > 0 ? 'body.addTags' : 'body.tags';
  const made = await tags.findOrCreate(scope, by, { names: [...set, ...added], path }, session);
  return removed.length === 0 ? made : new Map([...(await tags.find(scope, removed, session)), ...made]);
}

/** The ids of the former tags that still exist. */
async function readFormerTags(
  { findTags }: SetDeps,
  scope: ClientScope,
  asked: readonly Asked[],
  session: ClientSession,
): Promise<ReadonlySet<string>> {
  const ids = asked.flatMap(({ requested }) => requested.formerTagIds ?? []);
  const found = ids.length === 0 ? [] : await findTags(scope, ids, session);
  return new Set(found.map(({ _id }) => _id.toHexString()));
}

async function assertGroups(
  { findGroups }: SetDeps,
  scope: ClientScope,
  asked: readonly Asked[],
  session: ClientSession,
): Promise<void> {
  const added = asked.flatMap(({ requested }) => requested.addGroupIds ?? []);
  const ids = [...new Map(added.map((id) => [id.toHexString(), id])).values()];
  if (ids.length === 0) return;
  const found = await findGroups(scope, ids, session);
  if (found.length < ids.length) throw notFound('contact group');
}

function nextTags(
  { requested, current: { tagIds = [] } }: Asked,
  byKey: IdsByKey,
  existing: ReadonlySet<string>,
): readonly Types.ObjectId[] | undefined {
  const { tags, addTags, removeTags, formerTagIds } = requested;
  if ((tags ?? addTags ?? removeTags ?? formerTagIds) === undefined) return undefined;
  const idsOf = (names: readonly string[] | undefined) =>
    names === undefined ? undefined : idsOfNames(names, byKey);
  const next = changedIds(tagIds, {
    set: idsOf(tags) ?? formerTagIds?.filter((id) => existing.has(id.toHexString())),
    add: idsOf(addTags),
    remove: idsOf(removeTags),
  });
  if (next.length > maxTags && next.length > tagIds.length)
    throw tooMany('body.addTags', `A contact has at most ${maxTags} tags.`);
  return next;
}

function nextGroups({
  requested: { addGroupIds, removeGroupIds },
  current: { groupIds = [] },
}: Asked): readonly Types.ObjectId[] | undefined {
  if ((addGroupIds ?? removeGroupIds) === undefined) return undefined;
  const next = changedIds(groupIds, { add: addGroupIds, remove: removeGroupIds });
  if (next.length > maxGroups && next.length > groupIds.length)
    throw tooMany('body.addGroupIds', `A contact is in at most ${maxGroups} groups.`);
  return next;
}

const tooMany = (path: string, message: string): AppError =>
  new AppError('invalid-input', message, { errors: [{ path, message }] });
