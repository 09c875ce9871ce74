import type { Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

export const userRoles = ['admin', 'agent'] as const;
export type UserRole = (typeof userRoles)[number];

export const userStatuses = ['active', 'disabled'] as const;
export type UserStatus = (typeof userStatuses)[number];

/** A person who signs in; belongs to exactly one client. */
export interface UserDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly name: string;
  /** The name as it is searched and sorted. */
  readonly nameKey: string;
  /** Trimmed and in lower case. */
  readonly email: string;
  /** bcrypt; none until somebody who was invited has set a password. */
  readonly passwordHash?: string;
  readonly role: UserRole;
  readonly status: UserStatus;
  /** Platform staff; granted on the server only, never by the API. */
  readonly isOperator: boolean;
  /** When the last invitation was asked for; none for who signed up. */
  readonly invitedAt?: Date;
  /** Written by every log-in, so that one and a change of the password at the same moment cannot both win. */
  readonly lastSignInAt?: Date;
  readonly createdAt: Date;
  /** +1 with every change. */
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
  lastSignInAt: Date,
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

// Sign-in knows the address and not the tenant: one address is one person on the whole platform.
userModel.schema.index({ email: 1 }, { unique: true });
userModel.schema.index({ clientId: 1, _id: 1 });
// A client's users are few: role and status are filtered while one of these is walked.
userModel.schema.index({ clientId: 1, createdAt: -1, _id: -1 });
userModel.schema.index({ clientId: 1, nameKey: 1, _id: 1 });
userModel.schema.index({ clientId: 1, email: 1, _id: 1 });
