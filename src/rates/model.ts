import { Schema, type Connection, type Model, type Types } from 'mongoose';
import { schemaOptions } from '../platform/mongo.ts';
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

const channelRateSchema = new Schema(
  {
    clientId: objectId,
    limit: number,
    factor: number,
    slowedAt: Date,
    leases: [{ _id: false, holder: text, permits: number, wanted: number, expiresAt: time }],
    version: number,
    expiresAt: time,
  },
  { ...schemaOptions, collection: 'channel_rates' },
);
channelRateSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

const pairRateSchema = new Schema(
  {
    clientId: objectId,
    channelId: objectId,
    contactId: objectId,
    tat: time,
    queuedUntil: time,
    blockedUntil: time,
    expiresAt: time,
  },
  { ...schemaOptions, collection: 'pair_rates' },
);
pairRateSchema.index({ clientId: 1, channelId: 1, contactId: 1 }, { unique: true });
pairRateSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

const portfolioUserSchema = new Schema(
  { clientId: objectId, portfolioId: text, contactId: objectId, expiresAt: time },
  { ...schemaOptions, collection: 'portfolio_users' },
);
portfolioUserSchema.index({ clientId: 1, portfolioId: 1, contactId: 1 }, { unique: true });
portfolioUserSchema.index({ clientId: 1, portfolioId: 1, expiresAt: 1 });
// The sweep looks for what has expired, whose ever it is.
portfolioUserSchema.index({ expiresAt: 1 });

const portfolioUsageSchema = new Schema(
  { clientId: objectId, portfolioId: text, count: number, changes: number },
  { ...schemaOptions, collection: 'portfolio_usage' },
);
portfolioUsageSchema.index({ clientId: 1, portfolioId: 1 }, { unique: true });

const managementLimitSchema = new Schema(
  { clientId: objectId, wabaId: text, usedPercent: number, closedUntil: time, expiresAt: time },
  { ...schemaOptions, collection: 'management_limits' },
);
managementLimitSchema.index({ clientId: 1, wabaId: 1 }, { unique: true });
managementLimitSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export const channelRateModel = (connection: Connection): Model<ChannelRateDoc> =>
  connection.model<ChannelRateDoc>('ChannelRate', channelRateSchema as unknown as Schema<ChannelRateDoc>);

export const pairRateModel = (connection: Connection): Model<PairRateDoc> =>
  connection.model<PairRateDoc>('PairRate', pairRateSchema as unknown as Schema<PairRateDoc>);

export const portfolioUserModel = (connection: Connection): Model<PortfolioUserDoc> =>
  connection.model<PortfolioUserDoc>(
    'PortfolioUser',
    portfolioUserSchema as unknown as Schema<PortfolioUserDoc>,
  );

export const portfolioUsageModel = (connection: Connection): Model<PortfolioUsageDoc> =>
  connection.model<PortfolioUsageDoc>(
    'PortfolioUsage',
    portfolioUsageSchema as unknown as Schema<PortfolioUsageDoc>,
  );

export const managementLimitModel = (connection: Connection): Model<ManagementLimitDoc> =>
  connection.model<ManagementLimitDoc>(
    'ManagementLimit',
    managementLimitSchema as unknown as Schema<ManagementLimitDoc>,
  );
