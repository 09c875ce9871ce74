import type { ClientSession, Types } from 'mongoose';
import { createResource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditService } from '../../audit/service.ts';
import { writtenTo } from '../../audit/written.ts';
import type { Clock } from '../../platform/clock.ts';
import { mapConcurrently } from '../../platform/concurrency.ts';
import { AppError, valueTaken } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ListOrder } from '../../platform/listing.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { nameKeyOf } from '../../platform/name-key.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import { applyChange } from '../../platform/update.ts';
import {
  audienceOf,
  createSharedAccess,
  sharingOf,
  type Sharing,
  type SharingUser,
} from '../sharing/sharing.ts';
import type { CountFound } from '../conversations/searching.ts';
import type { LookUpReferences } from './look-up.ts';
import { faultsOf, type Fault } from './references.ts';
import type { SavedViewDoc, SavedViewRepository } from './repository.ts';

export type { SavedViewDoc } from './repository.ts';

export interface SavedViewDeps {
  readonly views: SavedViewRepository;
  readonly lookUp: LookUpReferences;
  readonly countFound: CountFound;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface NewSavedView extends Pick<SavedViewDoc, 'name' | 'filter'> {
  readonly scope: Sharing;
}

export type SavedViewPatch = Partial<Pick<SavedViewDoc, 'name' | 'filter'>>;

/** A view with what its filter names in vain. */
export interface WithFaults {
  readonly view: SavedViewDoc;
  readonly faults: readonly Fault[];
}

export interface ViewCount {
  readonly viewId: Types.ObjectId;
  /** Null if it takes too long. */
  readonly count: number | null;
}

export type SavedViewUseCases = ReturnType<typeof createSavedViewUseCases>;

/** Counts of one request that run at the same time. */
const maxConcurrentCounts = 4;

/** What users do with saved views. Those of a colleague do not exist for them. */
export function createSavedViewUseCases(deps: SavedViewDeps) {
  const { views, lookUp, countFound } = deps;
  const { get, ...writes } = createWrites(deps);

  async function withFaults(
    scope: ClientScope,
    found: readonly SavedViewDoc[],
  ): Promise<readonly WithFaults[]> {
    const known = await lookUp(
      scope,
      found.map(({ filter }) => filter),
    );
    return found.map((view) => ({ view, faults: faultsOf(view.filter, known) }));
  }

  const shown = async (scope: ClientScope, view: SavedViewDoc): Promise<WithFaults> => {
    const known = await lookUp(scope, [view.filter]);
    return { view, faults: faultsOf(view.filter, known) };
  };

  return {
    get: async (scope: ClientScope, who: SharingUser, id: Types.ObjectId): Promise<WithFaults> =>
      shown(scope, await get(scope, who, id)),

    /** What the view searches for. */
    filterOf: async (scope: ClientScope, who: SharingUser, id: Types.ObjectId) =>
      (await get(scope, who, id)).filter,

    /** The shared ones and the user's own. */
    async list(
      scope: ClientScope,
      { by }: SharingUser,
      { limit, order }: { readonly limit: number; readonly order: ListOrder<SavedViewDoc> },
    ): Promise<Page<WithFaults>> {
      const found = await views.listFor(scope, by.userId, order, limit + 1);
      const page = toPage(found, limit, order.cursorOf);
      return { ...page, items: await withFaults(scope, page.items) };
    },

    /** Counts what the views show to the user; one that takes too long does not hold up the others. */
    async count(
      scope: ClientScope,
      { by }: SharingUser,
      { ids, order, limit }: { ids: readonly Types.ObjectId[] | undefined } & FirstViews,
    ): Promise<readonly ViewCount[]> {
      const found = await (ids === undefined
        ? views.listFor(scope, by.userId, order, limit)
        : views.findManyFor(scope, by.userId, ids));
      const byId = new Map(found.map((view) => [view._id.toHexString(), view]));
      const wanted = [...new Set((ids ?? [...byId.keys()]).map(String))];
      const asked = wanted.flatMap((id) => byId.get(id) ?? []);
      return mapConcurrently(asked, maxConcurrentCounts, async ({ _id: viewId, filter }) => ({
        viewId,
        count: await countFound(scope, by.userId, filter),
      }));
    },

    create: async (scope: ClientScope, who: SharingUser, fields: NewSavedView): Promise<WithFaults> =>
      shown(scope, await writes.create(scope, who, fields)),

    update: async (
      scope: ClientScope,
      who: SharingUser,
      ref: ResourceRef,
      patch: SavedViewPatch,
    ): Promise<WithFaults> => shown(scope, await writes.update(scope, who, ref, patch)),

    remove: writes.remove,
  };
}

interface FirstViews {
  readonly order: ListOrder<SavedViewDoc>;
  readonly limit: number;
}

function createWrites(deps: SavedViewDeps) {
  const { views, clock } = deps;
  const resource = createSavedViewResource(deps);
  const { get, requireEditable, ownerOfNew } = createSharedAccess(resource, 'saved view', 'view');

  return {
    get,

    /** Throws `forbidden`, `already-exists`, and `not-found` or `invalid-input` for what the filter names in vain. */
    async create(
      scope: ClientScope,
      who: SharingUser,
      { name, filter, scope: sharing }: NewSavedView,
    ): Promise<SavedViewDoc> {
      const ownerId = ownerOfNew(who, sharing);
      await assertReferences(deps, scope, filter);
      const fresh = {
        ...{ _id: newId(), clientId: scope.clientId, ownerId, name, nameKey: nameKeyOf(name), filter },
        ...{ createdAt: clock.now(), version: 1 },
      };
      try {
        return await resource.create(scope, who.by, fresh);
      } catch (error) {
        throw isDuplicateKey(error) ? await nameTaken(views, scope, fresh) : error;
      }
    },

    async update(
      scope: ClientScope,
      who: SharingUser,
      ref: ResourceRef,
      patch: SavedViewPatch,
    ): Promise<SavedViewDoc> {
      const { ownerId } = await requireEditable(scope, who, ref.id);
      const { name, filter } = patch;
      if (filter !== undefined) await assertReferences(deps, scope, filter);
      const change = { ...patch, ...(name === undefined ? {} : { nameKey: nameKeyOf(name) }) };
      try {
        return await resource.change(scope, who.by, ref, {
          action: 'saved-view.updated',
          decide: (current) => applyChange(current, change),
        });
      } catch (error) {
        throw isDuplicateKey(error) && name !== undefined
          ? await nameTaken(views, scope, { ownerId, nameKey: nameKeyOf(name) })
          : error;
      }
    },

    async remove(scope: ClientScope, who: SharingUser, ref: ResourceRef): Promise<void> {
      await requireEditable(scope, who, ref.id);
      await resource.remove(scope, who.by, ref);
    },
  };
}

const createSavedViewResource = ({ views, audit }: SavedViewDeps) =>
  createResource<SavedViewDoc>(audit, {
    type: 'saved-view',
    noun: 'saved view',
    find: (scope, id, session?: ClientSession) => views.findById(scope, id, session),
    insert: views.insert,
    replace: views.replace,
    remove: views.remove,
    eventOf(written) {
      const { verb, doc, version } = writtenTo(written);
      const { _id: id, name } = doc;
      return {
        type: `saved-view.${verb}`,
        entity: { type: 'saved-view', id },
        version,
        audience: audienceOf(doc),
        view: { name, scope: sharingOf(doc) },
      };
    },
    auditedFieldsOf: ({ ownerId, name, filter }) => ({
      ownerId: ownerId?.toHexString() ?? null,
      name,
      filter,
    }),
  });

/** Throws with everything that the filter names and that is not there now. */
async function assertReferences(
  { lookUp }: Pick<SavedViewDeps, 'lookUp'>,
  scope: ClientScope,
  filter: SavedViewDoc['filter'],
): Promise<void> {
  const faults = faultsOf(filter, await lookUp(scope, [filter]));
  if (faults.length === 0) return;
  const errors = faults.map(({ field, message }) => ({ path: `body.filter.${field}`, message }));
  const code = faults.some(({ isGone }) => isGone) ? 'not-found' : 'invalid-input';
  throw new AppError(code, 'The filter names something that does not exist or is not active.', { errors });
}

async function nameTaken(
  views: Pick<SavedViewRepository, 'findByNameKey'>,
  scope: ClientScope,
  wanted: Pick<SavedViewDoc, 'ownerId' | 'nameKey'>,
): Promise<AppError> {
  const existing = await views.findByNameKey(scope, wanted);
  return valueTaken('A saved view with this name already exists.', {
    path: 'body.name',
    noun: 'name',
    existing,
  });
}
