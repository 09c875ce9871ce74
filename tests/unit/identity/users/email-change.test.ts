import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import type { UserDoc } from '../../../../src/identity/users/directory.ts';
import {
  confirmEmailChange,
  emailChangeOf,
  emailChangeTtlMs,
  openEmailChangeOf,
  sidesToConfirm,
  withEmailChange,
  withoutEmailChange,
} from '../../../../src/identity/users/email-change.ts';

const start = new Date('2026-11-23T09:00:00Z');
const later = (ms: number) => new Date(start.getTime() + ms);
const user: UserDoc = {
  ...{ _id: new Types.ObjectId(), clientId: new Types.ObjectId(), name: 'Jane', nameKey: 'jane' },
  ...{ email: 'old@example.com', role: 'admin', status: 'active', isOperator: false },
  ...{ emailConfirmedAt: later(-1_000), createdAt: later(-1_000), version: 1 },
};
const started = (startedBy: Types.ObjectId) => ({
  id: new Types.ObjectId(),
  email: 'new@example.com',
  startedBy,
});

describe('a change of the e-mail address', () => {
  for (const order of [
    ['old', 'new'],
    ['new', 'old'],
  ] as const) {
    it(`links used in the order ${order.join(', ')} › the second one changes and confirms the address`, () => {
      const change = started(user._id);
      const [first, second] = order.map((side) => ({ changeId: change.id, side }));
      assert.ok(first !== undefined && second !== undefined);
      const half = confirmEmailChange(withEmailChange(user, change, start), first, later(1));
      assert.ok(half?.emailChange !== undefined);
      assert.equal(half.email, user.email);
      assert.deepEqual(sidesToConfirm(half, half.emailChange), [second.side]);
      assert.equal(confirmEmailChange(half, first, later(2)), undefined, 'the same link again');
      const whole = confirmEmailChange(half, second, later(3));
      assert.deepEqual(whole, { ...user, email: 'new@example.com', emailConfirmedAt: later(3) });
      assert.equal(confirmEmailChange(whole, second, later(4)), undefined);
    });
  }

  it('started by an admin › only the link of the new address is needed, and the other confirms nothing', () => {
    const change = started(new Types.ObjectId());
    const waiting = withEmailChange(user, change, start);
    assert.equal(confirmEmailChange(waiting, { changeId: change.id, side: 'old' }, later(1)), undefined);
    const whole = confirmEmailChange(waiting, { changeId: change.id, side: 'new' }, later(1));
    assert.equal(whole?.email, 'new@example.com');
  });

  it('a user without a change › stays the same object, and has no open change', () => {
    assert.equal(withoutEmailChange(user), user);
    assert.equal(openEmailChangeOf(user, start), undefined);
  });

  it('any order of requests, links, cancels and waits › the address changes only by both links of the latest request in its time', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('start' as const), email: fc.constantFrom('a@x.com', 'b@x.com') }),
        fc.record({
          kind: fc.constant('use' as const),
          change: fc.nat(5),
          side: fc.constantFrom('old' as const, 'new' as const),
        }),
        fc.record({ kind: fc.constant('cancel' as const) }),
        fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(emailChangeTtlMs) }),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        let [current, now] = [user, start];
        const ids: Types.ObjectId[] = [];
        // The model: the latest request, and which of its links were used.
        let latest: { email: string; id: Types.ObjectId; until: number; used: Set<string> } | undefined;
        let email = user.email;
        for (const step of all) {
          if (step.kind === 'wait') now = new Date(now.getTime() + step.ms);
          if (step.kind === 'cancel') {
            current = withoutEmailChange(current);
            latest = undefined;
          }
          if (step.kind === 'start') {
            const id = new Types.ObjectId();
            ids.push(id);
            current = withEmailChange(current, { id, email: step.email, startedBy: user._id }, now);
            latest = { email: step.email, id, until: now.getTime() + emailChangeTtlMs, used: new Set() };
          }
          if (step.kind === 'use') {
            const changeId = ids[step.change] ?? new Types.ObjectId();
            const isGood =
              latest?.id.equals(changeId) === true &&
              now.getTime() < latest.until &&
              !latest.used.has(step.side);
            const key = { changeId, side: step.side };
            const next = confirmEmailChange(current, key, now);
            assert.equal(next !== undefined, isGood);
            if (next === undefined || latest === undefined) continue;
            current = next;
            latest.used.add(step.side);
            if (latest.used.size < 2) continue;
            email = latest.email;
            assert.equal(emailChangeOf(current, key, now), undefined);
            latest = undefined;
          }
          assert.equal(current.email, email);
        }
      }),
    );
  });
});
