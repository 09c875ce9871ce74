import type { Resource } from '../../../audit/resource.ts';
import { newId } from '../../../platform/ids.ts';
import { pauseAfterLostRace } from '../../../platform/lost-race.ts';
import { nameKeyOf } from '../../../platform/name-key.ts';
import { cleanName } from '../../../platform/text.ts';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import { withoutForeignConsent } from '../consent.ts';
import { lookupKeysOf, maxNameLength, numberKeysOf, type AliasReason } from '../rules.ts';
import type { ContactDeps } from '../resource.ts';
import type { ContactDoc, ContactIdentity, ContactRecord } from '../store/repository.ts';
import { decideMove, decideSighting, type Answered, type Decision, type Displaced } from './decide.ts';
import { insertOnce } from './insertion.ts';
import { linkContacts } from './links.ts';
import { announcedWithinMs } from './owners.ts';
import { moved, sighted, type Sighting } from './timeline.ts';

export interface PersonDeps extends Pick<
  ContactDeps,
  'contacts' | 'dependents' | 'memory' | 'audit' | 'clock'
> {
  readonly resource: Resource<ContactRecord>;
}

export interface RecogniseOptions {
  /** The person's name on WhatsApp, for a new contact. */
  readonly name?: string | undefined;
  readonly answered?: Answered | undefined;
}

/** A change that WhatsApp announces; see `IdentityMove`. */
export interface AnnouncedChange {
  readonly reason: Extract<AliasReason, 'number-changed' | 'user-id-changed'>;
  readonly from: ContactIdentity | null;
  readonly to: ContactIdentity;
}

/** Attempts against concurrent changes of the same person; each lost race has another winner. */
const maxAttempts = 8;

/** Finds the contact of the person that an event names, and follows the person to new identities. */
export function createPersons(deps: PersonDeps) {
  return {
    /**
     * The contact of the person, created with unknown consent if there is none; one query if nothing is new. Other
     * contacts that the event names are linked as the same person.
     */
    async recognise(
      scope: ClientScope,
      sighting: Sighting,
      { name, answered }: RecogniseOptions = {},
    ): Promise<ContactDoc> {
      return attempt(async () => {
        const decision = await decideFor(deps, scope, sighting, answered);
        if (decision.kind === 'create')
          return insert(
            deps,
            scope,
            sighted(draft(deps, scope, name), { ...sighting, leftAt: decision.leftAt }),
            sighting.at,
          );
        return taken(deps, scope, sighting, decision);
      });
    },

    /** A new contact of these identities, with what is remembered of a deleted one; not stored. */
    draft(scope: ClientScope, identity: ContactIdentity): Promise<ContactRecord> {
      const record = sighted(draft(deps, scope, undefined), { identity, at: undefined });
      return deps.memory.recall(scope, { record, before: null });
    },

    /** Adds what an event says of a known person; null if no contact has any of the identities. Never creates one. */
    async learn(scope: ClientScope, sighting: Sighting): Promise<ContactDoc | null> {
      return attempt(async (): Promise<Round<ContactDoc | null>> => {
        const decision = await decideFor(deps, scope, sighting, undefined);
        return decision.kind === 'create' ? { done: null } : taken(deps, scope, sighting, decision);
      });
    },

    /** Follows a person to a new number or user id; creates the contact if neither the old nor the new one has one. */
    async follow(
      scope: ClientScope,
      change: AnnouncedChange,
      { at, name }: { readonly at: Date; readonly name?: string | undefined },
    ): Promise<ContactDoc> {
      return attempt(async () => {
        const found = await findAll(deps, scope, [change.from ?? {}, change.to]);
        const { moves, leftAt, displaced, evicted, sameAs } = decideMove({ ...change, at }, found);
        const [first, ...others] = moves;
        if (
          await changeAny(
            deps,
            scope,
            evicted.map((one) => evicting(one, at)),
          )
        )
          return 'again';
        if (first === undefined)
          return insert(deps, scope, moved(draft(deps, scope, name), { ...change, at, leftAt }), at);
        const { reason } = change;
        const changes = [first, ...others].map(({ contact, from, to }): ContactChange => ({
          contact,
          apply: (doc) => moved(doc, { reason, from, to, at, leftAt }),
        }));
        await linkDisplaced(deps, scope, displaced, at);
        if (await changeAny(deps, scope, [...changes, ...displaced.map(displacing)])) return 'again';
        await linkContacts(deps, scope, { contact: first.contact, others: sameAs, at });
        return { done: first.contact };
      });
    },
  };
}

type Round<T> = { readonly done: T } | 'again';

/** Repeats a round that lost a race: the unique index of the keys refused its write, or its contact was deleted. */
async function attempt<T>(round: () => Promise<Round<T>>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      const outcome = await round();
      if (outcome !== 'again') return outcome.done;
    } catch (error) {
      if (!isDuplicateKey(error) || count >= maxAttempts) throw error;
    }
    if (count >= maxAttempts) throw new Error('The contact of an event changed during every attempt.');
    await pauseAfterLostRace(count);
  }
}

async function decideFor(
  deps: PersonDeps,
  scope: ClientScope,
  { identity, at, since }: Sighting,
  answered: Answered | undefined,
) {
  const keys = lookupKeysOf(identity);
  if (keys.length === 0) throw new Error('A search for a contact needs an identity.');
  const current = await deps.contacts.findByKeys(scope, keys);
  const numbers = lookupKeysOf({ phoneNumber: identity.phoneNumber, whatsappId: identity.whatsappId });
  const owner = current.find(({ identityKeys }) => identityKeys.some((key) => numbers.includes(key)));
  // Only an event from before the owner had the number can be about a former owner.
  const first = since ?? at;
  const mayBeFormer =
    first !== undefined &&
    numbers.length > 0 &&
    (owner === undefined || (owner.numberSince ?? first).getTime() + announcedWithinMs >= first.getTime());
  const former = mayBeFormer ? await deps.contacts.findFormerOwners(scope, numbers) : [];
  return decideSighting({ identity, at: at ?? deps.clock.now(), since }, [...current, ...former], answered);
}

async function findAll(
  { contacts }: PersonDeps,
  scope: ClientScope,
  identities: readonly ContactIdentity[],
): Promise<ContactDoc[]> {
  const keys = identities.flatMap(lookupKeysOf);
  const [current, former] = await Promise.all([
    contacts.findByKeys(scope, keys),
    contacts.findFormerOwners(scope, keys),
  ]);
  return [...current, ...former];
}

/** The record of a new contact. It has no audit event, because its first message explains it. */
function draft({ clock }: PersonDeps, scope: ClientScope, name: string | undefined): ContactRecord {
  const now = clock.now();
  const shortName = name === undefined ? undefined : cleanName(name, maxNameLength);
  return {
    _id: newId(),
    ...scope,
    identityKeys: [],
    optInStatus: 'unknown',
    customFields: {},
    consentLog: [],
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...(shortName === undefined ? {} : { name: shortName, nameKey: nameKeyOf(shortName) }),
  };
}

/**
 * Inserts a contact, then decides again, as after every write: another worker may have written other identities of the
 * same person at the same time, and of two workers at least the later one sees both.
 */
async function insert(
  deps: PersonDeps,
  scope: ClientScope,
  fresh: ContactRecord,
  at: Date | undefined,
): Promise<Round<ContactDoc>> {
  if (!(await insertOnce(deps, scope, fresh))) return 'again';
  const isRemembered = (await deps.memory.recall(scope, { record: fresh, before: null })) !== fresh;
  const contact = isRemembered ? await recalled(deps, scope, fresh) : fresh;
  return at === undefined && contact !== null ? { done: contact } : 'again';
}

/** Reads what is remembered only after the insertion: until then, a contact with its key may just be being deleted. */
const recalled = (
  { resource, memory }: PersonDeps,
  scope: ClientScope,
  { _id }: ContactRecord,
): Promise<ContactDoc | null> =>
  resource.changeIfExists(scope, { type: 'system' }, _id, {
    action: 'contact.updated',
    decide: (record, session) => memory.recall(scope, { record, before: null }, session),
  });

async function taken(
  deps: PersonDeps,
  scope: ClientScope,
  { at, since }: Sighting,
  { contact, add, leftAt, displaced, sameAs }: Extract<Decision, { kind: 'known' }>,
): Promise<Round<ContactDoc>> {
  const apply = (record: ContactRecord) => sighted(record, { identity: add, at: since ?? at, leftAt });
  if (at !== undefined) await linkDisplaced(deps, scope, displaced, at);
  if (await changeAny(deps, scope, [{ contact, apply }, ...displaced.map(displacing)])) return 'again';
  if (at !== undefined) await linkContacts(deps, scope, { contact, others: sameAs, at });
  return { done: contact };
}

/** Before they lose the number, because that is the evidence: the next round no longer sees it. */
async function linkDisplaced(
  deps: PersonDeps,
  scope: ClientScope,
  displaced: readonly Displaced[],
  at: Date,
): Promise<void> {
  for (const { contact, sameAs } of displaced)
    await linkContacts(deps, scope, {
      contact,
      others: [{ contact: sameAs, reason: 'identity-changed' }],
      at,
    });
}

const displacing = ({ contact, from, at }: Displaced): ContactChange => ({
  contact,
  apply: (doc) => moved(doc, { reason: 'number-changed', from, to: {}, at }),
});

/** Somebody else has moved to the contact's number. */
const evicting = (contact: ContactDoc, at: Date): ContactChange => {
  const { phoneNumber, whatsappId } = contact;
  const move = { reason: 'number-changed', from: { phoneNumber, whatsappId }, to: {}, at } as const;
  return { contact, apply: (doc) => moved(doc, move) };
};

/** Whether one of the changes was written. */
async function changeAny(
  deps: PersonDeps,
  scope: ClientScope,
  changes: readonly ContactChange[],
): Promise<boolean> {
  let isAny = false;
  for (const change of changes) {
    const after = await changed(deps, scope, change);
    isAny ||= after !== change.contact;
  }
  return isAny;
}

interface ContactChange {
  readonly contact: ContactDoc;
  readonly apply: (record: ContactRecord) => ContactRecord;
}

/** Writes and audits a change of identities, if there is one; null if the contact was deleted. */
async function changed(
  { resource, memory, clock }: PersonDeps,
  scope: ClientScope,
  { contact, apply }: ContactChange,
): Promise<ContactDoc | null> {
  // The consent log does not matter here, and message paths do not read it.
  const given: ContactRecord = { ...contact, consentLog: [] };
  const expected = apply(given);
  if (expected === given) return contact;
  const action = isRekeyed(contact, expected) ? 'contact.identity-changed' : 'contact.updated';
  return resource.changeIfExists(scope, { type: 'system' }, contact._id, {
    action,
    async decide(record, session) {
      const next = withoutForeignConsent(apply(record));
      if (next === record) return record;
      return memory.recall(scope, { record: { ...next, updatedAt: clock.now() }, before: record }, session);
    },
  });
}

const isRekeyed = (before: ContactDoc, after: ContactDoc): boolean => {
  const keys = new Set([...numberKeysOf(after), `id:${after.businessScopedUserId}`]);
  return (
    numberKeysOf(before).some((key) => !keys.has(key)) ||
    (before.businessScopedUserId !== undefined && !keys.has(`id:${before.businessScopedUserId}`))
  );
};
