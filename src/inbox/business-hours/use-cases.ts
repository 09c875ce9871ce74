import type { ClientSession, Types } from 'mongoose';
import { createResource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { type Recorded, writtenTo } from '../../audit/written.ts';
import type { NewEvent } from '../../events/declare.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, valueTaken } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ListOrder } from '../../platform/listing.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { nameKeyOf } from '../../platform/name-key.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import { applyChange } from '../../platform/update.ts';
import type { HoursDependents } from './dependents.ts';
import type { BusinessCalendar } from './intervals.ts';
import type { BusinessHoursDoc, BusinessHoursRepository } from './repository.ts';

export type { BusinessHoursDoc } from './repository.ts';

export interface BusinessHoursUseCaseDeps {
  readonly hours: BusinessHoursRepository;
  readonly dependents: HoursDependents;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface NewBusinessHours extends BusinessCalendar {
  readonly name: string;
}

export type BusinessHoursPatch = Partial<NewBusinessHours>;

export type BusinessHoursUseCases = ReturnType<typeof createBusinessHoursUseCases>;

/** What admins do with opening hours. */
export function createBusinessHoursUseCases({ hours, dependents, audit, clock }: BusinessHoursUseCaseDeps) {
  const resource = createResource<BusinessHoursDoc>(audit, {
    type: 'business-hours',
    noun: 'business calendar',
    find: (scope, id, session?: ClientSession) => hours.findById(scope, id, session),
    insert: hours.insert,
    replace: hours.replace,
    remove: hours.remove,
    auditedFieldsOf: ({ name, zone, week, holidays }) => ({ name, zone, week, holidays }),
    eventOf: businessHoursEventOf,
    afterChange: (scope, { after }, session) => dependents.follow(scope, after._id, session),
  });

  async function nameTaken(scope: ClientScope, name: string): Promise<AppError> {
    const existing = await hours.findByNameKey(scope, nameKeyOf(name));
    return valueTaken('Business hours with this name already exist.', {
      path: 'body.name',
      noun: 'name',
      existing,
    });
  }

  return {
    get: (scope: ClientScope, id: Types.ObjectId): Promise<BusinessHoursDoc> =>
      resource.require(scope, { id, version: undefined }),

    async list(
      scope: ClientScope,
      { limit, order }: { readonly limit: number; readonly order: ListOrder<BusinessHoursDoc> },
    ): Promise<Page<BusinessHoursDoc>> {
      return toPage(await hours.list(scope, order, limit + 1), limit, order.cursorOf);
    },

    async create(scope: ClientScope, by: AuditActor, fields: NewBusinessHours): Promise<BusinessHoursDoc> {
      const { name, zone, week, holidays } = fields;
      const fresh = {
        ...{ _id: newId(), clientId: scope.clientId, name, nameKey: nameKeyOf(name) },
        ...{ zone, week, holidays, createdAt: clock.now(), version: 1 },
      };
      try {
        return await resource.create(scope, by, fresh);
      } catch (error) {
        throw isDuplicateKey(error) ? await nameTaken(scope, name) : error;
      }
    },

    /** Changes the given fields; `week` and `holidays` are replaced as a whole. */
    async update(
      scope: ClientScope,
      by: AuditActor,
      ref: ResourceRef,
      patch: BusinessHoursPatch,
    ): Promise<BusinessHoursDoc> {
      const { name } = patch;
      const change = { ...patch, ...(name === undefined ? {} : { nameKey: nameKeyOf(name) }) };
      try {
        return await resource.change(scope, by, ref, {
          action: 'business-hours.updated',
          decide: (current) => applyChange(current, change),
        });
      } catch (error) {
        throw isDuplicateKey(error) && name !== undefined ? await nameTaken(scope, name) : error;
      }
    },

    /** Throws `in-use` while something refers to the hours. */
    remove: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<void> =>
      resource.remove(scope, by, ref, async ({ _id }, session) => {
        const dependent = await dependents.anyOf(scope, _id, session);
        if (dependent !== null) throw new AppError('in-use', `The business hours belong to ${dependent}.`);
      }),
  };
}

/** The live event of a write. */
function businessHoursEventOf(written: Recorded<BusinessHoursDoc>): NewEvent {
  const { verb, doc, version } = writtenTo(written);
  const { _id: id, name, zone } = doc;
  return {
    type: `business-hours.${verb}`,
    entity: { type: 'business-hours', id },
    version,
    view: { name, zone },
  };
}
