import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

export const userRoles = ['admin', 'agent'] as const;
export type UserRole = (typeof userRoles)[number];

export const userStatuses = ['active', 'disabled'] as const;
export type UserStatus = (typeof userStatuses)[number];

/** The mailboxes of a change of address: the one that the user has, and the one that they want. */
export type EmailChangeSide = 'old' | 'new';

/** A change of the e-mail address that waits for links from mails. Whatever removes it makes its links invalid. */
export interface EmailChange {
  readonly id: Types.ObjectId;
  /** The new address. */
  readonly email: string;
  /** The user, or an admin of the client. */
  readonly startedBy: Types.ObjectId;
  readonly startedAt: Date;
  readonly expiresAt: Date;
  readonly confirmedAt: { readonly [Side in EmailChangeSide]?: Date };
}

/** A person who can sign in; belongs to exactly one client. */
export interface UserDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly name: string;
  /** The name in its searchable and sortable form. */
  readonly nameKey: string;
  /** Trimmed and in lower case. */
  readonly email: string;
  /** bcrypt; missing until an invited user sets a password. */
  readonly passwordHash?: string;
  readonly role: UserRole;
  readonly status: UserStatus;
  /** Platform staff; granted on the server only, never by the API. */
  readonly isOperator: boolean;
  /** The time of the latest invitation; missing for users who signed up. */
  readonly invitedAt?: Date;
  /** When a link from a mail proved that the address is theirs; missing until then. */
  readonly emailConfirmedAt?: Date;
  /** At most one, the latest that was started. */
  readonly emailChange?: EmailChange;
  /** Written by every sign-in, so that a sign-in conflicts with a concurrent change of the password. */
  readonly lastSignInAt?: Date;
  readonly createdAt: Date;
  /** Incremented by every change. */
  readonly version: number;
}

export const userModel = declareTenantModel<UserDoc>('users', {
  name: { type: String, required: true },
  nameKey: { type: String, required: true },
  email: { type: String, required: true },
  passwordHash: String,
  role: { type: String, enum: userRoles, required: true },
  status: { type: String, enum: userStatuses, required: true },
  isOperator: { type: Boolean, required: true },
  invitedAt: Date,
  emailConfirmedAt: Date,
  emailChange: Schema.Types.Mixed,
  lastSignInAt: Date,
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

// Unique on the whole platform, because sign-in knows the address and not the tenant.
userModel.schema.index({ email: 1 }, { unique: true });
userModel.schema.index({ clientId: 1, _id: 1 });
// A client has few users, so role and status need no index of their own.
userModel.schema.index({ clientId: 1, createdAt: -1, _id: -1 });
userModel.schema.index({ clientId: 1, nameKey: 1, _id: 1 });
userModel.schema.index({ clientId: 1, email: 1, _id: 1 });
