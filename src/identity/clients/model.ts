import type { Types } from 'mongoose';
import { declarePlatformModel } from '../../platform/declare-model.ts';

/** A tenant: one business. Its `_id` is the `clientId` of everything that it owns. */
export interface ClientDoc {
  readonly _id: Types.ObjectId;
  readonly companyName: string;
  readonly whatsappNumber?: string;
  readonly businessCategory?: string;
  /** IANA time zone of the business. */
  readonly timezone: string;
  readonly isActive: boolean;
  readonly createdAt: Date;
  /** Incremented by every change that a user makes. */
  readonly version: number;
  /** Incremented by every transaction that may remove an admin, so that concurrent ones conflict. */
  readonly adminChanges?: number;
}

export const clientModel = declarePlatformModel<ClientDoc>('clients', {
  companyName: { type: String, required: true },
  whatsappNumber: String,
  businessCategory: String,
  timezone: { type: String, required: true },
  isActive: { type: Boolean, required: true },
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
  adminChanges: Number,
});

// Operators list all clients, newest first.
clientModel.schema.index({ createdAt: -1, _id: -1 });
