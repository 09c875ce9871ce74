import { createSecretKey, type KeyObject } from 'node:crypto';
import { isVerified, type ChannelDirectory, type ChannelDoc } from '../channels/directory.ts';
import type { BodySender } from '../http/body-pools.ts';
import type { RawHead, RawRequest } from '../http/raw-route.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { sha256Hex } from '../platform/ids.ts';
import { scopeOf } from '../platform/mongo.ts';
import { networkOf } from '../platform/network.ts';
import { fullDay, type Quota } from '../quotas/quota.ts';
import { isSignature, isSignedBy } from '../whatsapp/signature.ts';
import { assertMayBeLarge } from './admission.ts';
import type { ChannelLimits } from './limits.ts';
import type { Addressee } from './source.ts';
import { minUnverifiedBytes } from './stored-bytes.ts';

/** Why the door refused a request. */
export type DoorRefusal = 'signature' | 'unknown-key' | 'rate' | 'quota' | 'unverified';

export interface DoorDeps {
  readonly channels: Pick<ChannelDirectory, 'findByWebhookKeyAcrossClients' | 'appSecretOf'>;
  /** Meta's app secrets; more than one during a rotation. */
  readonly appSecrets: readonly KeyObject[];
  readonly limits: ChannelLimits;
  readonly quota: Quota;
  readonly clock: Clock;
  readonly onRefused: (reason: DoorRefusal) => void;
}

export type Door = ReturnType<typeof createDoor>;

const signatureHeader = 'x-hub-signature-256';

/** The memory of bodies for all unverified channels together: a stranger can have any number of them. */
const unverifiedSender: BodySender = { pool: 'channel', key: 'unverified' };

/**
 * Decides whose events are taken. `admit…` judges what the headers say, before a body is read; the other functions judge
 * the whole request.
 */
export function createDoor({ channels, appSecrets, limits, quota, clock, onRefused }: DoorDeps) {
  const refuse = (reason: DoorRefusal, error: AppError): AppError => {
    onRefused(reason);
    return error;
  };
  const badSignature = (): AppError =>
    refuse(
      'signature',
      new AppError('invalid-signature', 'The signature does not match the body. Nothing was stored.'),
    );

  async function counted<T>(count: Promise<T>): Promise<T> {
    try {
      return await count;
    } catch (error) {
      throw error instanceof AppError ? refuse('rate', error) : error;
    }
  }

  async function requireChannel({ params, request }: RawHead): Promise<ChannelDoc> {
    const key = params['channelKey'] ?? '';
    const keyHash = sha256Hex(key);
    const network = networkOf(request.ip);
    await counted(limits.mayLookUp(network, keyHash));
    const channel = await channels.findByWebhookKeyAcrossClients(key);
    if (channel === null) {
      await counted(limits.countUnknown(network));
      throw refuse('unknown-key', new AppError('unauthenticated', 'The webhook address does not exist.'));
    }
    limits.noteKnown(keyHash);
    return channel;
  }

  return {
    /** Anybody can send a well-formed signature, so the network counts as the sender. */
    async admitSigned({ headers, request }: RawHead): Promise<BodySender> {
      if (!isSignature(headers[signatureHeader])) throw badSignature();
      return { pool: 'provider', key: networkOf(request.ip) };
    },

    async admitKeyed(head: RawHead): Promise<BodySender> {
      const channel = await requireChannel(head);
      if (channels.appSecretOf(channel) !== null && !isSignature(head.headers[signatureHeader]))
        throw badSignature();
      requireSize(channel, head.declaredBytes, refuse);
      const key = channel._id.toHexString();
      await counted(limits.countRequest(key, head.declaredBytes));
      return isVerified(channel)
        ? { pool: 'channel', key: channel.clientId.toHexString() }
        : unverifiedSender;
    },

    assertSigned({ headers, rawBody }: RawRequest): void {
      const signature = headers[signatureHeader];
      if (!isSignature(signature) || !isSignedBy(signature, rawBody, appSecrets)) throw badSignature();
    },

    /** The channel whose address got the request; its signature is checked if the channel has an app secret. */
    async requireSender(request: RawRequest): Promise<ChannelDoc> {
      const { headers, rawBody, declaredBytes } = request;
      const channel = await requireChannel(request);
      requireSize(channel, rawBody.byteLength, refuse);
      await counted(limits.countBytes(channel._id.toHexString(), rawBody.byteLength - declaredBytes));
      const appSecret = channels.appSecretOf(channel);
      if (appSecret === null) return channel;
      const signature = headers[signatureHeader];
      if (
        !isSignature(signature) ||
        !isSignedBy(signature, rawBody, [createSecretKey(Buffer.from(appSecret))])
      )
        throw badSignature();
      return channel;
    },

    takeQuota: createQuotaTaking({ quota, clock }, refuse),
  };
}

type Refuse = (reason: DoorRefusal, error: AppError) => AppError;

function requireSize(channel: ChannelDoc, bytes: number, refuse: Refuse): void {
  try {
    assertMayBeLarge({ isVerified: isVerified(channel) }, bytes);
  } catch (error) {
    throw error instanceof AppError ? refuse('unverified', error) : error;
  }
}

const fullDays = {
  webhooks: 'The business has stored all the webhook events that it may store today.',
  'unverified-webhooks':
    'The unverified channels of the business have stored all the webhook events that they may store today. Verify the channel.',
} as const;

/** Takes what an event stores from the day of the business that owns the channel. */
const createQuotaTaking =
  ({ quota, clock }: Pick<DoorDeps, 'quota' | 'clock'>, refuse: Refuse) =>
  async (
    { clientId, isVerified: isProved }: Pick<Addressee, 'clientId' | 'isVerified'>,
    bytes: number,
  ): Promise<void> => {
    const share = isProved
      ? ({ kind: 'webhooks', bytes } as const)
      : ({ kind: 'unverified-webhooks', bytes: Math.max(bytes, minUnverifiedBytes) } as const);
    if (await quota.take(scopeOf(clientId), share)) return;
    throw refuse('quota', fullDay(fullDays[share.kind], clock.now()));
  };
