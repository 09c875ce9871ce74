import type { Types } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { NumberGateway } from '../whatsapp/gateway.ts';
import type { AccountItem } from '../whatsapp/number-events.ts';
import { createSystemChanges, type SystemChangeDeps } from './changes.ts';
import { isLossOfAccess, isVerified } from './ownership/rules.ts';
import type { ChannelDoc } from './store/repository.ts';
import {
  afterAccountEvent,
  afterHealthCheck,
  nextHealthCheckAfter,
  pausedByProvider,
  type Refusal,
} from './rules.ts';
import type { ChannelDirectory } from './directory.ts';

export interface ChannelPauseDeps extends SystemChangeDeps {
  readonly directory: Pick<ChannelDirectory, 'numberOf' | 'forget'>;
  readonly gateway: Pick<NumberGateway, 'checkHealth'>;
  readonly clock: Clock;
}

export type ChannelPauses = ReturnType<typeof createChannelPauses>;

const maxChannelsPerRound = 20;

/** A refused call pauses a channel; a passed health check resumes it. */
export function createChannelPauses(deps: ChannelPauseDeps) {
  const { channels, directory, clock } = deps;
  const change = createSystemChanges(deps);

  /** Resumes a paused channel if the provider reports it healthy. */
  async function checkHealth(channel: ChannelDoc): Promise<void> {
    const answer = await deps.gateway.checkHealth(directory.numberOf(channel));
    await change({ clientId: channel.clientId }, channel._id, {
      action: 'channel.resumed-by-provider',
      decide: (current) => afterHealthCheck(current, answer, clock.now()),
    });
    // The number check decides what a lost access means for the ownership.
    const isLost = answer.kind === 'refused' && isLossOfAccess(answer.error);
    if (isLost && isVerified(channel) && channel.ownership?.refusedSince === undefined) {
      await channels.requestNumberCheck({ clientId: channel.clientId }, channel._id, clock.now());
    }
  }

  return {
    /** Pauses an active channel because the provider refuses its calls; a paused channel keeps its first reason. */
    pauseByProvider: (scope: ClientScope, id: Types.ObjectId, refusal: Refusal): Promise<void> =>
      change(scope, id, {
        action: 'channel.paused-by-provider',
        decide: (current) => pausedByProvider(current, refusal, clock.now()),
      }),

    /** Sends the marketing templates of this channel to Meta's marketing endpoint from now on. */
    useMarketingEndpoint: (scope: ClientScope, id: Types.ObjectId): Promise<void> =>
      change(scope, id, {
        action: 'channel.marketing-endpoint',
        decide: () => ({ usesMarketingEndpoint: true }),
      }),

    /** Applies an account event to the channels of the account, each in its own transaction. Idempotent. */
    async applyAccountItem({ event, atMs }: AccountItem, ofAccount: readonly ChannelDoc[]): Promise<void> {
      const reportedAt = atMs === null ? null : new Date(atMs);
      for (const { clientId, _id } of ofAccount) {
        if (event.type === 'number-changed') {
          await channels.requestNumberCheck({ clientId }, _id, clock.now());
          continue;
        }
        await change({ clientId }, _id, {
          action: `channel.account-${event.type}`,
          decide: (current) => afterAccountEvent(current, event, { reportedAt, now: clock.now() }),
        });
      }
    },

    /** Checks the health of the channels that are due; returns their number. Safe to run in several workers. */
    async checkDue(): Promise<number> {
      const now = clock.now();
      const due = await channels.takeDueForHealthCheckAcrossClients(
        now,
        (pause) => nextHealthCheckAfter(pause, now),
        maxChannelsPerRound,
      );
      await Promise.all(due.map(checkHealth));
      return due.length;
    },
  };
}
