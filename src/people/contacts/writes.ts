import type { Types } from 'mongoose';
import type { Change } from '../../audit/resource.ts';
import type { AuditActor } from '../../audit/service.ts';
import { AppError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { applyChanges, consentEntry, withOptOutNamed, type ContactChanges } from './changes.ts';
import type { ContactRecord } from './store/repository.ts';
import { identityFields, maxCustomFields, phoneOfWhatsappId, type OptInStatus } from './rules.ts';
import type { ContactDeps } from './resource.ts';

/** A person at work. */
export type Person = Extract<AuditActor, { userId: Types.ObjectId }>;

/** A new contact: what a change can set, without anything to clear. */
export type NewContact = { readonly [F in keyof ContactChanges]: NonNullable<ContactChanges[F]> | undefined };

/** The source in the log when a contact is entered with a consent and nobody says where it was given. */
const enteredByHand = 'manual';

/** A person's change of the fields that are given. */
export const contactChange = (
  { clock }: Pick<ContactDeps, 'clock'>,
  by: Person,
  changes: ContactChanges,
): Change<ContactRecord> => ({
  action: 'contact.updated',
  decide(current) {
    const named = withOptOutNamed(changes, `manual:${newId().toHexString()}`);
    const next = applyChanges(current, named, { at: clock.now(), by: by.userId });
    if (next !== current) assertWithinLimits(next);
    return next;
  },
});

/** Drafts a new contact without storing it. A `wa_id` that comes alone gives the phone number too. */
export function draftContact(
  { clock }: Pick<ContactDeps, 'clock'>,
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
  const record = applyChanges(empty, { ...rest, phoneNumber }, written);
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
  if (Object.keys(record.customFields).length > maxCustomFields)
    throw invalid('customFields', `A contact has at most ${maxCustomFields} custom fields.`);
}

const invalid = (field: string, message: string): AppError =>
  new AppError('invalid-input', 'The contact cannot be stored like this.', {
    errors: [{ path: `body.${field}`, message }],
  });
