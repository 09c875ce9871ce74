import type { Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';

/** What the channel addresses of one business have stored on one day. */
export interface WebhookUsageDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** The UTC day, `2026-11-28`. */
  readonly day: string;
  /** Reserved by processes; each may have some left over. */
  readonly bytes: number;
  /** The same for its unverified channels, which have a day of their own. */
  readonly unverifiedBytes?: number;
  readonly expiresAt: Date;
}

export const webhookUsageModel = declareTenantModel<WebhookUsageDoc>('webhook_usage', {
  day: { type: String, required: true },
  bytes: { type: Number, required: true },
  unverifiedBytes: Number,
  expiresAt: { type: Date, required: true },
});

webhookUsageModel.schema.index({ clientId: 1, day: 1 }, { unique: true });
webhookUsageModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
