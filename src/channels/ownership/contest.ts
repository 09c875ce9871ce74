import type { Clock } from '../../platform/clock.ts';
import { pauseAfterLostRace } from '../../platform/lost-race.ts';
import { isDuplicateKey, scopeOf } from '../../platform/mongo.ts';
import { createSystemChanges, hasSameToken, type SystemChangeDeps } from '../changes.ts';
import type { ChannelDirectory } from '../directory.ts';
import { fetchNumberAnswersSoon, type NumberQuestions } from '../numbers/answers.ts';
import { isVerified, proofOf, unverified, verifiedAt, type Proof } from './rules.ts';
import type { ChannelDoc, ChannelOwnership } from '../store/model.ts';

export interface ContestDeps extends SystemChangeDeps {
  readonly directory: Pick<ChannelDirectory, 'numberOf' | 'forget'>;
  readonly gateway: NumberQuestions;
  readonly clock: Clock;
}

type Candidate = Pick<ChannelDoc, '_id' | 'phoneNumberId'>;

/** The ownership to store, from the stored channel. */
export type OwnershipOf = (current: Pick<ChannelDoc, '_id' | 'ownership'>) => ChannelOwnership;

/** Candidates for one number that prove it at once take turns; one that loses all of these is checked again later. */
const maxTries = 3;

/**
 * Gives a number to the channel that has proved it. The unique index decides between candidates at the same moment. If
 * another channel owns the number, the provider is asked with that channel's token: refused, it loses the number.
 */
export function createOwnershipContest(deps: ContestDeps) {
  const { channels, directory, gateway, clock } = deps;
  const change = createSystemChanges(deps);

  /** Takes the number from `holder`, unless the holder has changed since it was asked. */
  const takeFrom = (holder: ChannelDoc, gap: 'taken-over' | 'not-checked', code: number | null) =>
    change(scopeOf(holder.clientId), holder._id, {
      action: 'channel.ownership-lost',
      decide: (current) =>
        isVerified(current) === isVerified(holder) && hasSameToken(current, holder)
          ? { ownership: unverified(current, gap, { checkedAt: clock.now(), code }) }
          : null,
    });

  async function clearWay({ _id, phoneNumberId }: Candidate): Promise<'free' | 'held' | 'undecided'> {
    const holder = await channels.findHolderAcrossClients(phoneNumberId);
    if (holder === null || holder._id.equals(_id)) return 'free';
    if (!isVerified(holder)) {
      await takeFrom(holder, 'not-checked', null);
      await channels.requestNumberCheck(scopeOf(holder.clientId), holder._id, clock.now());
      return 'free';
    }
    const { number, membership } = await fetchNumberAnswersSoon(gateway, directory.numberOf(holder));
    const proof = proofOf(number, membership);
    if (proof.kind === 'proved') return 'held';
    if (proof.kind === 'undecided' || !proof.isLoss) return 'undecided';
    await takeFrom(holder, 'taken-over', proof.code);
    return 'free';
  }

  /** `held`: another channel keeps the number. `write` stores the candidate as its owner. */
  async function win<Value>(
    candidate: Candidate,
    write: () => Promise<Value>,
  ): Promise<{ readonly value: Value } | 'held' | 'undecided'> {
    for (let losses = 0; losses < maxTries; losses += 1) {
      if (losses > 0) await pauseAfterLostRace(losses);
      const way = await clearWay(candidate);
      if (way !== 'free') return way;
      try {
        return { value: await write() };
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
    }
    return 'undecided';
  }

  return {
    /**
     * Stores what a proof says about a channel: `write` stores the channel with the ownership that it is given, and may
     * be called again after a lost race. `otherwise` is the ownership without a complete proof.
     */
    async settle<Value>(
      candidate: Candidate,
      { proof, otherwise }: { readonly proof: Proof; readonly otherwise: OwnershipOf },
      write: (ownershipOf: OwnershipOf) => Promise<Value>,
    ): Promise<Value> {
      if (proof.kind !== 'proved') return write(otherwise);
      const now = clock.now();
      const won = await win(candidate, () => write(() => verifiedAt(now)));
      if (typeof won === 'object') return won.value;
      const gap = won === 'held' ? 'held-by-another' : 'provider-away';
      return write((current) => unverified(current, gap, { checkedAt: now }));
    },
  };
}
