import type { ClientSession } from 'mongoose';
import { createResource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditService } from '../../audit/service.ts';
import { writtenTo } from '../../audit/written.ts';
import type { Clock } from '../../platform/clock.ts';
import { type AppError, valueTaken } from '../../platform/errors.ts';
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
import type { AssertReferences } from './references.ts';
import type { MacroDoc, MacroRepository } from './repository.ts';

export type { MacroDoc } from './repository.ts';

export interface MacroDeps {
  readonly macros: MacroRepository;
  readonly assertReferences: AssertReferences;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface NewMacro extends Pick<MacroDoc, 'name' | 'actions'> {
  readonly scope: Sharing;
}

export type MacroPatch = Partial<Pick<MacroDoc, 'name' | 'actions'>>;

export type MacroUseCases = ReturnType<typeof createMacroUseCases>;

/** What users do with macros, but for running them. Those of a colleague do not exist for them. */
export function createMacroUseCases(deps: MacroDeps) {
  const { macros, assertReferences, clock } = deps;
  const resource = createMacroResource(deps);
  const { get, requireEditable, ownerOfNew } = createSharedAccess(resource, 'macro');

  return {
    get,

    /** The shared ones and the user's own. */
    async list(
      scope: ClientScope,
      { by }: SharingUser,
      { limit, order }: { readonly limit: number; readonly order: ListOrder<MacroDoc> },
    ): Promise<Page<MacroDoc>> {
      return toPage(await macros.listFor(scope, by.userId, order, limit + 1), limit, order.cursorOf);
    },

    /** Throws `forbidden`, `already-exists`, and `not-found` or `invalid-input` for what actions name in vain. */
    async create(
      scope: ClientScope,
      who: SharingUser,
      { name, actions, scope: sharing }: NewMacro,
    ): Promise<MacroDoc> {
      const ownerId = ownerOfNew(who, sharing);
      await assertReferences(scope, actions, { who, isShared: ownerId === null });
      const fresh = {
        ...{ _id: newId(), clientId: scope.clientId, ownerId, name, nameKey: nameKeyOf(name), actions },
        ...{ createdAt: clock.now(), version: 1 },
      };
      try {
        return await resource.create(scope, who.by, fresh);
      } catch (error) {
        throw isDuplicateKey(error) ? await nameTaken(macros, scope, fresh) : error;
      }
    },

    async update(
      scope: ClientScope,
      who: SharingUser,
      ref: ResourceRef,
      patch: MacroPatch,
    ): Promise<MacroDoc> {
      const { ownerId } = await requireEditable(scope, who, ref.id);
      const { name, actions } = patch;
      if (actions !== undefined) await assertReferences(scope, actions, { who, isShared: ownerId === null });
      const change = { ...patch, ...(name === undefined ? {} : { nameKey: nameKeyOf(name) }) };
      try {
        return await resource.change(scope, who.by, ref, {
          action: 'macro.updated',
          decide: (current) => applyChange(current, change),
        });
      } catch (error) {
        throw isDuplicateKey(error) && name !== undefined
          ? await nameTaken(macros, scope, { ownerId, nameKey: nameKeyOf(name) })
          : error;
      }
    },

    async remove(scope: ClientScope, who: SharingUser, ref: ResourceRef): Promise<void> {
      await requireEditable(scope, who, ref.id);
      await resource.remove(scope, who.by, ref);
    },
  };
}

/** The audit names the kinds of the actions: their texts may name people. */
const createMacroResource = ({ macros, audit }: MacroDeps) =>
  createResource<MacroDoc>(audit, {
    type: 'macro',
    find: (scope, id, session?: ClientSession) => macros.findById(scope, id, session),
    insert: macros.insert,
    replace: macros.replace,
    remove: macros.remove,
    eventOf(written) {
      const { verb, doc, version } = writtenTo(written);
      const { _id: id, name } = doc;
      return {
        type: `macro.${verb}`,
        entity: { type: 'macro', id },
        version,
        audience: audienceOf(doc),
        view: { name, scope: sharingOf(doc) },
      };
    },
    auditedFieldsOf: ({ ownerId, name, actions, version }) => ({
      ownerId: ownerId?.toHexString() ?? null,
      name,
      actions: actions.map(({ type }) => type),
      version,
    }),
  });

async function nameTaken(
  macros: Pick<MacroRepository, 'findByNameKey'>,
  scope: ClientScope,
  wanted: Pick<MacroDoc, 'ownerId' | 'nameKey'>,
): Promise<AppError> {
  const existing = await macros.findByNameKey(scope, wanted);
  return valueTaken('A macro with this name already exists.', { path: 'body.name', noun: 'name', existing });
}
