import type { ClientSession, Types } from 'mongoose';
import type { AuditActor } from '../../audit/service.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import {
  applyChanges,
  auditedFieldsOf,
  consentEntry,
  withOptOutNamed,
  type ContactChanges,
} from './changes.ts';
import type { ContactRecord } from './store/repository.ts';
import { identityFields, maximumCustomFields, phoneOfWhatsappId, type OptInStatus } from './rules.ts';
import type { ContactDeps } from './service.ts';

/** A person at work. */
export type Person = Extract<AuditActor, { userId: Types.ObjectId }>;

/** A new contact: what a change can set, without anything to clear. */
export type NewContact = { readonly [F in keyof ContactChanges]: NonNullable<ContactChanges[F]> | undefined };

/** The source in the log when a contact is entered with a consent and nobody says where it was given. */
const enteredByHand = 'manual';

/** Throws `not-found`, and `precondition-failed` when the contact is not what the caller has read. */
export async function readForWrite(
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

/** Throws `precondition-failed` on a lost race. */
export async function changeRecord(
  { contacts, dependents, clock }: ContactDeps,
  scope: ClientScope,
  { by, current, changes }: { by: Person; current: ContactRecord; changes: ContactChanges },
  session: ClientSession,
): Promise<ContactRecord> {
  const named = withOptOutNamed(changes, `manual:${newId().toHexString()}`);
  const next = applyChanges(current, named, { at: clock.now(), by: by.userId });
  if (next === current) return current;
  assertWithinLimits(next);
  if (!(await contacts.replace(scope, current, next, session))) throw lostRace();
  await dependents.contactChanged(scope, next, session);
  return next;
}

/** Writes a new contact down without storing it. A `wa_id` that comes alone gives the phone number too. */
export function draftContact(
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
}

export function writeOf(
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

export const lostRace = (): AppError =>
  new AppError('precondition-failed', 'Somebody else has changed the contact since you read it.');
