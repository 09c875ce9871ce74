import type { ClientSession, Types } from 'mongoose';
import type { Resource } from '../../audit/resource.ts';
import { notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ContactOrigin, ContactRecord } from './store/repository.ts';
import type { ContactDeps } from './resource.ts';
import { readSets } from './sets.ts';
import { changedContact, draftContact } from './writes.ts';
import type { NewContact, Person, RequestedChanges, WriteDeps } from './writes.ts';

/** A new contact of a row of a file, or a change of a contact. */
export type ContactWrite =
  | { readonly fields: NewContact; readonly origin: ContactOrigin }
  | { readonly id: Types.ObjectId; readonly changes: RequestedChanges };

interface BatchDeps extends WriteDeps {
  readonly contacts: Pick<ContactDeps['contacts'], 'findRecords'>;
}

type Drafted = { readonly before: ContactRecord | null; readonly record: ContactRecord };

/**
 * Writes many contacts in the caller's transaction as `create` and `update` would, by a dozen commands. None may be there
 * twice. Throws what they throw for the first contact that is refused, and the duplicate key error if another contact has,
 * or concurrently gets, one of the identities. Returns the contacts in the order of the writes.
 */
export const createBatchWrites =
  (deps: BatchDeps, resource: Resource<ContactRecord>) =>
  async (
    scope: ClientScope,
    by: Person,
    writes: readonly ContactWrite[],
    session: ClientSession,
  ): Promise<readonly ContactRecord[]> => {
    const drafted = await draftEach(deps, scope, by, { writes, session });
    const recalled = await deps.memory.recallEach(scope, drafted, session);
    const decided = drafted.map(({ before, record }, place) => ({
      before,
      after: recalled[place] ?? record,
    }));
    const created = decided.flatMap(({ before, after }) => (before === null ? [after] : []));
    const changed = decided.flatMap(({ before, after }) => (before === null ? [] : [{ before, after }]));
    const batch = { created, action: 'contact.updated', changed };
    const written = (await resource.within(session).writeEach(scope, by, batch)).values();
    return decided.map(({ before, after }) => (before === null ? after : (written.next().value ?? after)));
  };

async function draftEach(
  deps: BatchDeps,
  scope: ClientScope,
  by: Person,
  { writes, session }: { readonly writes: readonly ContactWrite[]; readonly session: ClientSession },
): Promise<Drafted[]> {
  const ids = writes.flatMap((write) => ('id' in write ? [write.id] : []));
  const found = ids.length === 0 ? [] : await deps.contacts.findRecords(scope, ids, session);
  const byId = new Map(found.map((record) => [record._id.toHexString(), record]));
  const currents = writes.map((write) => ('id' in write ? byId.get(write.id.toHexString()) : undefined));
  const requests = writes.map((write, place) => ({
    given: ('id' in write ? write.changes : write.fields).customFields,
    current: currents[place]?.customFields ?? {},
    isNew: !('id' in write),
  }));
  const checked = await deps.checkFields(scope, requests, session);
  const asked = writes.map((write, place) => ({
    requested: 'id' in write ? write.changes : { tags: write.fields.tags },
    current: currents[place] ?? {},
  }));
  const sets = await readSets(deps.sets, scope, asked, { by, session });
  return writes.map((write, place) => {
    const customFields = checked[place];
    if ('id' in write) {
      const before = currents[place];
      if (before === undefined) throw notFound('contact');
      const changes = { ...write.changes, ...sets[place], customFields };
      return { before, record: changedContact(deps, by, before, changes) };
    }
    const { tagIds } = sets[place] ?? {};
    const draft = draftContact(deps, scope, by, { fields: write.fields, customFields, tagIds });
    return { before: null, record: { ...draft, origin: write.origin } };
  });
}
