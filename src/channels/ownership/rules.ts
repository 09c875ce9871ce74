import { ruleFor } from '../../whatsapp/error-classes.ts';
import type { MembershipAnswer, NumberAnswer, RejectedError } from '../../whatsapp/gateway.ts';
import type { ChannelDoc, ChannelOwnership, OwnershipGap } from '../store/model.ts';

/**
 * The ownership of a channel: whether the provider, asked with the channel's own token, has answered with its number
 * and account. A channel that was stored by a version without the field is unverified.
 */

type Owned = Pick<ChannelDoc, '_id' | 'ownership'>;

export const isVerified = ({ ownership }: Pick<ChannelDoc, 'ownership'>): boolean =>
  ownership?.state === 'verified';

/** What the provider's answers say about the ownership. */
export type Proof =
  | { readonly kind: 'proved' }
  | {
      readonly kind: 'missing';
      readonly gap: Extract<OwnershipGap, 'number-refused' | 'account-refused' | 'not-in-account'>;
      /** The provider's code; null if it did not refuse. */
      readonly code: number | null;
      /** Whether it also shows that a proof from before no longer holds. A locked account, for one, does not. */
      readonly isLoss: boolean;
    }
  /** No answer, or a transient refusal: a later answer decides. */
  | { readonly kind: 'undecided' };

/** `membership` is null if the provider did not describe the number. */
export function proofOf(number: NumberAnswer, membership: MembershipAnswer | null): Proof {
  if (number.kind !== 'described') {
    return number.kind === 'refused' ? proofOfRefusal('number-refused', number.error) : undecided;
  }
  switch (membership?.kind) {
    case 'described':
      return membership.isMember
        ? { kind: 'proved' }
        : { kind: 'missing', gap: 'not-in-account', code: null, isLoss: true };
    case 'refused':
      return proofOfRefusal('account-refused', membership.error);
    default:
      return undecided;
  }
}

const undecided: Proof = { kind: 'undecided' };

/** Meta's code for a number that was deleted, or whose id is wrong. */
const numberGoneCode = 33;

/** Whether the refusal says that the token has no access, rather than that the account may not act now. */
export const isLossOfAccess = (error: RejectedError): boolean =>
  ruleFor(error).class === 'credentials' || error.code === numberGoneCode;

function proofOfRefusal(gap: 'number-refused' | 'account-refused', error: RejectedError): Proof {
  const { class: errorClass } = ruleFor(error);
  if (errorClass === 'retry' || errorClass === 'retry-later') return undecided;
  return { kind: 'missing', gap, code: error.code, isLoss: isLossOfAccess(error) };
}

const hourMs = 3_600_000;

/** A verified channel whose token is refused keeps its number this long: time to enter a new token. */
export const ownershipGraceMs = 72 * hourMs;

/** A verified channel proves its ownership again after this time. */
const proofIntervalMs = 24 * hourMs;

export const verifiedAt = (now: Date): ChannelOwnership => ({ state: 'verified', checkedAt: now });

/** `checkedAt` is null if the provider has never answered. */
export const unverified = (
  { _id }: Pick<ChannelDoc, '_id'>,
  gap: OwnershipGap,
  { checkedAt, code = null }: { checkedAt: Date | null; code?: number | null },
): ChannelOwnership => ({
  state: 'unverified',
  gap,
  ...(code === null ? {} : { code: String(code) }),
  ...(checkedAt === null ? {} : { checkedAt }),
  // Makes the channel's entry in the unique index its own, so that it does not reserve the number.
  candidate: _id,
});

/** Whether an answer may end a verified ownership at once, because this part was never proved with this token. */
const isUnproved = ({ unproved }: ChannelOwnership, { gap }: { readonly gap: OwnershipGap }): boolean =>
  unproved === 'token' || (unproved === 'account' && gap !== 'number-refused');

/**
 * The ownership after a check. A verified channel loses it when the provider has refused the access for the whole grace
 * period; other refusals and no answer change nothing. The caller writes `verified` only under the unique index.
 */
export function ownershipAfterCheck(channel: Owned, proof: Proof, now: Date): ChannelOwnership {
  const { ownership } = channel;
  if (proof.kind === 'proved') return verifiedAt(now);
  if (ownership?.state === 'verified') {
    return proof.kind === 'missing' && proof.isLoss
      ? afterRefusal(channel, { ...proof, ownership }, now)
      : ownership;
  }
  if (proof.kind === 'missing') return unverified(channel, proof.gap, { checkedAt: now, code: proof.code });
  const { gap = 'not-checked', checkedAt = null } = ownership ?? {};
  return ownership === undefined || gap === 'not-checked'
    ? unverified(channel, 'provider-away', { checkedAt })
    : ownership;
}

function afterRefusal(
  channel: Owned,
  { ownership, gap, code }: Extract<Proof, { kind: 'missing' }> & { readonly ownership: ChannelOwnership },
  now: Date,
): ChannelOwnership {
  const refusedSince = ownership.refusedSince ?? now;
  const isOver = now.getTime() - refusedSince.getTime() >= ownershipGraceMs;
  return isOver || isUnproved(ownership, { gap })
    ? unverified(channel, gap, { checkedAt: now, code })
    : { ...ownership, checkedAt: now, refusedSince };
}

/** The ownership after a user has entered a new token: the old proof does not hold for it. */
export function ownershipAfterNewToken(channel: Owned, proof: Proof, now: Date): ChannelOwnership {
  const { ownership } = channel;
  if (proof.kind === 'missing' && proof.isLoss) {
    return unverified(channel, proof.gap, { checkedAt: now, code: proof.code });
  }
  const next = ownershipAfterCheck(channel, proof, now);
  return next.state === 'verified' && next === ownership ? { ...next, unproved: 'token' } : next;
}

/** When a finished check is repeated; null if only a user or an event asks for the next one. */
export function nextProofAfter(ownership: ChannelOwnership | undefined, now: Date): Date | null {
  if (ownership?.state !== 'verified') return null;
  const regular = now.getTime() + proofIntervalMs;
  const { refusedSince } = ownership;
  if (refusedSince === undefined) return new Date(regular);
  return new Date(Math.min(regular, Math.max(refusedSince.getTime() + ownershipGraceMs, now.getTime())));
}

/** When the ownership ends if the provider keeps refusing; null if it does not refuse. */
export const ownershipEndsAt = ({ refusedSince }: ChannelOwnership): Date | null =>
  refusedSince === undefined ? null : new Date(refusedSince.getTime() + ownershipGraceMs);

/** Which proof is missing, and what to do about it, for people. Null if none is. */
export function ownershipDetailOf(
  channel: Pick<ChannelDoc, 'phoneNumberId' | 'wabaId' | 'ownership'>,
): string | null {
  const { phoneNumberId, wabaId, ownership } = channel;
  if (ownership?.state === 'verified') {
    return ownership.refusedSince === undefined
      ? null
      : 'The provider refuses the access token. Give the channel a new one before the ownership ends.';
  }
  const code = ownership?.code === undefined ? '' : ` (${ownership.code})`;
  switch (ownership?.gap ?? 'not-checked') {
    case 'not-checked':
      return 'The provider has not been asked about the number yet. It is asked within a minute.';
    case 'provider-away':
      return 'The provider could not be asked about the number. It is asked again soon; verify the channel to ask now.';
    case 'number-refused':
      return `The provider refuses the access token for the number ${phoneNumberId}${code}. Check the id, or give the channel a token with access to the number.`;
    case 'account-refused':
      return `The provider refuses the access token for the account ${wabaId}${code}. Check the id, or give the channel a token with the permission whatsapp_business_management for the account.`;
    case 'not-in-account':
      return `The account ${wabaId} does not contain the number ${phoneNumberId}. Check both ids in WhatsApp Manager and connect the number again.`;
    case 'held-by-another':
      return 'Another channel has proved that it owns the number, and its access still works. Remove the number there, then verify this channel.';
    case 'taken-over':
      return `Another business has proved that it owns the number, and the provider refuses the access token of this channel${code}.`;
  }
}
