import type { Types } from 'mongoose';
import { declarePlatformModel } from '../../platform/declare-model.ts';

/** A tenant: one business. Its own id is the `clientId` of everything that it owns. */
export interface ClientDoc {
  readonly _id: Types.ObjectId;
  readonly companyName: string;
  readonly whatsappNumber?: string;
  readonly businessCategory?: string;
  /** IANA name; what "tomorrow at nine" means for this business. */
  readonly timezone: string;
  readonly isActive: boolean;
  readonly createdAt: Date;
  /** +1 with every change that people make. */
  readonly version: number;
  /** Counted up by everything that may take an admin away, so that of two such writes at once one waits. */
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

// Operators list all clients, the newest first.
clientModel.schema.index({ createdAt: -1, _id: -1 });
