import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../platform/declare-model.ts';

/** The author of a write: a user of the client, an operator of the platform, the provider, or the product itself. */
export type AuditActor =
  | { readonly type: 'user' | 'operator'; readonly userId: Types.ObjectId }
  | { readonly type: 'system' | 'provider' };

/** The link of an event to the one before it in the chain of its client. Hashes are lower-case hexadecimal. */
export interface AuditSeal {
  /** How the hash is made, see `chain/links.ts`. */
  readonly version: 1;
  readonly at: Date;
  readonly previousHash: string;
  readonly hash: string;
  /** HMAC of the values on both sides of the change, by the salt. */
  readonly payloadDigest: string;
  /** Goes with the values when they are erased: without it, nobody can guess them from the digest. */
  readonly salt?: string;
}

/** A permanent record of one write: actor, action, target and the fields that changed. */
export interface AuditEventDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly at: Date;
  readonly actor: AuditActor;
  /** Noun and past participle: `lead.updated`. */
  readonly action: string;
  readonly target: { readonly type: string; readonly id: Types.ObjectId };
  /** Only the fields that changed; never a secret. */
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
  /** Its place in the chain of the client: 1, 2, 3 … without a gap. Absent until it is sealed. */
  readonly seq?: number;
  readonly seal?: AuditSeal;
  /** When the values on both sides were erased, for good. */
  readonly erasedAt?: Date;
}

export const auditEventModel = declareTenantModel<AuditEventDoc>('audit_events', {
  at: { type: Date, required: true },
  actor: { type: Schema.Types.Mixed, required: true },
  action: { type: String, required: true },
  target: { type: Schema.Types.Mixed, required: true },
  before: Schema.Types.Mixed,
  after: Schema.Types.Mixed,
  seq: Number,
  seal: Schema.Types.Mixed,
  erasedAt: Date,
});

auditEventModel.schema.index({ clientId: 1, at: -1, _id: -1 });
auditEventModel.schema.index({ clientId: 1, 'target.id': 1, at: -1, _id: -1 });
auditEventModel.schema.index({ clientId: 1, 'actor.userId': 1, at: -1, _id: -1 });
auditEventModel.schema.index({ clientId: 1, action: 1, at: -1, _id: -1 });
auditEventModel.schema.index(
  { clientId: 1, seq: 1 },
  { unique: true, partialFilterExpression: { seq: { $exists: true } } },
);
// Without a seq, whichever version wrote it.
auditEventModel.schema.index(
  { clientId: 1, at: 1, _id: 1 },
  { name: 'unsealed', partialFilterExpression: { seq: null } },
);
