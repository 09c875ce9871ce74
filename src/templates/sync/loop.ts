import { Types } from 'mongoose';
import type { ChannelDoc, ChannelDirectory } from '../../channels/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { randomFraction } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { wordsOf } from '../provider/provider.ts';
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
/** Each channel once in this time, whatever the webhooks say: they can be lost. */
const everyMs = 6 * 60 * minuteMs;
/** So that channels which were connected together do not ask together for ever. */
const spreadMs = 10 * minuteMs;
/** Longer than the longest list takes; a worker that dies delays the channel by as much. */
const leaseMs = 10 * minuteMs;
const firstRetryMs = minuteMs;
/** A channel that has just been connected is often verified and mended in its first minute. */
const firstSyncMs = minuteMs;
const channelsAtOnce = 200;
const lookAgainMs = 10 * minuteMs;

const minId = new Types.ObjectId('000000000000000000000000');

/** Keeps the templates of every channel as the provider has them: what is due, one channel a step. */
export function createTemplateSyncLoop(deps: TemplateSyncLoopDeps) {
  const { syncs, sync, channels, clock, logger } = deps;
  let seenUpTo = minId;
  let lookedAt = 0;

  /** Channels that have no schedule yet get one; from the beginning again now and then, as none may be missed. */
  async function enlist(now: Date): Promise<'more' | 'all'> {
    if (now.getTime() - lookedAt > lookAgainMs) {
      seenUpTo = minId;
      lookedAt = now.getTime();
    }
    const found = await channels.listAcrossClients(seenUpTo, channelsAtOnce);
    for (const { _id, clientId } of found) {
      await syncs.enlist(scopeOf(clientId), _id, new Date(now.getTime() + firstSyncMs));
      seenUpTo = _id;
    }
    return found.length < channelsAtOnce ? 'all' : 'more';
  }

  async function syncDue(lease: TemplateSyncDoc): Promise<void> {
    const scope = scopeOf(lease.clientId);
    const channel = await channels.findById(scope, lease.channelId);
    if (channel === null) return syncs.remove(scope, lease.channelId);
    const result = await ask(sync, channel);
    const now = clock.now();
    if (result.kind === 'done') {
      return syncs.settle(scope, lease, {
        ...{ nextSyncAt: later(now, everyMs), lastSyncedAt: now, failures: 0 },
      });
    }
    const problem = wordsOf(result.failure);
    const failures = lease.failures + 1;
    logger.warn({ channelId: channel._id.toHexString(), failures, problem }, 'templates not synchronised');
    const askedMs = result.failure.kind === 'refused' ? (result.failure.retryAfterMs ?? 0) : 0;
    const waitMs = Math.max(askedMs, Math.min(firstRetryMs * 2 ** lease.failures, everyMs));
    return syncs.settle(scope, lease, { nextSyncAt: later(now, waitMs), failures, problem });
  }

  return {
    /** Synchronises the channel that is due longest; answers whether another one may be due. */
    async step(): Promise<'more' | 'idle'> {
      const now = clock.now();
      const enlisted = await enlist(now);
      const until = new Date(now.getTime() + leaseMs);
      const lease = await syncs.leaseDueAcrossClients(now, until);
      if (lease !== null) await syncDue(lease);
      return lease === null && enlisted === 'all' ? 'idle' : 'more';
    },
  };
}

const later = (now: Date, ms: number): Date =>
  new Date(now.getTime() + ms + Math.round(randomFraction() * Math.min(ms / 10, spreadMs)));

const ask = (sync: TemplateSync, channel: ChannelDoc): Promise<SyncResult> =>
  sync.syncChannel(scopeOf(channel.clientId), { type: 'system' }, channel);
