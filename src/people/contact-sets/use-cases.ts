import type { ClientSession, Types } from 'mongoose';
import { createResource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { writtenTo } from '../../audit/written.ts';
import type { NewEvent } from '../../events/declare.ts';
import type { Clock } from '../../platform/clock.ts';
import { mapConcurrently } from '../../platform/concurrency.ts';
import { AppError, valueTaken } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ListOrder } from '../../platform/listing.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import { freeSlots } from '../../platform/slots.ts';
import { applyChange } from '../../platform/update.ts';
import type { ContactSetDoc, ContactSetRepository } from './repository.ts';
import { maxSets, setKeyOf } from './rules.ts';

export type { ContactSetDoc } from './repository.ts';

/** A port for contacts and segments, which sets must not import. */
export interface SetUsers {
  /** How many contacts have the set, counted up to `limit`. */
  countContacts(scope: ClientScope, id: Types.ObjectId, limit: number): Promise<number>;
  /** Some segments whose filters name the set. */
  segmentsWith(
    scope: ClientScope,
    id: Types.ObjectId,
    query: { readonly limit: number; readonly session: ClientSession },
  ): Promise<readonly Pick<ContactSetDoc, '_id' | 'name'>[]>;
}

/** What tells one kind of set from the other. */
export interface SetKind {
  readonly type: 'tag' | 'contact-group';
  readonly noun: string;
  eventOf(written: SetEvent): NewEvent;
}

interface SetEvent {
  readonly verb: ReturnType<typeof writtenTo>['verb'];
  readonly id: Types.ObjectId;
  readonly version: number;
  readonly name: string;
}

export interface ContactSetDeps {
  readonly kind: SetKind;
  readonly sets: ContactSetRepository;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface ContactSetUseCaseDeps extends ContactSetDeps {
  readonly users: SetUsers;
  /** Takes a deleted set from all contacts after the commit of the session. */
  clearLater(scope: ClientScope, id: Types.ObjectId, session: ClientSession): Promise<void>;
}

/** A set and how many contacts have it. */
export interface CountedSet {
  readonly set: ContactSetDoc;
  readonly count: number;
  /** False if there are more than were counted. */
  readonly isExact: boolean;
}

/** A refusal names as many segments. */
const maxNamed = 10;
/** Contacts counted for one set; for each of a list fewer, so that a page costs no more than one. */
const maxCounted = 100_000;
const maxCountedInList = 1_000;
const maxCounts = 4;

export type ContactSetUseCases = ReturnType<typeof createContactSetUseCases>;

/** What users do with tags or groups. Contacts get theirs by `contacts/use-cases.ts`. */
export function createContactSetUseCases(deps: ContactSetUseCaseDeps) {
  const { kind, sets, users, audit, clearLater } = deps;
  const resource = createSetResource(deps);

  async function counted(scope: ClientScope, set: ContactSetDoc, limit: number): Promise<CountedSet> {
    const count = await users.countContacts(scope, set._id, limit + 1);
    return { set, count: Math.min(count, limit), isExact: count <= limit };
  }

  async function nameTaken(scope: ClientScope, name: string): Promise<AppError | null> {
    const [existing] = await sets.findByKeys(scope, [setKeyOf(name)]);
    if (existing === undefined) return null;
    const taken = { path: 'body.name', noun: 'name', existing };
    return valueTaken(`A ${kind.noun} with this name already exists.`, taken);
  }

  return {
    get: async (scope: ClientScope, id: Types.ObjectId): Promise<CountedSet> =>
      counted(scope, await resource.require(scope, { id, version: undefined }), maxCounted),

    async list(
      scope: ClientScope,
      { limit, order }: { readonly limit: number; readonly order: ListOrder<ContactSetDoc> },
    ): Promise<Page<CountedSet>> {
      const page = toPage(await sets.list(scope, order, limit + 1), limit, order.cursorOf);
      const items = await mapConcurrently(page.items, maxCounts, (set) =>
        counted(scope, set, maxCountedInList),
      );
      return { ...page, items };
    },

    /** Throws `already-exists`, and `invalid-input` if there are as many as there may be. */
    async create(scope: ClientScope, by: AuditActor, name: string): Promise<ContactSetDoc> {
      try {
        return await audit.runInTransaction(async (session) => {
          const drafts = await draftSets(deps, scope, { names: [name], path: 'body.name' }, session);
          const [fresh] = drafts;
          if (fresh === undefined) throw new Error('No draft was made.');
          return resource.within(session).create(scope, by, fresh);
        });
      } catch (error) {
        throw (isDuplicateKey(error) ? await nameTaken(scope, name) : null) ?? error;
      }
    },

    /** Throws `already-exists`. */
    async rename(scope: ClientScope, by: AuditActor, ref: ResourceRef, name: string): Promise<ContactSetDoc> {
      try {
        return await resource.change(scope, by, ref, {
          action: `${kind.type}.updated`,
          decide: (current) => applyChange(current, { name, nameKey: setKeyOf(name) }),
        });
      } catch (error) {
        throw (isDuplicateKey(error) ? await nameTaken(scope, name) : null) ?? error;
      }
    },

    /** Deletes it at once; contacts lose it within seconds. Throws `in-use` while segments name it. */
    remove: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<void> =>
      resource.remove(scope, by, ref, async (current, session) => {
        await assertNotAsked(deps, scope, current, session);
        await clearLater(scope, current._id, session);
      }),
  };
}

export const createSetResource = ({ kind, sets, audit }: ContactSetDeps) =>
  createResource<ContactSetDoc>(audit, {
    type: kind.type,
    noun: kind.noun,
    find: (scope, id, session?: ClientSession) => sets.findById(scope, id, session),
    insert: sets.insert,
    replace: sets.replace,
    remove: sets.remove,
    many: {
      insert: sets.insertEach,
      replace: sets.replaceEach,
      // Nothing else depends on a name.
      afterChange: () => Promise.resolve(),
    },
    auditedFieldsOf: ({ name }) => ({ name }),
    eventOf(written) {
      const { verb, doc, version } = writtenTo(written);
      return kind.eventOf({ verb, id: doc._id, version, name: doc.name });
    },
  });

interface Wanted {
  readonly names: readonly string[];
  /** Of the names in the request. */
  readonly path: string;
}

/** New sets with these names, not stored yet. Throws `invalid-input` if there is no place for all of them. */
export async function draftSets(
  { kind, sets, clock }: ContactSetDeps,
  scope: ClientScope,
  { names, path }: Wanted,
  session: ClientSession,
): Promise<ContactSetDoc[]> {
  const taken = await sets.findPlaces(scope, session);
  const slots = freeSlots(taken, { wanted: names.length, max: maxSets });
  if (slots.length < names.length) {
    const message = `A business has at most ${maxSets} ${kind.noun}s.`;
    throw new AppError('invalid-input', message, { errors: [{ path, message }] });
  }
  return names.map((name, index) => ({
    ...{ _id: newId(), clientId: scope.clientId, name, nameKey: setKeyOf(name), slot: slots[index] ?? 0 },
    ...{ createdAt: clock.now(), version: 1 },
  }));
}

async function assertNotAsked(
  { kind, users }: ContactSetUseCaseDeps,
  scope: ClientScope,
  { _id, name }: ContactSetDoc,
  session: ClientSession,
): Promise<void> {
  const segments = await users.segmentsWith(scope, _id, { limit: maxNamed, session });
  if (segments.length === 0) return;
  const names = segments.map((segment) => `“${segment.name}”`).join(', ');
  throw new AppError('in-use', `Segments ask for the ${kind.noun} “${name}”, among them ${names}.`, {
    extensions: { segmentIds: segments.map((segment) => segment._id.toHexString()) },
  });
}
