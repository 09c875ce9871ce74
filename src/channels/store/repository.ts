import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { AcrossClients } from '../../platform/across-clients.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import type { CrossingFilter } from '../../platform/tenant-queries.ts';
import type { Change } from '../../platform/update.ts';
import { AppError } from '../../platform/errors.ts';
import { defaultMaxChannels, firstFreePlace } from './places.ts';
import { channelModel, type ChannelDoc, type PendingNumberCheck, type ProviderPause } from './model.ts';

export type { ChannelDoc } from './model.ts';

/** The fields that can change; null clears one. The number itself never changes. */
export type ChannelChange = Change<
  ChannelDoc,
  | 'displayNumber'
  | 'accessToken'
  | 'appSecret'
  | 'webhookKeyHash'
  | 'sendsPerSecond'
  | 'state'
  | 'stateReason'
  | 'pause'
  | 'recovery'
  | 'restriction'
  | 'messagingLimit'
  | 'messagingLimitAt'
  | 'portfolioId'
  | 'throughput'
  | 'look'
  | 'usesMarketingEndpoint'
  | 'verification'
  | 'ownership'
>;

export type ChannelRepository = ReturnType<typeof createChannelRepository>;

export function createChannelRepository(
  connection: Connection,
  { maxOfClient = defaultMaxChannels }: { readonly maxOfClient?: number } = {},
) {
  const channels = openTenantCollection(channelModel, connection);

  async function requirePlace(scope: ClientScope, session?: ClientSession): Promise<number> {
    const options = { projection: { place: 1 }, limit: maxOfClient, session };
    const place = firstFreePlace(await channels.find(scope, {}, options), maxOfClient);
    if (place !== null) return place;
    throw new AppError('channel-limit', `The business may have at most ${maxOfClient} channels.`);
  }

  return {
    ...createCrossings(channels),

    /** The place of one more channel; throws `channel-limit` if the business has as many as it may have. */
    requirePlace,

    /**
     * Inserts a channel; throws `channel-limit`. Of two transactions that take the same place, the unique index stops one,
     * which is then repeated.
     */
    async insert(scope: ClientScope, channel: ChannelDoc, session: ClientSession): Promise<void> {
      const place = await requirePlace(scope, session);
      await channels.insertOne(scope, { ...channel, place }, { session });
    },

    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<ChannelDoc | null> => channels.findOne(scope, { _id }, { session }),

    /** Replaces `current` with `next`; false if the channel has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: ChannelDoc,
      next: ChannelDoc,
      session: ClientSession,
    ): Promise<boolean> => channels.replaceVersioned(scope, current, next, session),

    /** Schedules a number check without counting it as a change of the channel. */
    async requestNumberCheck(scope: ClientScope, _id: Types.ObjectId, at: Date): Promise<void> {
      await channels.updateOne(scope, { _id }, { $set: { look: { at, tries: 0 } } });
    },

    /**
     * Ends the pending number check and schedules the next, if there is to be one, unless another was requested
     * meanwhile.
     */
    async finishNumberCheck(
      scope: ClientScope,
      { _id, look }: Pick<ChannelDoc, '_id' | 'look'>,
      nextAt: Date | null,
    ): Promise<void> {
      const pending = look === undefined ? { look: { $exists: false } } : { 'look.at': look.at };
      const filter = { _id, ...pending };
      if (nextAt === null) await channels.updateOne(scope, filter, { $unset: { look: '' } });
      else await channels.updateOne(scope, filter, { $set: { look: { at: nextAt, tries: 0 } } });
    },

    /** Stores that a check has confirmed what is known, without counting it as a change of the channel. */
    async confirmOwnership(scope: ClientScope, _id: Types.ObjectId, at: Date): Promise<void> {
      const confirmed = { 'ownership.checkedAt': at, 'verification.at': at };
      await channels.updateOne(scope, { _id, 'ownership.state': 'verified' }, { $set: confirmed });
    },

    /** The client's own channel with this number. */
    findByPhoneNumberId: (scope: ClientScope, phoneNumberId: string): Promise<ChannelDoc | null> =>
      channels.findOne(scope, { phoneNumberId }),

    /** Whether the client has proved any number. */
    async hasVerified(scope: ClientScope): Promise<boolean> {
      const found = await channels.findOne(
        scope,
        { 'ownership.state': 'verified' },
        { projection: { _id: 1 } },
      );
      return found !== null;
    },

    /** False if the channel has changed since it was read. */
    delete: (scope: ClientScope, { _id, version }: ChannelDoc, session: ClientSession): Promise<boolean> =>
      channels.deleteOne(scope, { _id, version }, { session }),

    /** Oldest first. */
    list: (scope: ClientScope, limit: number, afterId: Types.ObjectId | null): Promise<ChannelDoc[]> =>
      channels.find(scope, afterId === null ? {} : { _id: { $gt: afterId } }, { sort: { _id: 1 }, limit }),
  };
}

/** Queries of events and schedules, which do not know the tenant. */
const createCrossings = (channels: TenantCollection<ChannelDoc>) => ({
  /** Across all tenants: the verified channel whose number a provider event names. */
  findByPhoneNumberIdAcrossClients: (phoneNumberId: string): Promise<ChannelDoc | null> =>
    channels.acrossClients.findOne({
      phoneNumberId,
      'ownership.candidate': null,
      'ownership.state': 'verified',
    }),

  /** Across all tenants: the channel that reserves the number, so that no other can be verified. */
  findHolderAcrossClients: (phoneNumberId: string): Promise<ChannelDoc | null> =>
    channels.acrossClients.findOne({ phoneNumberId, 'ownership.candidate': null }),

  /**
   * Across all tenants: takes the channels whose health check is due and schedules the next check of each, so that no
   * other worker takes the same channel.
   */
  takeDueForHealthCheckAcrossClients(
    now: Date,
    nextCheckAt: (pause: Pick<ProviderPause, 'checks' | 'relapses'>) => Date,
    atMost: number,
  ): Promise<ChannelDoc[]> {
    const due = { 'pause.nextCheckAt': { $lte: now } };
    return takeDueAcrossClients(channels.acrossClients, { due, atMost }, ({ pause }) => {
      const checks = (pause?.checks ?? 0) + 1;
      return { 'pause.checks': checks, 'pause.nextCheckAt': nextCheckAt({ ...pause, checks }) };
    });
  },

  /** Across all tenants: takes the channels whose number check is due, in the same way. */
  takeDueForNumberCheckAcrossClients(
    now: Date,
    nextCheckAt: (look: Pick<PendingNumberCheck, 'tries'>) => Date,
    atMost: number,
  ): Promise<ChannelDoc[]> {
    const due = { 'look.at': { $lte: now } };
    return takeDueAcrossClients(channels.acrossClients, { due, atMost }, ({ look }) => {
      const tries = (look?.tries ?? 0) + 1;
      return { 'look.tries': tries, 'look.at': nextCheckAt({ tries }) };
    });
  },

  /** Across all tenants: the verified channels of an account, which may belong to several clients. */
  listByWabaIdAcrossClients: (wabaId: string, limit: number): Promise<ChannelDoc[]> =>
    channels.acrossClients.find({ wabaId, 'ownership.state': 'verified' }, { sort: { _id: 1 }, limit }),

  /** Across all tenants, oldest first. */
  listAcrossClients: (afterId: Types.ObjectId, limit: number): Promise<ChannelDoc[]> =>
    channels.acrossClients.find({ _id: { $gt: afterId } }, { sort: { _id: 1 }, limit }),

  findByIdAcrossClients: (_id: Types.ObjectId): Promise<ChannelDoc | null> =>
    channels.acrossClients.findOne({ _id }),

  /** Across all tenants: the channel whose webhook address was called. */
  findByWebhookKeyHashAcrossClients: (webhookKeyHash: string): Promise<ChannelDoc | null> =>
    channels.acrossClients.findOne({ webhookKeyHash }),
});

/** Finds due channels and postpones each atomically: a channel that another worker has taken is left out. */
async function takeDueAcrossClients(
  channels: AcrossClients<ChannelDoc>,
  { due, atMost }: { due: CrossingFilter<ChannelDoc>; atMost: number },
  postpone: (channel: ChannelDoc) => object,
): Promise<ChannelDoc[]> {
  const taken: ChannelDoc[] = [];
  const found = await channels.find(due, { limit: atMost });
  for (const candidate of found) {
    const filter = { _id: candidate._id, ...due };
    const channel = await channels.findOneAndUpdate(
      filter,
      { $set: postpone(candidate) },
      { returnDocument: 'after' },
    );
    if (channel !== null) taken.push(channel);
  }
  return taken;
}
