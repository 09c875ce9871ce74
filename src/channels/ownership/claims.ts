import type { Clock } from '../../platform/clock.ts';
import { isDuplicateKey, scopeOf } from '../../platform/mongo.ts';
import { createSystemChanges, hasSameToken, type ChannelChangeDeps } from '../changes.ts';
import type { ChannelDirectory } from '../directory.ts';
import { fetchNumberAnswersSoon, type NumberQuestions } from '../numbers/answers.ts';
import { isVerified, proofOf, unverified, verifiedAt, type Proof } from './rules.ts';
import type { ChannelDoc, ChannelOwnership } from '../store/model.ts';

export interface ClaimDeps extends ChannelChangeDeps {
  readonly directory: Pick<ChannelDirectory, 'numberOf' | 'forget'>;
  readonly gateway: NumberQuestions;
  readonly clock: Clock;
}

type Claimant = Pick<ChannelDoc, '_id' | 'phoneNumberId'>;

/** The ownership to store, from the stored channel. */
export type OwnershipOf = (current: Pick<ChannelDoc, '_id' | 'ownership'>) => ChannelOwnership;

/** Claimants of one number that take turns: more than these at once are checked again later. */
const maxTries = 3;

/**
 * Gives a number to the channel that has proved it. The unique index decides between claims at the same time. If
 * another channel owns the number, the provider is asked with that channel's token: refused, it loses the number.
 */
export function createOwnershipClaims(deps: ClaimDeps) {
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

  async function clearWay({ _id, phoneNumberId }: Claimant): Promise<'free' | 'held' | 'undecided'> {
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

  /** `held`: another channel keeps the number. `write` stores the claimant as its owner. */
  async function claim<Value>(
    claimant: Claimant,
    write: () => Promise<Value>,
  ): Promise<{ readonly value: Value } | 'held' | 'undecided'> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const way = await clearWay(claimant);
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
      claimant: Claimant,
      { proof, otherwise }: { readonly proof: Proof; readonly otherwise: OwnershipOf },
      write: (ownershipOf: OwnershipOf) => Promise<Value>,
    ): Promise<Value> {
      if (proof.kind !== 'proved') return write(otherwise);
      const now = clock.now();
      const claimed = await claim(claimant, () => write(() => verifiedAt(now)));
      if (typeof claimed === 'object') return claimed.value;
      const gap = claimed === 'held' ? 'held-by-another' : 'provider-away';
      return write((current) => unverified(current, gap, { checkedAt: now }));
    },
  };
}
