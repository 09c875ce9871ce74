import type { ClientSession, Types } from 'mongoose';
import { createCache } from '../platform/cache.ts';
import type { Cipher } from '../platform/cipher.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError, notFound } from '../platform/errors.ts';
import { newId, newSecret, randomFraction, sha256Hex } from '../platform/ids.ts';
import { scopeOf, type ClientScope } from '../platform/mongo.ts';
import { toPage, type Cursor, type Page } from '../platform/pagination.ts';
import type { ProviderNumber, Sender } from '../whatsapp/gateway.ts';
import { sandboxNumberId } from './numbers/display.ts';
import { isVerified, ownershipDetailOf, verifiedAt } from './ownership/rules.ts';
import type { ChannelDoc, ChannelRepository } from './store/repository.ts';

export { isVerified } from './ownership/rules.ts';
export type { ChannelDoc } from './store/repository.ts';

export interface ChannelDeps {
  readonly channels: ChannelRepository;
  readonly cipher: Cipher;
  readonly clock: Clock;
  /** For new channels; the provider's own default is 80. */
  readonly sendsPerSecond: number;
}

export type ChannelDirectory = ReturnType<typeof createChannelDirectory>;

/** Every process sees a change of a channel after this time at the latest. */
const cacheTtlMs = 1_000;

/** The provider allows an account far fewer. */
const maxChannelsOfAccount = 200;

export function createChannelDirectory({ channels, cipher, clock, sendsPerSecond }: ChannelDeps) {
  const cacheOptions = { ttlMs: cacheTtlMs, maxEntries: 5_000, clock };
  const byId = createCache<ChannelDoc | null>(cacheOptions);
  const ofClient = createCache<readonly ChannelDoc[]>(cacheOptions);
  const byPhoneNumberId = createCache<ChannelDoc | null>(cacheOptions);
  const byWebhookKey = createCache<ChannelDoc | null>(cacheOptions);

  const findById = (scope: ClientScope, id: Types.ObjectId): Promise<ChannelDoc | null> =>
    byId.get(keyOf(scope, id), () => channels.findById(scope, id));

  /** Decrypts the credentials for one call to the provider. */
  const senderOf = ({ _id, phoneNumberId, accessToken }: ChannelDoc): Sender => ({
    phoneNumberId,
    accessToken: cipher.open(accessToken, _id.toHexString()),
  });

  return {
    ...createLists(channels),
    hasVerified: createVerifiedLookUp(channels, clock),
    findById,

    /** Reads the database, and gives the cache what it finds. */
    findFresh(scope: ClientScope, id: Types.ObjectId): Promise<ChannelDoc | null> {
      byId.forget(keyOf(scope, id));
      return findById(scope, id);
    },

    async list(
      scope: ClientScope,
      { limit, after }: { limit: number; after: Cursor | null },
    ): Promise<Page<ChannelDoc>> {
      const found = await channels.list(scope, limit + 1, after?.id ?? null);
      return toPage(found, limit, ({ createdAt, _id }) => ({ key: createdAt, id: _id }));
    },

    /**
     * The given channel, or the client's only one. Throws `not-found`, `channel-disconnected`, `channel-unverified`, or
     * `invalid-input` when the client has no channel or several.
     */
    async requireForSend(scope: ClientScope, channelId: Types.ObjectId | undefined): Promise<ChannelDoc> {
      const channel =
        channelId === undefined
          ? onlyOne(await ofClient.get(scope.clientId.toHexString(), () => channels.list(scope, 2, null)))
          : await findById(scope, channelId);
      if (channel === null) throw notFound('channel');
      if (channel.state === 'disconnected') {
        throw new AppError('channel-disconnected', channel.stateReason ?? 'The channel is disconnected.');
      }
      requireVerified(channel);
      return channel;
    },

    senderOf,

    /** The credentials for a management call about the number. */
    numberOf: (channel: ChannelDoc): ProviderNumber => ({
      ...senderOf(channel),
      scope: scopeOf(channel.clientId),
      wabaId: channel.wabaId,
    }),

    /** Across all tenants: the verified channel whose number a provider event names. */
    findByPhoneNumberIdAcrossClients: (phoneNumberId: string): Promise<ChannelDoc | null> =>
      byPhoneNumberId.get(phoneNumberId, () => channels.findByPhoneNumberIdAcrossClients(phoneNumberId)),

    /** Across all tenants: the channel whose webhook address received an event. */
    findByIdAcrossClients: (id: Types.ObjectId): Promise<ChannelDoc | null> =>
      byId.get(id.toHexString(), () => channels.findByIdAcrossClients(id)),

    /** Across all tenants: the channel whose webhook address has this secret part. */
    findByWebhookKeyAcrossClients(webhookKey: string): Promise<ChannelDoc | null> {
      const hash = sha256Hex(webhookKey);
      return byWebhookKey.get(hash, () => channels.findByWebhookKeyHashAcrossClients(hash));
    },

    /** The app secret that signs the channel's events; null if the channel has no app of its own. */
    appSecretOf: ({ _id, appSecret }: ChannelDoc): string | null =>
      appSecret === undefined ? null : cipher.open(appSecret, _id.toHexString()),

    /** Evicts a channel that this process has just changed from its cache. */
    forget({ _id, clientId, phoneNumberId, webhookKeyHash }: ChannelDoc): void {
      const id = _id.toHexString();
      byId.forget(id);
      byId.forget(keyOf({ clientId }, _id));
      ofClient.forget(clientId.toHexString());
      byPhoneNumberId.forget(phoneNumberId);
      byWebhookKey.forget(webhookKeyHash);
    },

    /** Creates the first channel of a new client in sandbox mode. */
    async addSandboxChannel(scope: ClientScope, session: ClientSession): Promise<Types.ObjectId> {
      const channel = draftSandboxChannel(scope, { cipher, sendsPerSecond, createdAt: clock.now() });
      await channels.insert(scope, channel, session);
      return channel._id;
    },
  };
}

/** Whether the client has proved any number; may be a second late. */
function createVerifiedLookUp(channels: ChannelRepository, clock: Clock) {
  const known = createCache<boolean>({ ttlMs: cacheTtlMs, maxEntries: 5_000, clock });
  return (scope: ClientScope): Promise<boolean> =>
    known.get(scope.clientId.toHexString(), () => channels.hasVerified(scope));
}

const createLists = (channels: ChannelRepository) => ({
  /** Across all tenants: the verified channels of the account that a provider event names. */
  listByWabaIdAcrossClients: (wabaId: string): Promise<ChannelDoc[]> =>
    channels.listByWabaIdAcrossClients(wabaId, maxChannelsOfAccount),

  /** Across all tenants: a page of channels, oldest first. */
  listAcrossClients: (afterId: Types.ObjectId, limit: number): Promise<readonly ChannelDoc[]> =>
    channels.listAcrossClients(afterId, limit),
});

const keyOf = ({ clientId }: ClientScope, id: Types.ObjectId): string =>
  `${clientId.toHexString()}:${id.toHexString()}`;

/** Throws `channel-unverified`. */
export function requireVerified(channel: ChannelDoc): void {
  if (!isVerified(channel)) throw new AppError('channel-unverified', ownershipDetailOf(channel) ?? '');
}

/** A number that only the sandbox knows, and of which nobody else can prove anything. */
function draftSandboxChannel(
  scope: ClientScope,
  { cipher, ...fields }: Pick<ChannelDeps, 'cipher'> & Pick<ChannelDoc, 'sendsPerSecond' | 'createdAt'>,
): ChannelDoc {
  const _id = newId();
  const digits = String(Math.floor(randomFraction() * 10_000_000)).padStart(7, '0');
  return {
    ...fields,
    _id,
    ...scope,
    displayNumber: `+1555${digits}`,
    phoneNumberId: sandboxNumberId(_id),
    wabaId: `sandbox-${scope.clientId.toHexString()}`,
    accessToken: cipher.seal(newSecret(), _id.toHexString()),
    webhookKeyHash: sha256Hex(newSecret()),
    state: 'active',
    ownership: verifiedAt(fields.createdAt),
    version: 1,
  };
}

function onlyOne(channels: readonly ChannelDoc[]): ChannelDoc {
  const [only, ...others] = channels;
  if (only === undefined) throw invalidChannel('Connect a channel first.');
  if (others.length > 0) throw invalidChannel('The business has several channels. Give the one that sends.');
  return only;
}

const invalidChannel = (message: string): AppError =>
  new AppError('invalid-input', 'No channel can be chosen for this message.', {
    errors: [{ path: 'body.channelId', message }],
  });
