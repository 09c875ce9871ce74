import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../platform/declare-model.ts';
import type { RoleAudience } from './declare.ts';

export type StoredAudience = RoleAudience | 'user';

/** A fact, written in the transaction of the change that it tells of. */
export interface OutboxEventDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** A declared type, such as `lead.updated`. */
  readonly type: string;
  readonly entity: { readonly type: string; readonly id: Types.ObjectId };
  /** Of the entity, after the change. */
  readonly version: number;
  readonly at: Date;
  readonly audience: StoredAudience;
  /** The only user who may see it, if `audience` is `user`. */
  readonly userId?: Types.ObjectId;
  readonly view: Readonly<Record<string, unknown>>;
  /** Set until the event has its number. */
  readonly isPending?: true;
  /** Its place among the events of the client: 1, 2, 3 … without a gap. */
  readonly seq?: number;
  readonly numberedAt?: Date;
}

export const outboxEventModel = declareTenantModel<OutboxEventDoc>('outbox_events', {
  type: { type: String, required: true },
  entity: { type: Schema.Types.Mixed, required: true },
  version: { type: Number, required: true },
  at: { type: Date, required: true },
  audience: { type: String, enum: ['everyone', 'admins', 'user'], required: true },
  userId: Schema.Types.ObjectId,
  view: { type: Schema.Types.Mixed, required: true },
  isPending: Boolean,
  seq: Number,
  numberedAt: Date,
});

outboxEventModel.schema.index(
  { clientId: 1, seq: 1 },
  { unique: true, partialFilterExpression: { seq: { $exists: true } } },
);
// For the sequencer, which takes the clients in turns.
outboxEventModel.schema.index(
  { clientId: 1, at: 1, _id: 1 },
  { name: 'pending', partialFilterExpression: { isPending: true } },
);
// Only numbered events expire, so that no outage loses one.
outboxEventModel.schema.index({ numberedAt: 1 }, { expireAfterSeconds: 24 * 60 * 60 });

/** The last number that a client's events have used. */
export interface EventHeadDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly seq: number;
}

export const eventHeadModel = declareTenantModel<EventHeadDoc>('event_heads', {
  seq: { type: Number, required: true },
});

eventHeadModel.schema.index({ clientId: 1 }, { unique: true });
