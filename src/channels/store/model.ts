import { Schema, type Types } from 'mongoose';
import type { SealedSecret } from '../../platform/cipher.ts';
import { declareTenantModel } from '../../platform/declare-model.ts';

export const channelStates = ['active', 'paused', 'disconnected'] as const;
export type ChannelState = (typeof channelStates)[number];

/** What the provider said of the number when it was asked last. */
export interface ChannelVerification {
  readonly at: Date;
  readonly displayNumber: string;
  readonly verifiedName?: string;
  readonly qualityRating?: string;
}

/** The provider refuses the channel's calls; its health is looked at until it does no more. */
export interface ProviderPause {
  /** `credentials`: the access token; `sender`: the number or its account. */
  readonly class: 'sender' | 'credentials';
  /** The provider's code. */
  readonly code: string;
  readonly since: Date;
  /** Not before this time, whatever the provider says of its health. */
  readonly until?: Date;
  readonly checks: number;
  readonly nextCheckAt: Date;
  /** How often in a row its health was believed before, and calls were refused again soon. */
  readonly relapses?: number;
}

/** The provider's health page has let a channel go; whether it was right, the next hour shows. */
export interface ProviderRecovery {
  readonly at: Date;
  /** Those of the pause that it ended. */
  readonly relapses: number;
}

/** The provider takes nothing that the business begins; answers go on. */
export interface ChannelRestriction {
  /** The provider's. */
  readonly code: string;
  readonly since: Date;
  /** Over by itself at this time; without it, when the provider or an admin says so. */
  readonly until?: Date;
}

/** The provider is to be asked what it knows of the number. */
export interface ChannelLook {
  readonly at: Date;
  /** How often it was asked in vain. */
  readonly tries: number;
}

/** One WhatsApp number of a client with its credentials. */
export interface ChannelDoc {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly displayNumber: string;
  readonly phoneNumberId: string;
  readonly wabaId: string;
  readonly accessToken: SealedSecret;
  readonly appSecret?: SealedSecret;
  /** SHA-256 of the secret part of this channel's own webhook address. */
  readonly webhookKeyHash: string;
  readonly sendsPerSecond: number;
  readonly state: ChannelState;
  readonly stateReason?: string;
  /** Set while the state is `paused` and the provider is the reason. */
  readonly pause?: ProviderPause;
  /** The last time that its health ended a pause, until a person resumes it. */
  readonly recovery?: ProviderRecovery;
  readonly restriction?: ChannelRestriction;
  /** People whom the business may begin to write to in 24 h, as the provider says; without it nobody counts. */
  readonly messagingLimit?: number;
  /** When the provider said that, by its own clock: of two words the later one counts, in whatever order they come. */
  readonly messagingLimitAt?: Date;
  /** Numbers with the same one share that limit; without it, those of one account do. */
  readonly portfolioId?: string;
  /** Messages per second that the provider takes of the number, as it says. */
  readonly throughput?: number;
  /** Set while something is to be learnt. */
  readonly look?: ChannelLook;
  /** Meta takes marketing of this number at its marketing endpoint only. */
  readonly usesMarketingEndpoint?: boolean;
  readonly verification?: ChannelVerification;
  readonly createdAt: Date;
  readonly version: number;
}

const sealedSecret = { keyId: String, iv: String, tag: String, data: String };

export const channelModel = declareTenantModel<ChannelDoc>('channels', {
  displayNumber: { type: String, required: true },
  phoneNumberId: { type: String, required: true },
  wabaId: { type: String, required: true },
  accessToken: { type: sealedSecret, required: true, _id: false },
  appSecret: { type: sealedSecret, _id: false },
  webhookKeyHash: { type: String, required: true },
  sendsPerSecond: { type: Number, required: true },
  state: { type: String, enum: channelStates, required: true },
  stateReason: String,
  pause: Schema.Types.Mixed,
  recovery: Schema.Types.Mixed,
  restriction: Schema.Types.Mixed,
  messagingLimit: Number,
  messagingLimitAt: Date,
  portfolioId: String,
  throughput: Number,
  look: Schema.Types.Mixed,
  usesMarketingEndpoint: Boolean,
  verification: Schema.Types.Mixed,
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

channelModel.schema.index({ clientId: 1, _id: 1 });
// Paused by the provider: when to look again, over all tenants.
channelModel.schema.index(
  { 'pause.nextCheckAt': 1 },
  { name: 'health', partialFilterExpression: { 'pause.nextCheckAt': { $exists: true } } },
);
// What is to be learnt of numbers, over all tenants.
channelModel.schema.index(
  { 'look.at': 1 },
  { name: 'looks', partialFilterExpression: { 'look.at': { $exists: true } } },
);
// The provider's events name the number or the account, not the tenant: these find the tenant.
channelModel.schema.index({ phoneNumberId: 1 }, { unique: true });
channelModel.schema.index({ webhookKeyHash: 1 }, { unique: true });
channelModel.schema.index({ wabaId: 1, _id: 1 });
