import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../platform/declare-model.ts';

/** The author of a write: a user of the client, an operator of the platform, the provider, or the product itself. */
export type AuditActor =
  | { readonly type: 'user' | 'operator'; readonly userId: Types.ObjectId }
  | { readonly type: 'system' | 'provider' };

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
}

export const auditEventModel = declareTenantModel<AuditEventDoc>('audit_events', {
  at: { type: Date, required: true },
  actor: { type: Schema.Types.Mixed, required: true },
  action: { type: String, required: true },
  target: { type: Schema.Types.Mixed, required: true },
  before: Schema.Types.Mixed,
  after: Schema.Types.Mixed,
});

auditEventModel.schema.index({ clientId: 1, at: -1, _id: -1 });
auditEventModel.schema.index({ clientId: 1, 'target.id': 1, at: -1, _id: -1 });
