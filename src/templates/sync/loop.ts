import { Types } from 'mongoose';
import { isVerified, type ChannelDoc, type ChannelDirectory } from '../../channels/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { randomFraction } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { failureText } from '../provider/provider.ts';
import type { TemplateSyncDoc, TemplateSyncRepository } from '../store/syncs.ts';
import type { SyncResult, TemplateSync } from './sync.ts';

export interface TemplateSyncLoopDeps {
  readonly syncs: TemplateSyncRepository;
  readonly sync: TemplateSync;
  readonly channels: Pick<ChannelDirectory, 'findById' | 'listAcrossClients'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const minuteMs = 60_000;
/** Webhooks can be lost, so each channel is synced at this interval. */
const syncIntervalMs = 6 * 60 * minuteMs;
/** Spreads the syncs of channels that were connected at the same time. */
const maxJitterMs = 10 * minuteMs;
/** Longer than any list takes; the delay of a channel whose worker died. */
const leaseMs = 10 * minuteMs;
const firstRetryMs = minuteMs;
/** Admins often correct a new channel in its first minute. */
const firstSyncMs = minuteMs;
const channelBatchSize = 200;
const restartIntervalMs = 10 * minuteMs;

const minId = new Types.ObjectId('000000000000000000000000');

/** Syncs the templates of all channels with the provider: each step syncs one due channel. */
export function createTemplateSyncLoop(deps: TemplateSyncLoopDeps) {
  const { syncs, sync, channels, clock, logger } = deps;
  let lastChannelId = minId;
  let restartedMs = 0;

  /** Schedules new channels. Restarts from the first channel now and then, so that none is missed. */
  async function scheduleNewChannels(now: Date): Promise<'more' | 'all'> {
    if (now.getTime() - restartedMs > restartIntervalMs) {
      lastChannelId = minId;
      restartedMs = now.getTime();
    }
    const found = await channels.listAcrossClients(lastChannelId, channelBatchSize);
    for (const channel of found) {
      const { _id, clientId } = channel;
      // The account of an unverified channel is not its to read; the next pass finds it once it is verified.
      if (isVerified(channel)) {
        await syncs.scheduleFirst(scopeOf(clientId), _id, new Date(now.getTime() + firstSyncMs));
      }
      lastChannelId = _id;
    }
    return found.length < channelBatchSize ? 'all' : 'more';
  }

  async function syncDue(lease: TemplateSyncDoc): Promise<void> {
    const scope = scopeOf(lease.clientId);
    const channel = await channels.findById(scope, lease.channelId);
    if (channel === null || !isVerified(channel)) return syncs.remove(scope, lease.channelId);
    const result = await ask(sync, channel);
    const now = clock.now();
    if (result.kind === 'done') {
      return syncs.settle(scope, lease, {
        ...{ nextSyncAt: later(now, syncIntervalMs), lastSyncedAt: now, failures: 0 },
      });
    }
    const problem = failureText(result.failure);
    const failures = lease.failures + 1;
    logger.warn({ channelId: channel._id.toHexString(), failures, problem }, 'templates not synchronised');
    const askedMs = result.failure.kind === 'refused' ? (result.failure.retryAfterMs ?? 0) : 0;
    const waitMs = Math.max(askedMs, Math.min(firstRetryMs * 2 ** lease.failures, syncIntervalMs));
    return syncs.settle(scope, lease, { nextSyncAt: later(now, waitMs), failures, problem });
  }

  return {
    /** Syncs the channel that is due longest; `more` if another one may be due. */
    async step(): Promise<'more' | 'idle'> {
      const now = clock.now();
      const scheduled = await scheduleNewChannels(now);
      const until = new Date(now.getTime() + leaseMs);
      const lease = await syncs.leaseDueAcrossClients(now, until);
      if (lease !== null) await syncDue(lease);
      return lease === null && scheduled === 'all' ? 'idle' : 'more';
    },
  };
}

const later = (now: Date, ms: number): Date =>
  new Date(now.getTime() + ms + Math.round(randomFraction() * Math.min(ms / 10, maxJitterMs)));

const ask = (sync: TemplateSync, channel: ChannelDoc): Promise<SyncResult> =>
  sync.syncChannel(scopeOf(channel.clientId), { type: 'system' }, channel);
