import type { ClientSession, Types } from 'mongoose';
import { createResource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { writtenTo } from '../../audit/written.ts';
import type { Clock } from '../../platform/clock.ts';
import { type AppError, valueTaken } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ListOrder } from '../../platform/listing.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { nameKeyOf } from '../../platform/name-key.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import { applyChange } from '../../platform/update.ts';
import type { ReadShown, Shown } from '../contacts/shown.ts';
import { compileSegment, type SegmentNote } from './compile.ts';
import type { SegmentFilters, WithFaults } from './filters.ts';
import type { createSegmentPreview, SegmentCount } from './preview.ts';
import type { SegmentDoc, SegmentRepository } from './repository.ts';

export type { WithFaults } from './filters.ts';
export type { SegmentDoc } from './repository.ts';

export interface SegmentUseCaseDeps {
  readonly segments: SegmentRepository;
  readonly preview: ReturnType<typeof createSegmentPreview>;
  readonly filters: SegmentFilters;
  readonly readShown: ReadShown;
  readonly zoneOf: (scope: ClientScope) => Promise<string>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface NewSegment {
  readonly name: string;
  readonly filter: unknown;
}

export interface SegmentPreview extends SegmentCount {
  /** With the contacts of the sample. */
  readonly shown: Shown;
  readonly notes: readonly SegmentNote[];
  readonly tookMs: number;
}

export type SegmentUseCases = ReturnType<typeof createSegmentUseCases>;

/** What users do with segments. */
export function createSegmentUseCases(deps: SegmentUseCaseDeps) {
  const { segments, filters, preview, readShown, zoneOf, audit, clock } = deps;
  const resource = createSegmentResource(deps);

  return {
    async get(scope: ClientScope, id: Types.ObjectId): Promise<WithFaults> {
      const segment = await resource.require(scope, { id, version: undefined });
      return (await filters.checker(scope))(segment);
    },

    async list(
      scope: ClientScope,
      { limit, order }: { readonly limit: number; readonly order: ListOrder<SegmentDoc> },
    ): Promise<Page<WithFaults>> {
      const page = toPage(await segments.list(scope, order, limit + 1), limit, order.cursorOf);
      const check = await filters.checker(scope);
      return { ...page, items: page.items.map(check) };
    },

    /** Throws `invalid-input` and `already-exists`. */
    async create(scope: ClientScope, by: AuditActor, { name, filter }: NewSegment): Promise<SegmentDoc> {
      const at = clock.now();
      const fresh = {
        ...{ _id: newId(), clientId: scope.clientId, name, nameKey: nameKeyOf(name), filter },
        ...{ createdAt: at, updatedAt: at, version: 1 },
      };
      try {
        return await audit.runInTransaction(async (session) => {
          const references = await filters.hold(scope, filter, session);
          return resource.within(session).create(scope, by, { ...fresh, references });
        });
      } catch (error) {
        throw isDuplicateKey(error) ? await nameTaken(deps, scope, name) : error;
      }
    },

    /** As `create`. */
    async update(
      scope: ClientScope,
      by: AuditActor,
      ref: ResourceRef,
      { name, filter }: Partial<NewSegment>,
    ): Promise<SegmentDoc> {
      const renamed = name === undefined ? {} : { name, nameKey: nameKeyOf(name) };
      try {
        return await resource.change(scope, by, ref, {
          action: 'segment.updated',
          async decide(current, session) {
            const refiltered =
              filter === undefined ? {} : { filter, references: await filters.hold(scope, filter, session) };
            const next = applyChange(current, { ...renamed, ...refiltered });
            return next === current ? current : { ...next, updatedAt: clock.now() };
          },
        });
      } catch (error) {
        throw isDuplicateKey(error) && name !== undefined ? await nameTaken(deps, scope, name) : error;
      }
    },

    remove: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<void> =>
      resource.remove(scope, by, ref),

    /** Whom the filter finds now. Throws `invalid-input` and `search-too-broad`. */
    async preview(scope: ClientScope, filter: unknown): Promise<SegmentPreview> {
      const beganAtMs = performance.now();
      const [node, zone] = await Promise.all([filters.require(scope, filter), zoneOf(scope)]);
      const plan = compileSegment(node, { now: clock.now(), zone }, scope);
      const count = await preview(scope, plan);
      const shown = await readShown(scope, count.sample);
      const tookMs = Math.round(performance.now() - beganAtMs);
      return { ...count, shown, notes: plan.notes, tookMs };
    },
  };
}

async function nameTaken(
  { segments }: Pick<SegmentUseCaseDeps, 'segments'>,
  scope: ClientScope,
  name: string,
): Promise<AppError> {
  const existing = await segments.findByNameKey(scope, nameKeyOf(name));
  const taken = { path: 'body.name', noun: 'name', existing };
  return valueTaken('A segment with this name already exists.', taken);
}

const createSegmentResource = ({ segments, audit }: SegmentUseCaseDeps) =>
  createResource<SegmentDoc>(audit, {
    type: 'segment',
    find: (scope, id, session?: ClientSession) => segments.findById(scope, id, session),
    insert: segments.insert,
    replace: segments.replace,
    remove: segments.remove,
    auditedFieldsOf: ({ name, filter }) => ({ name, filter }),
    eventOf(written) {
      const { verb, doc, version } = writtenTo(written);
      const { _id: id, name } = doc;
      return { type: `segment.${verb}`, entity: { type: 'segment', id }, version, view: { name } };
    },
  });
