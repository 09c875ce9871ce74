import { Schema, type Types } from 'mongoose';
import type { SealedSecret } from '../../platform/cipher.ts';
import { declareTenantModel } from '../../platform/declare-model.ts';

export const channelStates = ['active', 'paused', 'disconnected'] as const;
export type ChannelState = (typeof channelStates)[number];

/** The provider's latest answer about the number. */
export interface ChannelVerification {
  readonly at: Date;
  readonly displayNumber: string;
  readonly verifiedName?: string;
  readonly qualityRating?: string;
}

/** The provider refuses the channel's calls. Health checks run until one passes. */
export interface ProviderPause {
  /** `credentials`: the access token; `sender`: the number or its account. */
  readonly class: 'sender' | 'credentials';
  /** The provider's code. */
  readonly code: string;
  readonly since: Date;
  /** Lasts at least until this time, whatever the health checks say. */
  readonly until?: Date;
  readonly checks: number;
  readonly nextCheckAt: Date;
  /** How often in a row a health check passed and calls were refused again soon after. */
  readonly relapses?: number;
}

/** A passed health check has resumed the channel; a refusal within the next hour counts as a relapse. */
export interface ProviderRecovery {
  readonly at: Date;
  /** The relapses of the pause that ended. */
  readonly relapses: number;
}

/** The provider refuses messages that start a conversation, and accepts replies. */
export interface ChannelRestriction {
  /** The provider's code. */
  readonly code: string;
  readonly since: Date;
  /** When it expires; if missing, it lasts until the provider or an admin lifts it. */
  readonly until?: Date;
}

/** A number check that is due at `at`. */
export interface PendingNumberCheck {
  readonly at: Date;
  /** Checks that have run without a complete answer. */
  readonly tries: number;
}

/** Why a channel is unverified. */
export const ownershipGaps = [
  'not-checked',
  'provider-away',
  'number-refused',
  'account-refused',
  'not-in-account',
  'held-by-another',
  'taken-over',
] as const;
export type OwnershipGap = (typeof ownershipGaps)[number];

/**
 * Whether the provider, asked with the channel's token, has answered with its number and account. Only a verified
 * channel reserves its number, receives events by number or account, and sends.
 */
export interface ChannelOwnership {
  readonly state: 'verified' | 'unverified';
  /** The provider's last answer about the ownership; missing if it never answered. */
  readonly checkedAt?: Date;
  /** Set while unverified. */
  readonly gap?: OwnershipGap;
  /** The provider's code, if a refusal is the gap. */
  readonly code?: string;
  /** Set while verified, if the provider refuses the token now. */
  readonly refusedSince?: Date;
  /**
   * Set while verified, if a part was never proved: the `account` of a channel from before this field, or anything with
   * the current `token`.
   */
  readonly unproved?: 'account' | 'token';
  /** The channel's own id while it is only a candidate for the number; part of the unique index. */
  readonly candidate?: Types.ObjectId;
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
  /** SHA-256 of the secret part of the channel's webhook address. */
  readonly webhookKeyHash: string;
  readonly sendsPerSecond: number;
  readonly state: ChannelState;
  readonly stateReason?: string;
  /** Set while the state is `paused` by the provider. */
  readonly pause?: ProviderPause;
  /** The last pause that a health check ended; cleared when a user resumes the channel. */
  readonly recovery?: ProviderRecovery;
  readonly restriction?: ChannelRestriction;
  /** Contacts that the business may start to message in 24 h, as the provider reports it; if missing, no limit is kept. */
  readonly messagingLimit?: number;
  /** When the provider reported the limit, by its clock: reports arrive out of order, and the latest one counts. */
  readonly messagingLimitAt?: Date;
  /** Numbers of one portfolio share the limit; if missing, numbers of one account do. */
  readonly portfolioId?: string;
  /** Messages per second that the provider accepts from the number. */
  readonly throughput?: number;
  /** Set while a number check is due. */
  readonly look?: PendingNumberCheck;
  /** Meta accepts marketing templates of this number at its marketing endpoint only. */
  readonly usesMarketingEndpoint?: boolean;
  readonly verification?: ChannelVerification;
  /** Missing on a channel that an earlier version of the product stored: it is unverified until it is checked. */
  readonly ownership?: ChannelOwnership;
  /**
   * From 0, each once in the business: the unique index bounds the channels of one business. Missing on a channel that an
   * earlier version stored during an update.
   */
  readonly place?: number;
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
  ownership: Schema.Types.Mixed,
  place: Number,
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

channelModel.schema.index({ clientId: 1, _id: 1 });
channelModel.schema.index(
  { clientId: 1, place: 1 },
  { name: 'places', unique: true, partialFilterExpression: { place: { $exists: true } } },
);
// For the metrics, across all tenants: the few channels that do not send or are not proved.
channelModel.schema.index({ state: 1, 'pause.since': 1 }, { name: 'states' });
channelModel.schema.index({ 'restriction.since': 1 }, { name: 'restrictions', sparse: true });
channelModel.schema.index({ 'ownership.state': 1, 'ownership.gap': 1 }, { name: 'gaps' });
// Due health checks, across all tenants.
channelModel.schema.index(
  { 'pause.nextCheckAt': 1 },
  { name: 'health', partialFilterExpression: { 'pause.nextCheckAt': { $exists: true } } },
);
// Due number checks, across all tenants.
channelModel.schema.index(
  { 'look.at': 1 },
  { name: 'looks', partialFilterExpression: { 'look.at': { $exists: true } } },
);
// Provider events name the number or the account, not the tenant. One channel at most owns a number: verified ones have
// no `candidate`. A channel that an earlier version stores during an update has none either, so it cannot double a number.
channelModel.schema.index({ phoneNumberId: 1, 'ownership.candidate': 1 }, { name: 'owner', unique: true });
channelModel.schema.index({ clientId: 1, phoneNumberId: 1 }, { name: 'number-of-client', unique: true });
channelModel.schema.index({ webhookKeyHash: 1 }, { unique: true });
channelModel.schema.index({ wabaId: 1, _id: 1 });
