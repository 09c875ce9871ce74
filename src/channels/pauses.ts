import type { Types } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { NumberGateway } from '../whatsapp/gateway.ts';
import type { AccountItem } from '../whatsapp/number-events.ts';
import { createSystemChanges, type ChannelChangeDeps } from './changes.ts';
import type { ChannelDoc } from './store/repository.ts';
import {
  afterAccountEvent,
  afterHealthCheck,
  nextCheckAfter,
  pausedByProvider,
  type Refusal,
} from './rules.ts';
import type { ChannelDirectory } from './directory.ts';

export interface ChannelPauseDeps extends ChannelChangeDeps {
  readonly directory: Pick<ChannelDirectory, 'numberOf' | 'forget'>;
  readonly gateway: Pick<NumberGateway, 'checkHealth'>;
  readonly clock: Clock;
}

export type ChannelPauses = ReturnType<typeof createChannelPauses>;

const checkedAtOnce = 20;

/** The provider pauses a channel by refusing its calls, and its health page lets it go again. */
export function createChannelPauses(deps: ChannelPauseDeps) {
  const { channels, directory, clock } = deps;
  const change = createSystemChanges(deps);

  /** Asks the provider about one paused channel, and resumes it when nothing stands against it. */
  async function check(channel: ChannelDoc): Promise<void> {
    const answer = await deps.gateway.checkHealth(directory.numberOf(channel));
    await change({ clientId: channel.clientId }, channel._id, {
      action: 'channel.resumed-by-provider',
      decide: (current) => afterHealthCheck(current, answer, clock.now()),
    });
  }

  return {
    /** Pauses an active channel because the provider refuses its calls; one that is paused keeps its first reason. */
    pauseByProvider: (scope: ClientScope, id: Types.ObjectId, refusal: Refusal): Promise<void> =>
      change(scope, id, {
        action: 'channel.paused-by-provider',
        decide: (current) => pausedByProvider(current, refusal, clock.now()),
      }),

    /** From now on marketing templates of this channel go to Meta's marketing endpoint. */
    useMarketingEndpoint: (scope: ClientScope, id: Types.ObjectId): Promise<void> =>
      change(scope, id, {
        action: 'channel.marketing-endpoint',
        decide: () => ({ usesMarketingEndpoint: true }),
      }),

    /** Takes what the provider says of an account into these channels of it, each by itself; may be repeated. */
    async applyAccountItem({ event, atMs }: AccountItem, ofAccount: readonly ChannelDoc[]): Promise<void> {
      const saidAt = atMs === null ? null : new Date(atMs);
      for (const { clientId, _id } of ofAccount) {
        if (event.type === 'number-changed') {
          await channels.askForLook({ clientId }, _id, clock.now());
          continue;
        }
        await change({ clientId }, _id, {
          action: `channel.account-${event.type}`,
          decide: (current) => afterAccountEvent(current, event, { saidAt, now: clock.now() }),
        });
      }
    },

    /** One round: asks about the channels whose time has come; answers how many. Safe to run in several workers. */
    async checkDue(): Promise<number> {
      const now = clock.now();
      const due = await channels.takeDueForCheckAcrossClients(
        now,
        (pause) => nextCheckAfter(pause, now),
        checkedAtOnce,
      );
      await Promise.all(due.map(check));
      return due.length;
    },
  };
}
