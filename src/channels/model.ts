import { Schema, type Connection, type Model, type Types } from 'mongoose';
import type { SealedSecret } from '../platform/cipher.ts';
import { schemaOptions } from '../platform/mongo.ts';

export const channelStates = ['active', 'paused', 'disconnected'] as const;
export type ChannelState = (typeof channelStates)[number];

/** What the provider said of the number when it was asked last. */
export interface ChannelVerification {
  readonly at: Date;
  readonly displayNumber: string;
  readonly verifiedName?: string;
  readonly qualityRating?: string;
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
  readonly verification?: ChannelVerification;
  readonly createdAt: Date;
  readonly version: number;
}

const sealedSecret = { keyId: String, iv: String, tag: String, data: String };

const channelSchema = new Schema(
  {
    clientId: { type: Schema.Types.ObjectId, required: true },
    displayNumber: { type: String, required: true },
    phoneNumberId: { type: String, required: true },
    wabaId: { type: String, required: true },
    accessToken: { type: sealedSecret, required: true, _id: false },
    appSecret: { type: sealedSecret, _id: false },
    webhookKeyHash: { type: String, required: true },
    sendsPerSecond: { type: Number, required: true },
    state: { type: String, enum: channelStates, required: true },
    stateReason: String,
    verification: Schema.Types.Mixed,
    createdAt: { type: Date, required: true },
    version: { type: Number, required: true },
  },
  { ...schemaOptions, collection: 'channels' },
);

channelSchema.index({ clientId: 1, _id: 1 });
// The provider's events name the number or the account, not the tenant: these find the tenant.
channelSchema.index({ phoneNumberId: 1 }, { unique: true });
channelSchema.index({ wabaId: 1 });
channelSchema.index({ webhookKeyHash: 1 }, { unique: true });

export const channelModel = (connection: Connection): Model<ChannelDoc> =>
  connection.model<ChannelDoc>('Channel', channelSchema as unknown as Schema<ChannelDoc>);
