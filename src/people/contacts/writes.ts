import type { Types } from 'mongoose';
import type { Change } from '../../audit/resource.ts';
import type { AuditActor } from '../../audit/service.ts';
import { AppError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { applyChanges, consentEntry, withOptOutId, type ContactChanges } from './changes.ts';
import type { ContactRecord } from './store/repository.ts';
import { givenIdentities, hasIdentity, hasTwoNumbers, phoneOfWhatsappId, type OptInStatus } from './rules.ts';
import type { ContactDeps } from './resource.ts';
import { readSets, type RequestedSets, type SetDeps } from './sets.ts';
import type { CheckFields } from '../custom-fields/checks.ts';
import type { FieldChanges, RequestedFields } from '../custom-fields/rules.ts';

/** The user who acts. */
export type Person = Extract<AuditActor, { userId: Types.ObjectId }>;

type PlainChanges = Omit<ContactChanges, 'customFields' | 'tagIds' | 'groupIds'>;

/** What a user asks to change: the values of custom fields are not judged yet, and tags have names. */
export interface RequestedChanges extends PlainChanges, RequestedSets {
  readonly customFields?: RequestedFields['given'];
}

type NewFields = PlainChanges & Pick<RequestedChanges, 'tags' | 'customFields'>;

/** The fields of a new contact: those of a change, without null. */
export type NewContact = { readonly [F in keyof NewFields]: NonNullable<NewFields[F]> | undefined };

export interface WriteDeps extends Pick<ContactDeps, 'clock' | 'memory'> {
  readonly checkFields: CheckFields;
  readonly sets: SetDeps;
}

/** The logged source of a consent that a user enters without a source. */
const manualSource = 'manual';

/** A user's change of the given fields. */
export const contactChange = (
  { clock, memory, checkFields, sets }: WriteDeps,
  scope: ClientScope,
  by: Person,
  { customFields: given, ...changes }: RequestedChanges,
): Change<ContactRecord> => ({
  action: 'contact.updated',
  async decide(current, session) {
    const requested = { given, current: current.customFields, isNew: false };
    const [customFields] = await checkFields(scope, [requested], session);
    const asked = { requested: changes, current };
    const [tagsAndGroups] = await readSets(sets, scope, [asked], { by, session });
    const next = changedContact({ clock }, by, current, { ...changes, ...tagsAndGroups, customFields });
    return memory.recall(scope, { record: next, before: current }, session);
  },
});

/** A contact after a user's change; the same object if nothing differs. */
export function changedContact(
  { clock }: Pick<ContactDeps, 'clock'>,
  { userId }: Person,
  current: ContactRecord,
  changes: ContactChanges,
): ContactRecord {
  const named = withOptOutId(changes, `manual:${newId().toHexString()}`);
  const next = applyChanges(current, named, { at: clock.now(), by: userId });
  if (next !== current) assertWithinLimits(next, current);
  if ((changes.phoneNumber ?? changes.whatsappId ?? null) !== null) assertOneNumber(next);
  return next;
}

interface Draft {
  readonly fields: NewContact;
  /** Undefined for none. */
  readonly customFields: FieldChanges | undefined;
  readonly tagIds?: readonly Types.ObjectId[] | undefined;
}

/** Drafts a new contact without storing it. A `whatsappId` without a phone number sets the phone number too. */
export function draftContact(
  { clock }: Pick<ContactDeps, 'clock'>,
  scope: ClientScope,
  { userId }: Person,
  { fields, customFields, tagIds }: Draft,
): ContactRecord {
  const { optInStatus = 'unknown', consent, customFields: _requested, ...rest } = fields;
  const written = { at: clock.now(), by: userId };
  const phoneOfId = rest.whatsappId === undefined ? null : phoneOfWhatsappId(rest.whatsappId);
  const phoneNumber = rest.phoneNumber ?? phoneOfId ?? undefined;
  const empty: ContactRecord = {
    _id: newId(),
    ...scope,
    identityKeys: [],
    optInStatus,
    customFields: {},
    consentLog: firstEntries({ optInStatus, consent }, written),
    createdAt: written.at,
    updatedAt: written.at,
    version: 1,
  };
  const record = applyChanges(empty, { ...rest, phoneNumber, customFields, tagIds }, written);
  assertWithinLimits(record);
  assertOneNumber(record);
  return record;
}

const firstEntries = (
  { optInStatus, consent }: { optInStatus: OptInStatus; consent: ContactChanges['consent'] },
  written: { at: Date; by: Types.ObjectId },
) =>
  optInStatus === 'unknown' && consent === undefined
    ? []
    : [
        consent === undefined
          ? consentEntry(optInStatus, { source: manualSource, isUnstated: true }, written)
          : consentEntry(optInStatus, consent, written),
      ];

/** Refuses to clear the last identity. A contact without any, whose person moved to another contact, may change. */
function assertWithinLimits(record: ContactRecord, before?: ContactRecord): void {
  if (!hasIdentity(record) && (before === undefined || hasIdentity(before)))
    throw invalid('phoneNumber', `A contact needs at least one of ${givenIdentities.join(', ')}.`);
}

function assertOneNumber(record: ContactRecord): void {
  if (hasTwoNumbers(record))
    throw invalid('whatsappId', 'Must be the number in phoneNumber. Leave it out if you do not know it.');
}

const invalid = (field: string, message: string): AppError =>
  new AppError('invalid-input', 'The contact is not valid.', {
    errors: [{ path: `body.${field}`, message }],
  });
