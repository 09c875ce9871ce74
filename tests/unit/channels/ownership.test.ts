import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { isConfirmation } from '../../../src/channels/changes.ts';
import { nextCheckAfter } from '../../../src/channels/numbers/rules.ts';
import {
  isVerified,
  nextProofAfter,
  ownershipAfterCheck,
  ownershipAfterNewToken,
  ownershipDetailOf,
  ownershipEndsAt,
  ownershipGraceMs,
  proofOf,
  unverified,
  verifiedAt,
  type Proof,
} from '../../../src/channels/ownership/rules.ts';
import { gatesOpened } from '../../../src/channels/rules.ts';
import { ownershipGaps, type ChannelDoc, type ChannelOwnership } from '../../../src/channels/store/model.ts';
import type { MembershipAnswer, NumberAnswer } from '../../../src/whatsapp/gateway.ts';

const now = new Date('2026-11-26T09:00:00.000Z');
const hourMs = 3_600_000;
const later = (ms: number) => new Date(now.getTime() + ms);
const _id = new Types.ObjectId();
const channel = (ownership?: ChannelOwnership) =>
  ({
    ...{ _id, phoneNumberId: '1000', wabaId: '2000', state: 'active' },
    ...(ownership === undefined ? {} : { ownership }),
  }) as ChannelDoc;

const refused = (code: number) =>
  ({ kind: 'refused', error: { code, httpStatus: 400, title: '', detail: '' } }) as const;
const away = { kind: 'away', reason: 'ECONNREFUSED' } as const;
const described: NumberAnswer = { kind: 'described', number: { displayNumber: '+1 555-000-1000' } };
const member = (isMember: boolean): MembershipAnswer => ({ kind: 'described', isMember });

const proved: Proof = { kind: 'proved' };
const undecided: Proof = { kind: 'undecided' };
const missing = (
  gap: Extract<Proof, { kind: 'missing' }>['gap'] = 'number-refused',
  isLoss = true,
): Proof => ({ kind: 'missing', gap, code: 190, isLoss });
const verified = verifiedAt(now);

describe('ownership of a number', () => {
  describe('the answers of the provider', () => {
    const cases: readonly [string, NumberAnswer, MembershipAnswer | null, Proof][] = [
      ['number and account', described, member(true), proved],
      [
        'the number, and an account without it',
        described,
        member(false),
        { ...{ kind: 'missing', gap: 'not-in-account' }, code: null, isLoss: true } as Proof,
      ],
      ['an expired token', refused(190), null, missing()],
      [
        'a number that is gone',
        refused(33),
        null,
        { ...{ kind: 'missing', gap: 'number-refused' }, code: 33, isLoss: true } as Proof,
      ],
      [
        'a locked account',
        refused(131031),
        null,
        { ...{ kind: 'missing', gap: 'number-refused' }, code: 131031, isLoss: false } as Proof,
      ],
      [
        'an account that the token may not read',
        described,
        refused(200),
        { ...{ kind: 'missing', gap: 'account-refused' }, code: 200, isLoss: true } as Proof,
      ],
      ['no answer about the number', away, null, undecided],
      ['no answer about the account', described, away, undecided],
      ['no question about the account', described, null, undecided],
      ['a call limit', refused(80007), null, undecided],
      ['an overloaded provider', described, refused(2), undecided],
    ];
    for (const [what, number, membership, proof] of cases) {
      it(`${what} › ${proof.kind}`, () => {
        assert.deepEqual(proofOf(number, membership), proof);
      });
    }
  });

  describe('an unverified channel', () => {
    it('of an earlier version › unverified, not asked yet', () => {
      assert.equal(isVerified(channel()), false);
      assert.match(String(ownershipDetailOf(channel())), /has not been asked/);
    });

    it('a complete proof › verified', () => {
      for (const gap of ownershipGaps)
        assert.deepEqual(
          ownershipAfterCheck(channel(unverified({ _id }, gap, { checkedAt: null })), proved, now),
          { state: 'verified', checkedAt: now },
        );
    });

    it('an incomplete one › unverified for that reason, as a candidate', () => {
      assert.deepEqual(ownershipAfterCheck(channel(), missing('account-refused'), now), {
        ...{ state: 'unverified', gap: 'account-refused', code: '190', checkedAt: now, candidate: _id },
      });
    });

    it('no answer › keeps its reason; without one, the provider is away', () => {
      assert.equal(ownershipAfterCheck(channel(), undecided, now).gap, 'provider-away');
      const unasked = unverified({ _id }, 'not-checked', { checkedAt: null });
      assert.equal(ownershipAfterCheck(channel(unasked), undecided, now).gap, 'provider-away');
      const known = unverified({ _id }, 'not-in-account', { checkedAt: now });
      assert.equal(ownershipAfterCheck(channel(known), undecided, now), known);
    });
  });

  describe('a verified channel that the provider refuses', () => {
    it('within 72 hours › keeps its number, and shows when it ends', () => {
      const next = ownershipAfterCheck(channel(verified), missing(), later(hourMs));
      assert.deepEqual(next, { state: 'verified', checkedAt: later(hourMs), refusedSince: later(hourMs) });
      assert.deepEqual(ownershipEndsAt(next), later(hourMs + ownershipGraceMs));
      assert.match(String(ownershipDetailOf(channel(next))), /Give the channel a new one/);
      const again = ownershipAfterCheck(channel(next), missing(), later(72 * hourMs));
      assert.deepEqual([again.state, again.refusedSince], ['verified', later(hourMs)]);
    });

    it('for 72 hours › unverified', () => {
      const refusedSince = later(-ownershipGraceMs);
      const next = ownershipAfterCheck(channel({ ...verified, refusedSince }), missing(), now);
      assert.deepEqual([next.state, next.gap, next.candidate], ['unverified', 'number-refused', _id]);
    });

    it('accepted again in between › the 72 hours start again with the next refusal', () => {
      const refusedSince = later(-ownershipGraceMs);
      const proof = ownershipAfterCheck(channel({ ...verified, refusedSince }), proved, now);
      assert.deepEqual(proof, { state: 'verified', checkedAt: now });
      assert.equal(ownershipEndsAt(proof), null);
    });

    it('refusals that say nothing of its access, or no answer › change nothing, for ever', () => {
      for (const proof of [undecided, missing('number-refused', false)])
        for (const ownership of [verified, { ...verified, refusedSince: later(-90 * 24 * hourMs) }])
          assert.equal(ownershipAfterCheck(channel(ownership), proof, now), ownership);
    });

    it('the account of a channel from before was never proved › unverified at once; its number has the 72 hours', () => {
      const old: ChannelOwnership = { ...verified, unproved: 'account' };
      assert.equal(ownershipAfterCheck(channel(old), missing('not-in-account'), now).state, 'unverified');
      assert.equal(ownershipAfterCheck(channel(old), missing('number-refused'), now).state, 'verified');
    });

    it('any sequence of answers › never lost without a refusal, and never kept over 72 hours of refusals', () => {
      const answer = fc.record({
        proof: fc.constantFrom(proved, undecided, missing(), missing('not-in-account')),
        afterMs: fc.integer({ min: 1, max: 30 * hourMs }),
      });
      fc.assert(
        fc.property(fc.array(answer, { maxLength: 30 }), (answers) => {
          let ownership: ChannelOwnership = verified;
          let refusedSinceMs: number | null = null;
          let at = now.getTime();
          for (const { proof, afterMs } of answers) {
            at += afterMs;
            if (proof.kind === 'proved') refusedSinceMs = null;
            if (proof.kind === 'missing') refusedSinceMs ??= at;
            ownership = ownershipAfterCheck(channel(ownership), proof, new Date(at));
            const isLost =
              proof.kind === 'missing' && refusedSinceMs !== null && at - refusedSinceMs >= ownershipGraceMs;
            if (isLost) return assert.equal(ownership.state, 'unverified');
            assert.equal(ownership.state, 'verified');
          }
        }),
      );
    });
  });

  describe('a new token', () => {
    it('refused › unverified at once', () => {
      assert.equal(ownershipAfterNewToken(channel(verified), missing(), now).state, 'unverified');
    });

    it('accepted › verified', () => {
      assert.deepEqual(ownershipAfterNewToken(channel(verified), proved, later(1)), verifiedAt(later(1)));
    });

    it('no answer › keeps the number until the first refusal', () => {
      const next = ownershipAfterNewToken(channel(verified), undecided, now);
      assert.deepEqual(next, { ...verified, unproved: 'token' });
      assert.equal(ownershipAfterCheck(channel(next), missing(), now).state, 'unverified');
    });

    it('of an unverified channel › as any check', () => {
      const known = unverified({ _id }, 'not-in-account', { checkedAt: now });
      assert.equal(ownershipAfterNewToken(channel(known), undecided, now), known);
      assert.equal(
        ownershipAfterNewToken(channel(known), missing('number-refused', false), now).gap,
        'number-refused',
      );
    });
  });

  describe('the next check', () => {
    it('verified › in a day, and when the 72 hours are over', () => {
      assert.deepEqual(nextProofAfter(verified, now), later(24 * hourMs));
      const soon = { ...verified, refusedSince: later(hourMs - ownershipGraceMs) };
      assert.deepEqual(nextProofAfter(soon, now), later(hourMs));
      const over = { ...verified, refusedSince: later(-2 * ownershipGraceMs) };
      assert.deepEqual(nextProofAfter(over, now), now);
    });

    it('unverified › only when a user or an event asks; without an answer soon', () => {
      const lost = unverified({ _id }, 'number-refused', { checkedAt: now });
      assert.equal(nextProofAfter(lost, now), null);
      assert.equal(nextProofAfter(undefined, now), null);
      const complete = { number: refused(190), account: null, membership: null };
      assert.equal(nextCheckAfter(complete, lost, now), null);
      assert.deepEqual(nextCheckAfter({ ...complete, number: away }, lost, now), { at: now, tries: 0 });
      const contested = unverified({ _id }, 'provider-away', { checkedAt: now });
      assert.deepEqual(nextCheckAfter(complete, contested, now), { at: now, tries: 0 });
    });
  });

  it('every reason › is explained, each in its own words, with the way out', () => {
    const details = ownershipGaps.map((gap) =>
      String(ownershipDetailOf(channel(unverified({ _id }, gap, { checkedAt: null, code: 190 })))),
    );
    assert.equal(new Set(details).size, ownershipGaps.length);
    for (const detail of details) assert.match(detail, /^[A-Z].{40,}\.$/);
    assert.equal(ownershipDetailOf(channel(verified)), null);
  });

  it('proved › the gate of the channel opens; lost › it does not', () => {
    const lost = unverified({ _id }, 'taken-over', { checkedAt: now });
    assert.deepEqual(gatesOpened(channel(lost), channel(verified)), ['channel']);
    assert.deepEqual(gatesOpened(channel(verified), channel(lost)), []);
  });

  it('a check that finds the same › no change; anything new, or a first proof › a change', () => {
    const verification = { at: now, displayNumber: '+1' };
    const known = { ...channel(verified), verification, messagingLimit: 250, sendsPerSecond: 80 };
    const same = {
      ...{ verification: { ...verification, at: later(1) }, ownership: verifiedAt(later(1)) },
      ...{ messagingLimit: 250, messagingLimitAt: later(1) },
    };
    assert.equal(isConfirmation(known, same), true);
    assert.equal(isConfirmation(known, { ...same, messagingLimit: 2_000 }), false);
    assert.equal(isConfirmation({ ...known, ownership: { ...verified, refusedSince: now } }, same), false);
    assert.equal(isConfirmation(channel(), same), false);
    assert.equal(isConfirmation(known, { ownership: verified }), true);
  });
});
