import { scopeOf } from '../platform/mongo.ts';
import type { Clock } from '../platform/clock.ts';
import type { NumberGateway, ProviderNumber } from '../whatsapp/gateway.ts';
import { createSystemChanges, type ChannelChangeDeps } from './changes.ts';
import { isNumberCheckOver, changesFromAnswers, nextNumberCheckAfter, type NumberAnswers } from './rules.ts';
import type { ChannelDirectory } from './directory.ts';
import type { ChannelDoc } from './store/repository.ts';

export interface NumberCheckDeps extends ChannelChangeDeps {
  readonly directory: Pick<ChannelDirectory, 'numberOf' | 'forget'>;
  readonly gateway: Pick<NumberGateway, 'describeNumber' | 'describeAccount'>;
  readonly clock: Clock;
}

const maxNumbersPerRound = 20;

/** Asks the provider about a number and, if it knows the number, about its account. */
export async function fetchNumberAnswers(
  gateway: NumberCheckDeps['gateway'],
  asked: ProviderNumber,
): Promise<NumberAnswers> {
  const number = await gateway.describeNumber(asked);
  const account = number.kind === 'described' ? await gateway.describeAccount(asked) : null;
  return { number, account };
}

/**
 * Reads what the provider knows about a number: after the channel is connected, after a new access token, and when the
 * provider reports a change. Never changes the state of the channel: only `verify`, which a user requests, does.
 */
export function createNumberChecks(deps: NumberCheckDeps) {
  const { channels, directory, gateway, clock } = deps;
  const change = createSystemChanges(deps);

  async function check(channel: ChannelDoc): Promise<void> {
    const scope = scopeOf(channel.clientId);
    const answers = await fetchNumberAnswers(gateway, directory.numberOf(channel));
    await change(scope, channel._id, {
      action: 'channel.looked-at',
      decide: (current) => changesFromAnswers(current, answers, clock.now()),
    });
    if (isNumberCheckOver(answers)) await channels.finishNumberCheck(scope, channel);
  }

  return {
    /** Checks the numbers that are due; returns their number. Safe to run in several workers. */
    async checkDue(): Promise<number> {
      const now = clock.now();
      const nextCheckAt = (check: { readonly tries: number }) => nextNumberCheckAfter(check, now);
      const due = await channels.takeDueForNumberCheckAcrossClients(now, nextCheckAt, maxNumbersPerRound);
      await Promise.all(due.map(check));
      return due.length;
    },
  };
}
