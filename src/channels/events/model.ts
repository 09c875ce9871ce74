import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import { reportSeverities, type ReportSeverity } from '../../whatsapp/report-rules.ts';

/** One value of an event, as the provider sent it. */
export interface EventDetail {
  /** The path of the value: `ban_info.waba_ban_state`. */
  readonly name: string;
  readonly value: string;
}

/** What the provider reported about a channel: its number, its account, or one of its templates. It never changes. */
export interface ChannelEventDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  /** Equal for repetitions of one event. */
  readonly key: string;
  /** The webhook field: `account_update`. */
  readonly field: string;
  /** The provider's word for the event: `DISABLED_UPDATE`. */
  readonly word?: string;
  readonly severity: ReportSeverity;
  /** When the event takes or loses effect. */
  readonly effectiveAt?: Date;
  readonly details: readonly EventDetail[];
  /** By the provider's clock; the time of processing if the event has none. */
  readonly at: Date;
  readonly receivedAt: Date;
}

/** Half a year; the audit keeps the fact longer. */
export const keptSeconds = 183 * 24 * 60 * 60;

export const channelEventModel = declareTenantModel<ChannelEventDoc>('channel_events', {
  channelId: { type: Schema.Types.ObjectId, required: true },
  key: { type: String, required: true },
  field: { type: String, required: true },
  word: String,
  severity: { type: String, enum: reportSeverities, required: true },
  effectiveAt: Date,
  details: { type: [Schema.Types.Mixed], required: true },
  at: { type: Date, required: true },
  receivedAt: { type: Date, required: true },
});

channelEventModel.schema.index({ clientId: 1, channelId: 1, key: 1 }, { unique: true });
channelEventModel.schema.index({ clientId: 1, channelId: 1, at: -1, _id: -1 });
channelEventModel.schema.index({ receivedAt: 1 }, { name: 'expiry', expireAfterSeconds: keptSeconds });
