import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

export const notificationKinds = ['mention'] as const;
export type NotificationKind = (typeof notificationKinds)[number];

/** Tells a user that a note mentions them. It holds no text, so that nothing of the note outlasts it. */
export interface NotificationDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** The user who is told. */
  readonly userId: Types.ObjectId;
  readonly kind: NotificationKind;
  readonly noteId: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
  /** The user who wrote the mention. */
  readonly byId: Types.ObjectId;
  readonly createdAt: Date;
  /** Absent while unread. */
  readonly readAt?: Date;
}

/** Notifications are deleted after this time. */
const retentionDays = 180;

export const notificationModel = declareTenantModel<NotificationDoc>('notifications', {
  userId: { type: Schema.Types.ObjectId, required: true },
  kind: { type: String, enum: notificationKinds, required: true },
  noteId: { type: Schema.Types.ObjectId, required: true },
  conversationId: { type: Schema.Types.ObjectId, required: true },
  byId: { type: Schema.Types.ObjectId, required: true },
  createdAt: { type: Date, required: true },
  readAt: Date,
});

// A note notifies a user once, however often it is changed.
notificationModel.schema.index({ clientId: 1, noteId: 1, userId: 1 }, { unique: true });
notificationModel.schema.index({ clientId: 1, userId: 1, createdAt: -1, _id: -1 });
notificationModel.schema.index({ clientId: 1, userId: 1, readAt: 1, createdAt: -1, _id: -1 });
notificationModel.schema.index({ createdAt: 1 }, { expireAfterSeconds: retentionDays * 24 * 60 * 60 });
