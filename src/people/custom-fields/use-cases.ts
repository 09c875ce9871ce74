import type { ClientSession, Types } from 'mongoose';
import { createResource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { writtenTo } from '../../audit/written.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, valueTaken, wrongState } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ListOrder } from '../../platform/listing.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import { applyChange } from '../../platform/update.ts';
import type { CustomFieldDoc, CustomFieldRepository } from './repository.ts';
import { freeSlotAmong, isSettled, maxFields, type FieldOption } from './rules.ts';

export type { CustomFieldDoc } from './repository.ts';

/** A port for contacts and segments, which this noun must not import. */
export interface FieldUsers {
  /** The ids of some contacts that have a value under the key. */
  contactsWith(
    scope: ClientScope,
    key: string,
    query: { readonly limit: number; readonly session: ClientSession },
  ): Promise<readonly Types.ObjectId[]>;
  /** Some segments whose filters ask for the field. */
  segmentsWith(
    scope: ClientScope,
    key: string,
    query: { readonly limit: number; readonly session: ClientSession },
  ): Promise<readonly FieldSegment[]>;
}

interface FieldSegment {
  readonly _id: Types.ObjectId;
  readonly name: string;
}

export interface CustomFieldUseCaseDeps {
  readonly fields: CustomFieldRepository;
  readonly users: FieldUsers;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface NewCustomField extends Pick<CustomFieldDoc, 'key' | 'type' | 'label' | 'required'> {
  readonly options?: readonly FieldOption[] | undefined;
  readonly order?: number | undefined;
}

export interface CustomFieldPatch extends Partial<
  Pick<CustomFieldDoc, 'label' | 'options' | 'required' | 'order'>
> {
  readonly isArchived?: boolean;
}

/** A refusal names as many contacts, or segments. */
const maxNamed = 10;

export type CustomFieldUseCases = ReturnType<typeof createCustomFieldUseCases>;

/** What admins do with the definitions of custom fields. */
export function createCustomFieldUseCases(deps: CustomFieldUseCaseDeps) {
  const { fields, audit, clock } = deps;
  const resource = createFieldResource(deps);

  return {
    get: (scope: ClientScope, id: Types.ObjectId): Promise<CustomFieldDoc> =>
      resource.require(scope, { id, version: undefined }),

    async list(
      scope: ClientScope,
      { limit, order }: { readonly limit: number; readonly order: ListOrder<CustomFieldDoc> },
    ): Promise<Page<CustomFieldDoc>> {
      return toPage(await fields.list(scope, order, limit + 1), limit, order.cursorOf);
    },

    /** Throws `already-exists`, and `in-use` if contacts have values under the key without a definition. */
    async create(scope: ClientScope, by: AuditActor, fresh: NewCustomField): Promise<CustomFieldDoc> {
      try {
        return await audit.runInTransaction(async (session) => {
          const definition = await draftField(deps, scope, fresh, session);
          await assertUnused(deps, scope, definition, session);
          return resource.within(session).create(scope, by, definition);
        });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const existing = await fields.findByKey(scope, fresh.key);
        const detail = 'A custom field with this key already exists.';
        throw valueTaken(detail, { path: 'body.key', noun: 'key', existing });
      }
    },

    update: (
      scope: ClientScope,
      by: AuditActor,
      ref: ResourceRef,
      { isArchived, ...patch }: CustomFieldPatch,
    ): Promise<CustomFieldDoc> =>
      resource.change(scope, by, ref, {
        action: 'custom-field.updated',
        decide(current) {
          if (patch.options !== undefined && current.options === undefined)
            throw invalid('options', 'A field of this type has no options.');
          const isChanged = isArchived !== undefined && isArchived !== (current.archivedAt !== undefined);
          const archivedAt = isArchived === true ? clock.now() : null;
          return applyChange(current, { ...patch, ...(isChanged ? { archivedAt } : {}) });
        },
      }),

    /**
     * Throws `in-use` while segments ask for it or contacts have values, and `wrong-state` while a write under way may give
     * one a value.
     */
    remove: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<void> =>
      resource.remove(scope, by, ref, async (current, session) => {
        await assertNotAsked(deps, scope, current, session);
        await assertUnused(deps, scope, current, session);
        if (isSettled(current, clock.now())) return;
        throw wrongState(
          'Contacts have had values of this custom field. Archive it, and delete it two minutes later.',
          current.archivedAt === undefined ? 'active' : 'archived',
        );
      }),
  };
}

const createFieldResource = ({ fields, audit }: CustomFieldUseCaseDeps) =>
  createResource<CustomFieldDoc>(audit, {
    type: 'custom-field',
    noun: 'custom field',
    find: (scope, id, session?: ClientSession) => fields.findById(scope, id, session),
    insert: fields.insert,
    replace: fields.replace,
    remove: fields.remove,
    auditedFieldsOf: ({ key, type, label, options, required, order, archivedAt }) => ({
      ...{ key, type, label, options: options ?? null, required, order },
      isArchived: archivedAt !== undefined,
    }),
    eventOf(written) {
      const { verb, doc, version } = writtenTo(written);
      const { _id: id, key, type, archivedAt } = doc;
      const view = { key, type, isArchived: archivedAt !== undefined };
      return { type: `custom-field.${verb}`, entity: { type: 'custom-field', id }, version, view };
    },
  });

async function draftField(
  { fields, clock }: CustomFieldUseCaseDeps,
  scope: ClientScope,
  { key, type, label, options, required, order }: NewCustomField,
  session: ClientSession,
): Promise<CustomFieldDoc> {
  const others = await fields.findAll(scope, session);
  const slot = freeSlotAmong(others);
  if (slot === null) throw invalid('key', `A business has at most ${maxFields} custom fields.`);
  return {
    ...{ _id: newId(), clientId: scope.clientId, key, type, label, required, slot },
    ...(options === undefined ? {} : { options }),
    order: order ?? (others.at(-1)?.order ?? -1) + 1,
    ...{ createdAt: clock.now(), version: 1 },
  };
}

async function assertUnused(
  { users }: CustomFieldUseCaseDeps,
  scope: ClientScope,
  { key }: CustomFieldDoc,
  session: ClientSession,
): Promise<void> {
  const ids = await users.contactsWith(scope, key, { limit: maxNamed, session });
  if (ids.length === 0) return;
  throw new AppError(
    'in-use',
    `Contacts have values of the custom field “${key}”, among them those in contactIds.`,
    {
      extensions: { contactIds: ids.map((id) => id.toHexString()) },
    },
  );
}

async function assertNotAsked(
  { users }: CustomFieldUseCaseDeps,
  scope: ClientScope,
  { key }: CustomFieldDoc,
  session: ClientSession,
): Promise<void> {
  const segments = await users.segmentsWith(scope, key, { limit: maxNamed, session });
  if (segments.length === 0) return;
  const names = segments.map(({ name }) => `“${name}”`).join(', ');
  throw new AppError('in-use', `Segments ask for the custom field “${key}”, among them ${names}.`, {
    extensions: { segmentIds: segments.map(({ _id }) => _id.toHexString()) },
  });
}

const invalid = (field: string, message: string): AppError =>
  new AppError('invalid-input', 'The custom field is not valid.', {
    errors: [{ path: `body.${field}`, message }],
  });
