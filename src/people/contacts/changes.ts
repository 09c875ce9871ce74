import type { Types } from 'mongoose';
import { loggedConsent } from './consent.ts';
import { withFieldChanges, type FieldChanges } from '../custom-fields/rules.ts';
import type { ConsentEntry, ContactRecord } from './store/repository.ts';
import { corrected, withKeys } from './persons/timeline.ts';
import { hasTwoNumbers, identityFields, type OptInStatus } from './rules.ts';
import { nameKeyOf } from '../../platform/name-key.ts';

/** Where a change of consent comes from. */
export interface ConsentStatement {
  readonly source: string;
  readonly wording?: string | undefined;
  /** Identifies an opt-out, so that the messages that it cancels refer to it. */
  readonly eventId?: string | undefined;
  /** See `ConsentEntry`. */
  readonly isUnstated?: true;
}

/** Changes of a contact: a value sets, null clears, a missing field stays. */
export interface ContactChanges {
  readonly phoneNumber?: string | null | undefined;
  readonly whatsappId?: string | null | undefined;
  readonly businessScopedUserId?: string | null | undefined;
  readonly parentUserId?: string | null | undefined;
  readonly username?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly timezone?: string | null | undefined;
  readonly tagIds?: readonly Types.ObjectId[] | undefined;
  readonly groupIds?: readonly Types.ObjectId[] | undefined;
  readonly optInStatus?: OptInStatus | undefined;
  /** Without it, `optInStatus` is ignored. */
  readonly consent?: ConsentStatement | undefined;
  readonly isBlocked?: boolean | undefined;
  /** Judged by their definitions (`custom-fields/checks.ts`). */
  readonly customFields?: FieldChanges | undefined;
}

/** Sets the event id of an opt-out, by which its canceled messages are found. */
export const withOptOutId = (changes: ContactChanges, eventId: string): ContactChanges =>
  changes.optInStatus === 'opted-out' && changes.consent !== undefined
    ? { ...changes, consent: { ...changes.consent, eventId } }
    : changes;

export interface WrittenBy {
  readonly at: Date;
  /** Undefined for the system. */
  readonly by: Types.ObjectId | undefined;
}

const optionalTexts = [...identityFields, 'username', 'name', 'timezone'] as const;

/**
 * The record after the changes; the same object if nothing differs. A consent always differs, because it adds an entry
 * to the log.
 */
export function applyChanges(
  record: ContactRecord,
  changes: ContactChanges,
  written: WrittenBy,
): ContactRecord {
  const {
    nameKey: _old,
    cf: _values,
    tagIds: _tags,
    groupIds: _groups,
    ...rest
  } = changedBlock(changedTexts(record, changes, written), changes, written);
  const next: ContactRecord = {
    ...withKeys(rest),
    ...(rest.name === undefined ? {} : { nameKey: nameKeyOf(rest.name) }),
    ...setsOf('tagIds', changes.tagIds ?? record.tagIds),
    ...setsOf('groupIds', changes.groupIds ?? record.groupIds),
    ...withFieldChanges(record, changes.customFields ?? new Map()),
    ...changedConsent(record, changes, written),
  };
  if (JSON.stringify(auditedFieldsOf(next)) === JSON.stringify(auditedFieldsOf(record))) return record;
  return { ...next, updatedAt: written.at };
}

/** Missing rather than empty, so that their indexes hold only contacts that have some. */
const setsOf = (field: 'tagIds' | 'groupIds', ids: readonly Types.ObjectId[] = []) =>
  ids.length === 0 ? {} : { [field]: ids };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function changedTexts(record: ContactRecord, changes: ContactChanges, written: WrittenBy): ContactRecord {
  const next: Mutable<ContactRecord> = { ...record };
  for (const field of optionalTexts) {
    const value = changes[field];
    if (value === null) delete next[field];
    else if (value !== undefined) next[field] = value;
  }
  if (next.phoneNumber === record.phoneNumber) return next;
  // The mark and the time belong to the old number.
  delete next.numberSuspect;
  delete next.numberSince;
  delete next.numberSeenAt;
  if (record.phoneNumber === undefined) return next;
  return replacedNumber(record, changes.whatsappId === undefined ? withoutOtherNumber(next) : next, written);
}

/** The `wa_id` of the old number goes with it: messages would be sent to one number, and answers come from the other. */
function withoutOtherNumber(next: ContactRecord): ContactRecord {
  if (!hasTwoNumbers(next)) return next;
  const { whatsappId: _old, ...rest } = next;
  return rest;
}

/** A user knows better than older events: those before the correction cannot bring the old number back. */
function replacedNumber(record: ContactRecord, next: ContactRecord, { at }: WrittenBy): ContactRecord {
  const { phoneNumber, whatsappId } = record;
  const old = next.whatsappId === undefined ? { phoneNumber, whatsappId } : { phoneNumber };
  return {
    ...corrected(next, old, at),
    ...(next.phoneNumber === undefined ? {} : { numberSince: at }),
  };
}

function changedBlock(
  record: ContactRecord,
  { isBlocked }: ContactChanges,
  { at }: WrittenBy,
): ContactRecord {
  if (isBlocked === undefined || isBlocked === (record.isBlocked ?? false)) return record;
  const { isBlocked: _was, blockedAt: _since, ...rest } = record;
  return isBlocked ? { ...rest, isBlocked, blockedAt: at } : rest;
}

function changedConsent(
  record: ContactRecord,
  { optInStatus: status, consent }: ContactChanges,
  written: WrittenBy,
): Pick<ContactRecord, 'optInStatus' | 'consentLog' | 'consentEntriesDropped'> {
  const { optInStatus, consentLog } = record;
  if (status === undefined || consent === undefined) return { optInStatus, consentLog };
  return { optInStatus: status, ...loggedConsent(record, consentEntry(status, consent, written)) };
}

export const consentEntry = (
  status: OptInStatus,
  { source, wording, eventId, isUnstated }: ConsentStatement,
  { at, by }: WrittenBy,
): ConsentEntry => ({
  status,
  source,
  ...(wording === undefined ? {} : { wording }),
  at,
  ...(eventId === undefined ? {} : { eventId }),
  ...(by === undefined ? {} : { by }),
  ...(isUnstated === undefined ? {} : { isUnstated }),
});

/** The audited fields of a contact; of the consent log only the last entry, because only that can be new. */
export const auditedFieldsOf = (record: ContactRecord) => ({
  phoneNumber: record.phoneNumber ?? null,
  whatsappId: record.whatsappId ?? null,
  businessScopedUserId: record.businessScopedUserId ?? null,
  parentUserId: record.parentUserId ?? null,
  aliases: record.aliases ?? [],
  samePerson: record.samePerson ?? [],
  username: record.username ?? null,
  name: record.name ?? null,
  timezone: record.timezone ?? null,
  tagIds: record.tagIds ?? [],
  groupIds: record.groupIds ?? [],
  optInStatus: record.optInStatus,
  marketingStopped: record.marketingStopped ?? false,
  isBlocked: record.isBlocked ?? false,
  customFields: record.customFields,
  consent: record.consentLog.at(-1) ?? null,
  consentEntries: record.consentLog.length + (record.consentEntriesDropped ?? 0),
});
