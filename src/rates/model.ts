import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../platform/declare-model.ts';
import type { ChannelRate } from './channel/rules.ts';

/** The send rate of a channel, and each worker's share of it; `_id` is the channel's. */
export interface ChannelRateDoc extends ChannelRate {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** Incremented by every change, for the compare-and-set. */
  readonly version: number;
  readonly expiresAt: Date;
}

/** The recent sends of one channel to one contact; `pair/rules.ts` defines the terms. */
export interface PairRateDoc {
  readonly clientId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  /** Identifies the address of the contact (`placeOf`); until migration 0016 the contact itself. */
  readonly contactId: Types.ObjectId;
  readonly tat: Date;
  readonly queuedUntil: Date;
  readonly blockedUntil: Date;
  /** From here on the document means the same as no document. */
  readonly expiresAt: Date;
}

/** A person to whom a business portfolio wrote outside the customer service window. */
export interface PortfolioUserDoc {
  readonly clientId: Types.ObjectId;
  readonly portfolioId: string;
  /** As in `PairRateDoc`. */
  readonly contactId: Types.ObjectId;
  /** A day after the last such message. No TTL index, because a removal must also change the counter. */
  readonly expiresAt: Date;
}

/** The number of `portfolio_users` of a portfolio; updated in the transaction that adds or removes them. */
export interface PortfolioUsageDoc {
  readonly clientId: Types.ObjectId;
  readonly portfolioId: string;
  readonly count: number;
  readonly changes: number;
}

/** The last usage that Meta reported for management calls on one WhatsApp Business Account. */
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
// For the sweep, which finds expired users of any tenant.
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
