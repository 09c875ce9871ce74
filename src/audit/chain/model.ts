import type { Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/** The end of a client's chain of audit events. */
export interface AuditChainDoc {
  /** The id of the client. */
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** Of the last sealed event; 0 before the first. */
  readonly seq: number;
  readonly hash: string;
  /** The sealer that works on the chain, until `leaseUntil`. */
  readonly leaseToken?: string;
  readonly leaseUntil?: Date;
  /** When the next anchor is due. Absent while the last one covers the end. */
  readonly anchorAt?: Date;
}

export const auditChainModel = declareTenantModel<AuditChainDoc>('audit_chains', {
  seq: { type: Number, required: true },
  hash: { type: String, required: true },
  leaseToken: String,
  leaseUntil: Date,
  anchorAt: Date,
});

auditChainModel.schema.index({ clientId: 1 }, { unique: true });
// The anchor that is due first, across all tenants.
auditChainModel.schema.index({ anchorAt: 1 }, { name: 'anchors-due', sparse: true });

/** The end of a chain at one moment, signed by a key outside the database. */
export interface AuditAnchorDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly seq: number;
  readonly hash: string;
  readonly at: Date;
  /** Names the key of the signature. */
  readonly keyId: string;
  readonly signature: string;
}

export const auditAnchorModel = declareTenantModel<AuditAnchorDoc>('audit_anchors', {
  seq: { type: Number, required: true },
  hash: { type: String, required: true },
  at: { type: Date, required: true },
  keyId: { type: String, required: true },
  signature: { type: String, required: true },
});

auditAnchorModel.schema.index({ clientId: 1, seq: 1 }, { unique: true });
