import { scopeOf } from '../platform/mongo.ts';
import { channelChange, createChannelResource, hasSameToken, isConfirmation } from './changes.ts';
import { createOwnershipContest, type ContestDeps, type OwnershipOf } from './ownership/contest.ts';
import { fetchNumberAnswers } from './numbers/answers.ts';
import { changesFromProof, nextCheckAfter, type NumberAnswers } from './numbers/rules.ts';
import { isVerified, ownershipAfterCheck, proofOf } from './ownership/rules.ts';
import { nextNumberCheckAfter } from './rules.ts';
import type { ChannelChange, ChannelDoc } from './store/repository.ts';

const maxNumbersPerRound = 20;

/**
 * Reads what the provider knows about a number: after the channel is connected, every day, and when the provider
 * reports a change. Proves the ownership, or ends it. Never changes the state of the channel: only `verify`, which a
 * user requests, does.
 */
export function createNumberChecks(deps: ContestDeps) {
  const { channels, directory, gateway, clock } = deps;
  const resource = createChannelResource(deps);
  const contest = createOwnershipContest(deps);

  async function check(asked: ChannelDoc): Promise<void> {
    const scope = scopeOf(asked.clientId);
    const answers = await fetchNumberAnswers(gateway, directory.numberOf(asked));
    const now = clock.now();
    const proof = proofOf(answers.number, answers.membership);
    const write = (ownershipOf: OwnershipOf): Promise<ChannelDoc | null> => {
      const { changes, action } = changesOf(asked, { answers, ownershipOf, now });
      // A channel with another token needs its own check, which its change has requested.
      const decide = (current: ChannelDoc) => (hasSameToken(current, asked) ? changes(current) : null);
      return resource.changeIfExists(scope, { type: 'system' }, asked._id, channelChange(action, decide));
    };
    const otherwise: OwnershipOf = (current) => ownershipAfterCheck(current, proof, now);
    const stored = await contest.settle(asked, { proof, otherwise }, write);
    if (proof.kind === 'proved') await channels.confirmOwnership(scope, asked._id, now);
    if (stored?.ownership === undefined) return;
    const next = nextCheckAfter(answers, stored.ownership, now);
    // Otherwise the answers are incomplete, and the check is repeated after its own delay.
    if (next === null || next.at > now) await channels.finishNumberCheck(scope, asked, next?.at ?? null);
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

interface CheckResult {
  readonly answers: NumberAnswers;
  readonly ownershipOf: OwnershipOf;
  readonly now: Date;
}

/** The changes of a check, and the audit action that names the most important one. */
function changesOf(asked: ChannelDoc, { answers, ownershipOf, now }: CheckResult) {
  const changes = (current: ChannelDoc): ChannelChange | null => {
    const change = changesFromProof(current, { answers, ownership: ownershipOf(current), now });
    return isConfirmation(current, change) ? null : change;
  };
  const isOwner = isVerified({ ownership: ownershipOf(asked) });
  if (isOwner === isVerified(asked)) return { changes, action: 'channel.looked-at' };
  return { changes, action: isOwner ? 'channel.ownership-proved' : 'channel.ownership-lost' };
}
