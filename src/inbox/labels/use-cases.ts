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
import type { LabelDoc, LabelRepository } from './repository.ts';

export type { LabelDoc } from './repository.ts';

export interface LabelUseCaseDeps {
  readonly labels: LabelRepository;
  /** Takes a deleted label from all conversations after the commit of the session. */
  clearLater(scope: ClientScope, id: Types.ObjectId, session: ClientSession): Promise<void>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type NewLabel = Pick<LabelDoc, 'name' | 'colour'>;

export type LabelUseCases = ReturnType<typeof createLabelUseCases>;

/** What admins do with labels. Conversations get theirs by `conversations/use-cases.ts`. */
export function createLabelUseCases({ labels, clearLater, audit, clock }: LabelUseCaseDeps) {
  const resource = createResource<LabelDoc>(audit, {
    type: 'label',
    find: (scope, id, session?: ClientSession) => labels.findById(scope, id, session),
    insert: labels.insert,
    replace: labels.replace,
    remove: labels.remove,
    auditedFieldsOf: ({ name, colour }) => ({ name, colour }),
    eventOf(written) {
      const { verb, doc, version } = writtenTo(written);
      const { _id: id, name, colour } = doc;
      return { type: `label.${verb}`, entity: { type: 'label', id }, version, view: { name, colour } };
    },
  });

  async function nameTaken(scope: ClientScope, name: string): Promise<AppError> {
    const existing = await labels.findByNameKey(scope, nameKeyOf(name));
    return valueTaken('A label with this name already exists.', {
      path: 'body.name',
      noun: 'name',
      existing,
    });
  }

  return {
    get: (scope: ClientScope, id: Types.ObjectId): Promise<LabelDoc> =>
      resource.require(scope, { id, version: undefined }),

    async list(
      scope: ClientScope,
      { limit, order }: { readonly limit: number; readonly order: ListOrder<LabelDoc> },
    ): Promise<Page<LabelDoc>> {
      return toPage(await labels.list(scope, order, limit + 1), limit, order.cursorOf);
    },

    async create(scope: ClientScope, by: AuditActor, { name, colour }: NewLabel): Promise<LabelDoc> {
      const fresh = {
        ...{ _id: newId(), clientId: scope.clientId, name, nameKey: nameKeyOf(name), colour },
        ...{ createdAt: clock.now(), version: 1 },
      };
      try {
        return await resource.create(scope, by, fresh);
      } catch (error) {
        throw isDuplicateKey(error) ? await nameTaken(scope, name) : error;
      }
    },

    async update(
      scope: ClientScope,
      by: AuditActor,
      ref: ResourceRef,
      patch: Partial<NewLabel>,
    ): Promise<LabelDoc> {
      const { name } = patch;
      const change = { ...patch, ...(name === undefined ? {} : { nameKey: nameKeyOf(name) }) };
      try {
        return await resource.change(scope, by, ref, {
          action: 'label.updated',
          decide: (current) => applyChange(current, change),
        });
      } catch (error) {
        throw isDuplicateKey(error) && name !== undefined ? await nameTaken(scope, name) : error;
      }
    },

    /** Deletes the label at once; conversations lose it within seconds. */
    remove: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<void> =>
      resource.remove(scope, by, ref, ({ _id }, session) => clearLater(scope, _id, session)),
  };
}
