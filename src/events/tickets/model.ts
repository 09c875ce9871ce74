import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/** Opens one stream for a browser, which cannot send an `Authorization` header. Only the hash of the ticket is stored. */
export interface EventTicketDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly tokenHash: string;
  readonly userId: Types.ObjectId;
  readonly sessionId: string;
  readonly role: 'admin' | 'agent';
  readonly isOperator: boolean;
  /** Set for an operator who acts in the client. */
  readonly operatorAccessId?: Types.ObjectId;
  /** When the access token that bought it ends, and so the stream. */
  readonly accessEndsAt: Date;
  readonly expiresAt: Date;
}

export const eventTicketModel = declareTenantModel<EventTicketDoc>('event_tickets', {
  tokenHash: { type: String, required: true },
  userId: { type: Schema.Types.ObjectId, required: true },
  sessionId: { type: String, required: true },
  role: { type: String, enum: ['admin', 'agent'], required: true },
  isOperator: { type: Boolean, required: true },
  operatorAccessId: Schema.Types.ObjectId,
  accessEndsAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
});

eventTicketModel.schema.index({ clientId: 1, tokenHash: 1 }, { unique: true });
eventTicketModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
