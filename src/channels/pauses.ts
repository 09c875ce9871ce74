import type { Types } from 'mongoose';
import type { AuditService } from '../audit/service.ts';
import type { Clock } from '../platform/clock.ts';
import type { GateOpenings } from '../gates/release.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { differing } from '../platform/update.ts';
import type { NumberGateway } from '../whatsapp/gateway.ts';
import type { AccountItem } from '../whatsapp/number-events.ts';
import { auditOf } from './audit.ts';
import type { ChannelChange, ChannelDoc, ChannelRepository } from './store/repository.ts';
import {
  afterAccountEvent,
  afterHealthCheck,
  nextCheckAfter,
  pausedByProvider,
  type Refusal,
} from './rules.ts';
import type { ChannelService } from './service.ts';

export interface ChannelPauseDeps {
  readonly channels: ChannelRepository;
  readonly service: Pick<ChannelService, 'numberOf' | 'forget' | 'listByWabaIdAcrossClients'>;
  readonly gateway: Pick<NumberGateway, 'checkHealth'>;
  readonly audit: AuditService;
  readonly openings: GateOpenings;
  readonly clock: Clock;
}

export type ChannelPauses = ReturnType<typeof createChannelPauses>;

const checkedAtOnce = 20;

/** The provider pauses a channel by refusing its calls, and its health page lets it go again. */
export function createChannelPauses(deps: ChannelPauseDeps) {
  const { channels, service, audit, clock } = deps;

  /** Makes a change that the product decides; nothing happens when it is so already. */
  async function change(
    scope: ClientScope,
    id: Types.ObjectId,
    { action, decide }: { action: string; decide: (current: ChannelDoc) => ChannelChange | null },
  ): Promise<void> {
    const changed = await audit.audited(scope, { type: 'system' }, async (session) => {
      const current = await channels.findById(scope, id, session);
      const wanted = current === null ? null : decide(current);
      if (current === null || wanted === null) return { result: null, write: null };
      const changes = differing(current, wanted);
      if (Object.keys(changes).length === 0) return { result: null, write: null };
      const after = await channels.update(scope, current, changes, session);
      if (after === null) throw new Error('The channel was changed at the same moment.');
      if (current.state !== 'active' && after.state === 'active') {
        await deps.openings.opened(scope, { gate: 'channel', channelId: id }, session);
      }
      if (current.messagingLimit !== after.messagingLimit) {
        await deps.openings.opened(scope, { gate: 'portfolio', channelId: id }, session);
      }
      return { result: after, write: auditOf(action, current, after) };
    });
    if (changed !== null) service.forget(changed);
  }

  /** Asks the provider about one paused channel, and resumes it when nothing stands against it. */
  async function check(channel: ChannelDoc): Promise<void> {
    const answer = await deps.gateway.checkHealth(service.numberOf(channel));
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

    /**
     * Takes what the provider says of an account into its channels, each by itself; may be repeated. `unmatched`: no
     * channel is of this account.
     */
    async applyAccountItem({ wabaId, event }: AccountItem): Promise<'done' | 'unmatched'> {
      const found = await service.listByWabaIdAcrossClients(wabaId);
      for (const { clientId, _id } of found) {
        await change({ clientId }, _id, {
          action: `channel.account-${event.type}`,
          decide: (current) => afterAccountEvent(current, event, clock.now()),
        });
      }
      return found.length === 0 ? 'unmatched' : 'done';
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
