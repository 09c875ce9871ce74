import { scopeOf } from '../platform/mongo.ts';
import type { Clock } from '../platform/clock.ts';
import type { NumberGateway, ProviderNumber } from '../whatsapp/gateway.ts';
import { createSystemChanges, type ChannelChangeDeps } from './changes.ts';
import { isLookOver, learntFrom, nextLookAfter, type NumberKnowledge } from './rules.ts';
import type { ChannelDirectory } from './directory.ts';
import type { ChannelDoc } from './store/repository.ts';

export interface ChannelLookDeps extends ChannelChangeDeps {
  readonly directory: Pick<ChannelDirectory, 'numberOf' | 'forget'>;
  readonly gateway: Pick<NumberGateway, 'describeNumber' | 'describeAccount'>;
  readonly clock: Clock;
}

const lookedAtOnce = 20;

/** What the provider knows of a number, and whose its account is. */
export async function askAboutNumber(
  gateway: ChannelLookDeps['gateway'],
  asked: ProviderNumber,
): Promise<NumberKnowledge> {
  const number = await gateway.describeNumber(asked);
  const account = number.kind === 'described' ? await gateway.describeAccount(asked) : null;
  return { number, account };
}

/**
 * Learns what the provider knows of a number: after it was connected, with a new access token, and when the provider
 * says that something has changed. The state of the channel is none of it; `verify` decides that, because a person asks.
 */
export function createChannelLooks(deps: ChannelLookDeps) {
  const { channels, directory, gateway, clock } = deps;
  const change = createSystemChanges(deps);

  async function look(channel: ChannelDoc): Promise<void> {
    const scope = scopeOf(channel.clientId);
    const knowledge = await askAboutNumber(gateway, directory.numberOf(channel));
    await change(scope, channel._id, {
      action: 'channel.looked-at',
      decide: (current) => learntFrom(current, knowledge, clock.now()),
    });
    if (isLookOver(knowledge)) await channels.finishLook(scope, channel);
  }

  return {
    /** One round: the numbers whose time has come; answers how many. Safe to run in several workers. */
    async lookDue(): Promise<number> {
      const now = clock.now();
      const nextLookAt = (given: { readonly tries: number }) => nextLookAfter(given, now);
      const due = await channels.takeDueForLookAcrossClients(now, nextLookAt, lookedAtOnce);
      await Promise.all(due.map(look));
      return due.length;
    },
  };
}
