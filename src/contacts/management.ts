import type { ClientSession, Types } from 'mongoose';
import type { AuditActor } from '../audit/service.ts';
import { AppError, notFound } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import type { ListOrder } from '../platform/listing.ts';
import { isDuplicateKey, type ClientScope } from '../platform/mongo.ts';
import { toPage, type Page } from '../platform/pagination.ts';
import { applyChanges, auditedFieldsOf, consentEntry, type ContactChanges } from './changes.ts';
import type { ContactDoc, ContactFilter, ContactRecord } from './repository.ts';
import {
  identityFields,
  maximumCustomFields,
  phoneOfWhatsappId,
  type AnyIdentity,
  type OptInStatus,
} from './rules.ts';
import type { ContactDeps } from './service.ts';

export type { ContactDoc, ContactFilter, ContactRecord } from './repository.ts';

/** A person at work. */
export type Person = Extract<AuditActor, { userId: Types.ObjectId }>;

/** A new contact: what a change can set, without anything to clear. */
export type NewContact = { readonly [F in keyof ContactChanges]: NonNullable<ContactChanges[F]> | undefined };

/** The source in the log when a contact is entered with a consent and nobody says where it was given. */
const enteredByHand = 'manual';

/** A log that people have made this long is no evidence any more. What contacts say themselves has no limit. */
const maximumConsentEntries = 1_000;

export type ContactManagement = ReturnType<typeof createContactManagement>;

/** What people do with contacts. */
export function createContactManagement(deps: ContactDeps) {
  const { contacts, dependents, audit } = deps;

  return {
    ...createContactSteps(deps),

    async get(scope: ClientScope, id: Types.ObjectId): Promise<ContactRecord> {
      const record = await contacts.findRecord(scope, id);
      if (record === null) throw notFound('contact');
      return record;
    },

    async list(
      scope: ClientScope,
      filter: ContactFilter,
      { limit, order }: { limit: number; order: ListOrder<ContactDoc> },
    ): Promise<Page<ContactDoc>> {
      const found = await contacts.list(scope, filter, order, limit + 1);
      return toPage(found, limit, order.cursorOf);
    },

    /** Throws `already-exists` with the id of the contact that has one of the identities. */
    async create(scope: ClientScope, by: Person, fields: NewContact): Promise<ContactRecord> {
      const record = draftContact(deps, scope, by, fields);
      const wanted = { ...identityIn(fields), _id: record._id };
      return namingTheOwner(deps, scope, wanted, () =>
        audit.audited(scope, by, async (session) => {
          await assertFree(deps, scope, wanted, session);
          await contacts.insert(scope, record, session);
          return { result: record, write: writeOf('created', null, record) };
        }),
      );
    },

    /** Changes what is given; the same again changes nothing. Throws `precondition-failed` on a lost race. */
    async update(
      scope: ClientScope,
      by: Person,
      id: Types.ObjectId,
      { changes, version }: { changes: ContactChanges; version: number | undefined },
    ): Promise<ContactRecord> {
      const wanted = { ...identityIn(changes), _id: id };
      return namingTheOwner(deps, scope, wanted, () =>
        audit.audited(scope, by, async (session) => {
          const current = await readForWrite(deps, scope, { id, version }, session);
          await assertFree(deps, scope, wanted, session);
          const next = await changeRecord(deps, scope, { by, current, changes }, session);
          return { result: next, write: writeOf('updated', current, next) };
        }),
      );
    },

    /** Deletes a contact and its lead; throws `in-use` while a conversation, and so any message, refers to it. */
    async remove(
      scope: ClientScope,
      by: Person,
      id: Types.ObjectId,
      version: number | undefined,
    ): Promise<void> {
      await audit.audited(scope, by, async (session) => {
        const current = await readForWrite(deps, scope, { id, version }, session);
        const use = await dependents.useOfContact(scope, id);
        if (use !== null) throw new AppError('in-use', use);
        if (!(await contacts.remove(scope, current, session))) throw lostRace();
        await dependents.contactDeleted(scope, by, id, session);
        return { result: undefined, write: writeOf('deleted', current, null) };
      });
    },
  };
}

/** The same inside a transaction of another feature, each with its own audit event. */
const createContactSteps = (deps: ContactDeps) => ({
  findByIdentity: (scope: ClientScope, identity: AnyIdentity, session: ClientSession) =>
    deps.contacts.findByIdentity(scope, identity, { session }),

  findWithin: (scope: ClientScope, id: Types.ObjectId, session: ClientSession) =>
    deps.contacts.findRecord(scope, id, session),

  holdForCopy: (scope: ClientScope, id: Types.ObjectId, session: ClientSession) =>
    deps.contacts.holdForCopy(scope, id, session),

  /** Throws the duplicate key error when an identity is taken by somebody who came at the same time. */
  async createWithin(
    scope: ClientScope,
    by: Person,
    fields: NewContact,
    session: ClientSession,
  ): Promise<ContactRecord> {
    const record = draftContact(deps, scope, by, fields);
    await deps.contacts.insert(scope, record, session);
    await deps.audit.record(scope, by, writeOf('created', null, record), session);
    return record;
  },

  /** Throws `not-found` when there is no such contact. */
  async changeWithin(
    scope: ClientScope,
    by: Person,
    { id, changes }: { id: Types.ObjectId; changes: ContactChanges },
    session: ClientSession,
  ): Promise<ContactRecord> {
    const current = await readForWrite(deps, scope, { id, version: undefined }, session);
    const next = await changeRecord(deps, scope, { by, current, changes }, session);
    await deps.audit.record(scope, by, writeOf('updated', current, next), session);
    return next;
  },
});

async function readForWrite(
  { contacts }: ContactDeps,
  scope: ClientScope,
  { id, version }: { id: Types.ObjectId; version: number | undefined },
  session: ClientSession,
): Promise<ContactRecord> {
  const current = await contacts.findRecord(scope, id, session);
  if (current === null) throw notFound('contact');
  if (version !== undefined && version !== current.version) throw lostRace();
  return current;
}

async function changeRecord(
  { contacts, dependents, clock }: ContactDeps,
  scope: ClientScope,
  { by, current, changes }: { by: Person; current: ContactRecord; changes: ContactChanges },
  session: ClientSession,
): Promise<ContactRecord> {
  const next = applyChanges(current, changes, { at: clock.now(), by: by.userId });
  if (next === current) return current;
  assertWithinLimits(next);
  if (!(await contacts.replace(scope, current, next, session))) throw lostRace();
  await dependents.contactChanged(scope, next, session);
  return next;
}

/** Writes a new contact down without storing it. A `wa_id` that comes alone gives the phone number too. */
function draftContact(
  { clock }: ContactDeps,
  scope: ClientScope,
  { userId }: Person,
  fields: NewContact,
): ContactRecord {
  const { optInStatus = 'unknown', consent, ...rest } = fields;
  const written = { at: clock.now(), by: userId };
  const phoneOfId = rest.whatsappId === undefined ? null : phoneOfWhatsappId(rest.whatsappId);
  const phoneNumber = rest.phoneNumber ?? phoneOfId ?? undefined;
  const empty: ContactRecord = {
    _id: newId(),
    ...scope,
    identityKeys: [],
    tags: [],
    optInStatus,
    customFields: {},
    consentLog: firstEntries({ optInStatus, consent }, written),
    createdAt: written.at,
    updatedAt: written.at,
    version: 1,
  };
  const record = { ...applyChanges(empty, { ...rest, phoneNumber }, written), version: 1 };
  assertWithinLimits(record);
  return record;
}

const firstEntries = (
  { optInStatus, consent }: { optInStatus: OptInStatus; consent: ContactChanges['consent'] },
  written: { at: Date; by: Types.ObjectId },
) =>
  optInStatus === 'unknown' && consent === undefined
    ? []
    : [consentEntry(optInStatus, consent ?? { source: enteredByHand }, written)];

function assertWithinLimits(record: ContactRecord): void {
  if (record.identityKeys.length === 0)
    throw invalid('phoneNumber', `A contact needs at least one of ${identityFields.join(', ')}.`);
  if (Object.keys(record.customFields).length > maximumCustomFields)
    throw invalid('customFields', `A contact has at most ${maximumCustomFields} custom fields.`);
  if (record.consentLog.length > maximumConsentEntries)
    throw new AppError(
      'wrong-state',
      `The log of consent has ${maximumConsentEntries} entries and takes no more.`,
    );
}

const identityIn = (changes: ContactChanges): AnyIdentity =>
  Object.fromEntries(
    identityFields.flatMap((field) => (typeof changes[field] === 'string' ? [[field, changes[field]]] : [])),
  );

type Wanted = AnyIdentity & { readonly _id: Types.ObjectId };

/** Sees that no other contact has one of the identities, in whatever spelling. */
async function assertFree(
  { contacts }: ContactDeps,
  scope: ClientScope,
  wanted: Wanted,
  session: ClientSession,
): Promise<void> {
  if (identityFields.every((field) => wanted[field] === undefined)) return;
  const owner = await contacts.findByIdentity(scope, wanted, { except: wanted._id, session });
  if (owner !== null) throw alreadyThere(owner, wanted);
}

/** Runs a write; when somebody was faster and the unique index has refused it, says who has the identity now. */
async function namingTheOwner<T>(
  { contacts }: ContactDeps,
  scope: ClientScope,
  wanted: Wanted,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const owner = isDuplicateKey(error)
      ? await contacts.findByIdentity(scope, wanted, { except: wanted._id })
      : null;
    throw owner === null ? error : alreadyThere(owner, wanted);
  }
}

/** Says which contact it is, so that the caller can change that one instead. */
function alreadyThere(owner: ContactDoc, identity: AnyIdentity): AppError {
  const id = owner._id.toHexString();
  const same = identityFields.find(
    (field) => identity[field] !== undefined && identity[field] === owner[field],
  );
  const field = same ?? identityFields.find((name) => identity[name] !== undefined) ?? 'phoneNumber';
  return new AppError('already-exists', `The contact ${id} has this ${field} already.`, {
    errors: [{ path: `body.${field}`, message: `The contact ${id} has it.` }],
  });
}

function writeOf(
  did: 'created' | 'updated' | 'deleted',
  before: ContactRecord | null,
  after: ContactRecord | null,
) {
  const id = (after ?? before)?._id;
  if (id === undefined) throw new Error('A write needs a contact.');
  return {
    action: `contact.${did}`,
    target: { type: 'contact', id },
    before: before === null ? null : auditedFieldsOf(before),
    after: after === null ? null : auditedFieldsOf(after),
  };
}

const invalid = (field: string, message: string): AppError =>
  new AppError('invalid-input', 'The contact cannot be stored like this.', {
    errors: [{ path: `body.${field}`, message }],
  });

const lostRace = (): AppError =>
  new AppError('precondition-failed', 'Somebody else has changed the contact since you read it.');
