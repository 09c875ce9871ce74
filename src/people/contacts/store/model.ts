import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../../platform/declare-model.ts';
import { optInStatuses, type ConsentWord, type OptInStatus } from '../rules.ts';

export type CustomValue = string | number | boolean;

/** One word on consent: entries are added and never changed. */
export interface ConsentEntry {
  readonly status: ConsentWord;
  /** Where the word was given: a form, a shop, a message. */
  readonly source: string;
  /** What the person agreed to or said. */
  readonly wording?: string;
  /** When it was said: by the provider's clock if it came from there. */
  readonly at: Date;
  /** What said it, so that a repetition is known: the provider's id of the message, or one of ours. */
  readonly eventId?: string;
  /** When it was stored here; missing where that is the same as `at`. */
  readonly storedAt?: Date;
  /** Who wrote it down; missing when the product did it by itself. */
  readonly by?: Types.ObjectId;
}

/** The provider could not deliver to the number. It is a word of warning: nothing is held back by it. */
export interface NumberSuspicion {
  /** The provider's code. */
  readonly code: string;
  /** When that was, by the provider's clock if it came from there. */
  readonly at: Date;
  /** When it is compared again with what has reached the number since; missing once that is over. */
  readonly reviewAt?: Date;
  readonly reviews?: number;
}

/** A person on WhatsApp, one per person and client. At least one identity is set; the phone is optional. */
export interface ContactDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** E.164 with `+`, in its canonical spelling. */
  readonly phoneNumber?: string;
  /** The provider's `wa_id`, digits only, which may differ from the phone number. */
  readonly whatsappId?: string;
  readonly businessScopedUserId?: string;
  /** All identities in one field (`identityKeysOf`), so that one index finds a contact by any and keeps each unique. */
  readonly identityKeys: readonly string[];
  /** Shown only: people change it, so nobody is found by it. */
  readonly username?: string;
  readonly name?: string;
  /** The name as it is searched; there whenever the name is. */
  readonly nameKey?: string;
  readonly tags: readonly string[];
  readonly optInStatus: OptInStatus;
  /** True while the person has switched marketing from this business off, at WhatsApp. */
  readonly marketingStopped?: boolean;
  readonly marketingStoppedAt?: Date;
  /** True while the business does not want to write to this person. */
  readonly isBlocked?: boolean;
  readonly blockedAt?: Date;
  /** There until something reaches the number, or it is another one. */
  readonly numberSuspect?: NumberSuspicion;
  readonly customFields: Readonly<Record<string, CustomValue>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** With the log of consent, newest last; lists and the paths of messages leave it out. */
export interface ContactRecord extends ContactDoc {
  readonly consentLog: readonly ConsentEntry[];
  /** Words that the log held once and that are in the audit alone now, see `loggedConsent`. */
  readonly consentEntriesDropped?: number;
  /** Counts the transactions that copy from this contact, so that they and its changes exclude each other. */
  readonly copies?: number;
}

export const contactModel = declareTenantModel<ContactRecord>('contacts', {
  phoneNumber: String,
  whatsappId: String,
  businessScopedUserId: String,
  identityKeys: { type: [String], required: true },
  username: String,
  name: String,
  nameKey: String,
  tags: { type: [String], required: true },
  optInStatus: { type: String, enum: optInStatuses, required: true },
  marketingStopped: Boolean,
  marketingStoppedAt: Date,
  isBlocked: Boolean,
  blockedAt: Date,
  numberSuspect: Schema.Types.Mixed,
  customFields: { type: Schema.Types.Mixed, required: true },
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
contactModel.schema.index({ clientId: 1, createdAt: -1, _id: -1 });
contactModel.schema.index({ clientId: 1, tags: 1, createdAt: -1, _id: -1 });
contactModel.schema.index({ clientId: 1, optInStatus: 1, createdAt: -1, _id: -1 });
contactModel.schema.index(
  { clientId: 1, isBlocked: 1, createdAt: -1, _id: -1 },
  { partialFilterExpression: { isBlocked: true } },
);
contactModel.schema.index(
  { clientId: 1, createdAt: -1, _id: -1 },
  { name: 'suspects', partialFilterExpression: { 'numberSuspect.at': { $exists: true } } },
);
// Marks that are compared again, over all tenants.
contactModel.schema.index(
  { 'numberSuspect.reviewAt': 1 },
  { name: 'suspect-reviews', partialFilterExpression: { 'numberSuspect.reviewAt': { $exists: true } } },
);
contactModel.schema.index(
  { clientId: 1, nameKey: 1, _id: 1 },
  { partialFilterExpression: { nameKey: { $exists: true } } },
);
