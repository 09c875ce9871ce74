import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../platform/declare-model.ts';
import type { ChannelRate } from './channel/rules.ts';

/** How fast a channel may send, and which worker holds how much of it; `_id` is the channel's. */
export interface ChannelRateDoc extends ChannelRate {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** Moves with every change, for the compare-and-set. */
  readonly version: number;
  readonly expiresAt: Date;
}

/** What one channel has sent to one contact lately; see `pair/rules.ts` for the words. */
export interface PairRateDoc {
  readonly clientId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
  readonly tat: Date;
  readonly queuedUntil: Date;
  readonly blockedUntil: Date;
  /** From when on the document says no more than its absence would. */
  readonly expiresAt: Date;
}

/** A person whom a business portfolio has written to outside the customer service window. */
export interface PortfolioUserDoc {
  readonly clientId: Types.ObjectId;
  readonly portfolioId: string;
  readonly contactId: Types.ObjectId;
  /** A day after the last such message. No TTL: the removal has to move the counter too. */
  readonly expiresAt: Date;
}

/** How many `portfolio_users` a portfolio has; moved in the transaction that adds or removes them. */
export interface PortfolioUsageDoc {
  readonly clientId: Types.ObjectId;
  readonly portfolioId: string;
  readonly count: number;
  readonly changes: number;
}

/** What Meta said last about our management calls for one WhatsApp Business Account. */
export interface ManagementLimitDoc {
  readonly clientId: Types.ObjectId;
  readonly wabaId: string;
  readonly usedPercent: number;
  readonly closedUntil: Date;
  readonly expiresAt: Date;
}

const objectId = { type: Schema.Types.ObjectId, required: true } as const;
const text = { type: String, required: true } as const;
const number = { type: Number, required: true } as const;
const time = { type: Date, required: true } as const;

export const channelRateModel = declareTenantModel<ChannelRateDoc>('channel_rates', {
  limit: number,
  factor: number,
  slowedAt: Date,
  leases: [{ _id: false, holder: text, permits: number, wanted: number, expiresAt: time }],
  version: number,
  expiresAt: time,
});
channelRateModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export const pairRateModel = declareTenantModel<PairRateDoc>('pair_rates', {
  channelId: objectId,
  contactId: objectId,
  tat: time,
  queuedUntil: time,
  blockedUntil: time,
  expiresAt: time,
});
pairRateModel.schema.index({ clientId: 1, channelId: 1, contactId: 1 }, { unique: true });
pairRateModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export const portfolioUserModel = declareTenantModel<PortfolioUserDoc>('portfolio_users', {
  portfolioId: text,
  contactId: objectId,
  expiresAt: time,
});
portfolioUserModel.schema.index({ clientId: 1, portfolioId: 1, contactId: 1 }, { unique: true });
portfolioUserModel.schema.index({ clientId: 1, portfolioId: 1, expiresAt: 1 });
// The sweep looks for what has expired, whose ever it is.
portfolioUserModel.schema.index({ expiresAt: 1 });

export const portfolioUsageModel = declareTenantModel<PortfolioUsageDoc>('portfolio_usage', {
  portfolioId: text,
  count: number,
  changes: number,
});
portfolioUsageModel.schema.index({ clientId: 1, portfolioId: 1 }, { unique: true });

export const managementLimitModel = declareTenantModel<ManagementLimitDoc>('management_limits', {
  wabaId: text,
  usedPercent: number,
  closedUntil: time,
  expiresAt: time,
});
managementLimitModel.schema.index({ clientId: 1, wabaId: 1 }, { unique: true });
managementLimitModel.schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
