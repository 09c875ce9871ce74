import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../../platform/declare-model.ts';
import { tokenIndexBy } from '../../../platform/search/hints.ts';
import type { Attribute, FieldValues } from '../../custom-fields/rules.ts';
import { optInStatuses, type Alias, type ConsentStatus, type OptInStatus } from '../rules.ts';

/** One entry of the consent log; it never changes, except that it may turn out to be another person's. */
export interface ConsentEntry {
  readonly status: ConsentStatus;
  /** Where the consent was given or withdrawn: a form, a shop, a message. */
  readonly source: string;
  /** What the person agreed to or said. */
  readonly wording?: string;
  /** When the person said it, by the provider's clock if it came in an event. */
  readonly at: Date;
  /** Identifies repetitions: the provider's message id, or an id of our own. */
  readonly eventId?: string;
  /** Missing if equal to `at`. */
  readonly storedAt?: Date;
  /** The user who recorded it; missing if the system did. */
  readonly by?: Types.ObjectId;
  /** A status without a statement that a person heard, as a file has it: it lifts no opt-out, however much later it is. */
  readonly isUnstated?: boolean;
  /** The keys of the numbers that a person's consent came from, because the number may have been another person's. */
  readonly saidAt?: readonly string[];
  /** A consent that came from a number after the person had left it, as is known now: it does not count. */
  readonly isForeign?: boolean;
}

/** The provider could not deliver to the number. A warning only: no message is held because of it. */
export interface NumberSuspicion {
  /** The provider's code. */
  readonly code: string;
  /** The time of the failure, by the provider's clock if it came in an event. */
  readonly at: Date;
  /** When the mark is next compared with later deliveries; missing after the last review. */
  readonly reviewAt?: Date;
  readonly reviews?: number;
}

/** Another contact that is the same person. */
export interface SamePerson {
  readonly contactId: Types.ObjectId;
  readonly reason: SamePersonReason;
  /** When the proof was given, by the provider's clock. */
  readonly at: Date;
}

/**
 * What proves it: an event names both, WhatsApp says that one became the other, or one answered a message that was sent
 * to the other.
 */
export const samePersonReasons = ['named-together', 'identity-changed', 'answered'] as const;
export type SamePersonReason = (typeof samePersonReasons)[number];

/** A name in the address book of the business's phone. */
export interface PhoneBookName {
  readonly name?: string;
  /** The time of the entry, by the provider's clock. */
  readonly at: Date;
}

/** The row of a file that has created a contact. */
export interface ContactOrigin {
  readonly importId: Types.ObjectId;
  readonly n: number;
}

/** A person on WhatsApp, one per person and client. At least one identity is set; the phone is optional. */
export interface ContactDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** E.164 with `+`, in its canonical spelling. */
  readonly phoneNumber?: string;
  /** The country of the number (`countryOf`), for segments; every write of the record sets it. */
  readonly country?: string;
  /** The provider's `wa_id`, digits only, which may differ from the phone number. */
  readonly whatsappId?: string;
  readonly businessScopedUserId?: string;
  readonly parentUserId?: string;
  /** Since when the number and the user id are known, by the provider's clock; missing if no event named them. */
  readonly numberSince?: Date;
  /** When WhatsApp last announced a move to the number that the contact had already. */
  readonly numberSeenAt?: Date;
  readonly userIdSince?: Date;
  readonly usernameSince?: Date;
  /** Former and additional identities, oldest first. */
  readonly aliases?: readonly Alias[];
  /** The keys of former numbers (`formerKeysOf`), which another contact may have now. */
  readonly formerKeys?: readonly string[];
  readonly samePerson?: readonly SamePerson[];
  /** All identities in one field (`identityKeysOf`): one index finds a contact by any and keeps each unique. */
  readonly identityKeys: readonly string[];
  /** For display only: it can change, so it does not identify the contact. */
  readonly username?: string;
  /** The username in its searchable form; set whenever `username` is. */
  readonly usernameKey?: string;
  readonly name?: string;
  /** The name in its searchable form; set whenever `name` is. */
  readonly nameKey?: string;
  /** What the contact is found by (`contactTokens`); every write of the record sets it. */
  readonly searchTokens?: readonly string[];
  /** The name in the address book of the business's phone; without a name, the entry was removed. */
  readonly phoneBook?: PhoneBookName;
  /** In the order in which it got them; missing if it has none. An id whose tag was deleted counts as none. */
  readonly tagIds?: readonly Types.ObjectId[];
  /** The groups that it is a member of, in the same way. */
  readonly groupIds?: readonly Types.ObjectId[];
  /**
   * Names from before tags were rows, which only the version before reads. The next write of the record leaves an empty list,
   * because processes of that version, which run beside this one during a deployment, fail without one.
   */
  readonly tags?: readonly string[];
  readonly optInStatus: OptInStatus;
  /** True while the person has turned off marketing from this business in WhatsApp. */
  readonly marketingStopped?: boolean;
  readonly marketingStoppedAt?: Date;
  /** True while the contact is on the block list of the business. */
  readonly isBlocked?: boolean;
  readonly blockedAt?: Date;
  /** Set until a message reaches the number or the number changes. */
  readonly numberSuspect?: NumberSuspicion;
  /** As shown; values from before fields had definitions have none. */
  readonly customFields: FieldValues;
  /** The same values as queries find them; changed with `customFields` (`withFieldChanges`). */
  readonly cf?: readonly Attribute[];
  /** An IANA name, as somebody has told it; `zones/recipient-zone.ts` says where the person is without it. */
  readonly timezone?: string;
  /** Missing unless an import has created it. */
  readonly origin?: ContactOrigin;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** A contact with its consent log, newest last; lists and message paths do not read it. */
export interface ContactRecord extends ContactDoc {
  readonly consentLog: readonly ConsentEntry[];
  /** Entries dropped from the log, which the audit keeps; see `loggedConsent`. */
  readonly consentEntriesDropped?: number;
  /** Incremented by every transaction that copies from this contact or refers to it, so that it conflicts with its changes. */
  readonly copies?: number;
}

export const contactModel = declareTenantModel<ContactRecord>('contacts', {
  phoneNumber: String,
  country: String,
  whatsappId: String,
  businessScopedUserId: String,
  parentUserId: String,
  numberSince: Date,
  numberSeenAt: Date,
  userIdSince: Date,
  usernameSince: Date,
  // Without a default: a contact has these only once it needs them.
  aliases: { type: [Schema.Types.Mixed], default: undefined },
  formerKeys: { type: [String], default: undefined },
  samePerson: { type: [Schema.Types.Mixed], default: undefined },
  identityKeys: { type: [String], required: true },
  username: String,
  usernameKey: String,
  name: String,
  nameKey: String,
  searchTokens: { type: [String], default: undefined },
  phoneBook: Schema.Types.Mixed,
  tagIds: { type: [Schema.Types.ObjectId], default: undefined },
  groupIds: { type: [Schema.Types.ObjectId], default: undefined },
  tags: { type: [String], default: undefined },
  optInStatus: { type: String, enum: optInStatuses, required: true },
  marketingStopped: Boolean,
  marketingStoppedAt: Date,
  isBlocked: Boolean,
  blockedAt: Date,
  numberSuspect: Schema.Types.Mixed,
  timezone: String,
  customFields: { type: Schema.Types.Mixed, required: true },
  cf: { type: [Schema.Types.Mixed], default: undefined },
  origin: Schema.Types.Mixed,
  consentLog: { type: [Schema.Types.Mixed], required: true },
  consentEntriesDropped: Number,
  copies: Number,
  createdAt: { type: Date, required: true },
  updatedAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

contactModel.schema.index({ clientId: 1, identityKeys: 1 }, { unique: true });
for (const identity of ['phoneNumber', 'businessScopedUserId'] as const) {
  contactModel.schema.index(
    { clientId: 1, [identity]: 1 },
    { unique: true, partialFilterExpression: { [identity]: { $exists: true } } },
  );
}
// For late events about a number that the contact had before.
contactModel.schema.index(
  { clientId: 1, formerKeys: 1 },
  { partialFilterExpression: { formerKeys: { $exists: true } } },
);
contactModel.schema.index({ clientId: 1, createdAt: -1, _id: -1 });
contactModel.schema.index(
  { clientId: 1, country: 1, createdAt: -1, _id: -1 },
  { partialFilterExpression: { country: { $exists: true } } },
);
for (const sets of ['tagIds', 'groupIds'] as const) {
  contactModel.schema.index(
    { clientId: 1, [sets]: 1, createdAt: -1, _id: -1 },
    { partialFilterExpression: { [sets]: { $exists: true } } },
  );
}
contactModel.schema.index(
  { clientId: 1, timezone: 1, createdAt: -1, _id: -1 },
  { partialFilterExpression: { timezone: { $exists: true } } },
);
contactModel.schema.index({ clientId: 1, optInStatus: 1, createdAt: -1, _id: -1 });
contactModel.schema.index(
  { clientId: 1, isBlocked: 1, createdAt: -1, _id: -1 },
  { partialFilterExpression: { isBlocked: true } },
);
contactModel.schema.index(
  { clientId: 1, createdAt: -1, _id: -1 },
  { name: 'suspects', partialFilterExpression: { 'numberSuspect.at': { $exists: true } } },
);
// Due reviews of suspect numbers, across all tenants.
contactModel.schema.index(
  { 'numberSuspect.reviewAt': 1 },
  { name: 'suspect-reviews', partialFilterExpression: { 'numberSuspect.reviewAt': { $exists: true } } },
);
for (const searched of ['nameKey', 'usernameKey'] as const) {
  contactModel.schema.index(
    { clientId: 1, [searched]: 1, _id: 1 },
    { partialFilterExpression: { [searched]: { $exists: true } } },
  );
}
contactModel.schema.index(...tokenIndexBy('createdAt'));
for (const kind of ['s', 'n', 'd'] as const) {
  contactModel.schema.index(
    { clientId: 1, 'cf.k': 1, [`cf.${kind}`]: 1, _id: 1 },
    { partialFilterExpression: { [kind === 's' ? 'cf.k' : `cf.${kind}`]: { $exists: true } } },
  );
}
