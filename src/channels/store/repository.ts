import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import {
  openTenantCollection,
  type AcrossClients,
  type TenantCollection,
} from '../../platform/tenant-collection.ts';
import type { CrossingFilter } from '../../platform/tenant-queries.ts';
import type { Change } from '../../platform/update.ts';
import { channelModel, type ChannelDoc, type ChannelLook, type ProviderPause } from './model.ts';

export type { ChannelDoc } from './model.ts';

/** What can be changed on a channel; null clears. The number itself never changes. */
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
>;

export type ChannelRepository = ReturnType<typeof createChannelRepository>;

export function createChannelRepository(connection: Connection) {
  const channels = openTenantCollection(channelModel, connection);
  return {
    ...createCrossings(channels),

    async insert(scope: ClientScope, channel: ChannelDoc, session?: ClientSession): Promise<void> {
      await channels.insertOne(scope, channel, { session });
    },

    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<ChannelDoc | null> => channels.findOne(scope, { _id }, { session }),

    /** Puts `next` in place of what was read; false when somebody was faster. */
    replace: (
      scope: ClientScope,
      current: ChannelDoc,
      next: ChannelDoc,
      session: ClientSession,
    ): Promise<boolean> => channels.replaceVersioned(scope, current, next, session),

    /** Something is to be learnt of the number; that is no change of the channel. */
    async askForLook(scope: ClientScope, _id: Types.ObjectId, at: Date): Promise<void> {
      await channels.updateOne(scope, { _id }, { $set: { look: { at, tries: 0 } } });
    },

    /** All is learnt, unless somebody has asked for another look meanwhile. */
    async finishLook(scope: ClientScope, { _id, look }: Pick<ChannelDoc, '_id' | 'look'>): Promise<void> {
      if (look === undefined) return;
      await channels.updateOne(scope, { _id, 'look.at': look.at }, { $unset: { look: '' } });
    },

    /** False when somebody changed or deleted it first. */
    delete: (scope: ClientScope, { _id, version }: ChannelDoc, session: ClientSession): Promise<boolean> =>
      channels.deleteOne(scope, { _id, version }, { session }),

    /** In order of creation; a client has few. */
    list: (scope: ClientScope, limit: number, afterId: Types.ObjectId | null): Promise<ChannelDoc[]> =>
      channels.find(scope, afterId === null ? {} : { _id: { $gt: afterId } }, { sort: { _id: 1 }, limit }),
  };
}

/** Who an event or a schedule is about, before anybody knows the tenant. */
const createCrossings = (channels: TenantCollection<ChannelDoc>) => ({
  /** Across all tenants: the channel that a provider's event names. */
  findByPhoneNumberIdAcrossClients: (phoneNumberId: string): Promise<ChannelDoc | null> =>
    channels.acrossClients.findOne({ phoneNumberId }),

  /**
   * Across all tenants: takes channels that the provider has paused and whose next look is due. Who takes one sets
   * the time of the look after it, so that several workers share them.
   */
  takeDueForCheckAcrossClients(
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

  /** Across all tenants: takes channels of which something is to be learnt, in the same way. */
  takeDueForLookAcrossClients(
    now: Date,
    nextLookAt: (look: Pick<ChannelLook, 'tries'>) => Date,
    atMost: number,
  ): Promise<ChannelDoc[]> {
    const due = { 'look.at': { $lte: now } };
    return takeDueAcrossClients(channels.acrossClients, { due, atMost }, ({ look }) => {
      const tries = (look?.tries ?? 0) + 1;
      return { 'look.tries': tries, 'look.at': nextLookAt({ tries }) };
    });
  },

  /** Across all tenants: the channels of an account of the provider, which may serve several of them. */
  listByWabaIdAcrossClients: (wabaId: string, limit: number): Promise<ChannelDoc[]> =>
    channels.acrossClients.find({ wabaId }, { sort: { _id: 1 }, limit }),

  /** Across all tenants, in order of creation: for what is done for every channel by a schedule. */
  listAcrossClients: (afterId: Types.ObjectId, limit: number): Promise<ChannelDoc[]> =>
    channels.acrossClients.find({ _id: { $gt: afterId } }, { sort: { _id: 1 }, limit }),

  findByIdAcrossClients: (_id: Types.ObjectId): Promise<ChannelDoc | null> =>
    channels.acrossClients.findOne({ _id }),

  /** Across all tenants: the channel whose own webhook address was called. */
  findByWebhookKeyHashAcrossClients: (webhookKeyHash: string): Promise<ChannelDoc | null> =>
    channels.acrossClients.findOne({ webhookKeyHash }),
});

/** Finds what is due and puts each off to its next time; who comes second finds it done. */
async function takeDueAcrossClients(
  channels: AcrossClients<ChannelDoc>,
  { due, atMost }: { due: CrossingFilter<ChannelDoc>; atMost: number },
  putOff: (channel: ChannelDoc) => object,
): Promise<ChannelDoc[]> {
  const taken: ChannelDoc[] = [];
  const found = await channels.find(due, { limit: atMost });
  for (const candidate of found) {
    const filter = { _id: candidate._id, ...due };
    const channel = await channels.findOneAndUpdate(
      filter,
      { $set: putOff(candidate) },
      { returnDocument: 'after' },
    );
    if (channel !== null) taken.push(channel);
  }
  return taken;
}
