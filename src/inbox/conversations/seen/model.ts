import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../../platform/declare-model.ts';

/** Up to which message a user has seen a conversation. */
export interface SeenMarkDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
  readonly userId: Types.ObjectId;
  readonly lastSeenMessageId: Types.ObjectId;
  /** The place of that message (`order.ts`), so that an older one never replaces it. */
  readonly place: { readonly ordinal: number; readonly timestamp: Date };
  readonly at: Date;
}

export const seenMarkModel = declareTenantModel<SeenMarkDoc>('conversation_seen', {
  conversationId: { type: Schema.Types.ObjectId, required: true },
  userId: { type: Schema.Types.ObjectId, required: true },
  lastSeenMessageId: { type: Schema.Types.ObjectId, required: true },
  place: { type: Schema.Types.Mixed, required: true },
  at: { type: Date, required: true },
});

seenMarkModel.schema.index({ clientId: 1, conversationId: 1, userId: 1 }, { unique: true });
