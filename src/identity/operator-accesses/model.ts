import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/** The permission of one operator to act in a client for a while. Kept for good, so that the client can read it. */
export interface OperatorAccessDoc {
  readonly _id: Types.ObjectId;
  /** The client in which the operator acts. */
  readonly clientId: Types.ObjectId;
  readonly operatorId: Types.ObjectId;
  /** The client that the operator is a user of. */
  readonly operatorClientId: Types.ObjectId;
  /** As at the start. */
  readonly operatorName: string;
  readonly reason: string;
  readonly tokenHash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** When an admin of the client ended it. */
  readonly endedAt?: Date;
}

export const operatorAccessModel = declareTenantModel<OperatorAccessDoc>('operator_accesses', {
  operatorId: { type: Schema.Types.ObjectId, required: true },
  operatorClientId: { type: Schema.Types.ObjectId, required: true },
  operatorName: { type: String, required: true },
  reason: { type: String, required: true },
  tokenHash: { type: String, required: true },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
  endedAt: Date,
});

// A request names the token and not the tenant.
operatorAccessModel.schema.index({ tokenHash: 1 }, { unique: true });
operatorAccessModel.schema.index({ clientId: 1, createdAt: -1, _id: -1 });
