import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { hasTarget, kindOfResponse, policyFor, targetOf } from '../../../../src/inbox/sla/policies/rules.ts';

const channelId = new Types.ObjectId();
const policy = (priority: number, ...channelIds: Types.ObjectId[]) => ({ priority, match: { channelIds } });

describe('service levels › the policy of a conversation', () => {
  for (const [situation, policies, expected] of [
    ['none', [], null],
    ['one without channels', [policy(5)], 5],
    ['one for another channel', [policy(5, new Types.ObjectId())], null],
    ['one for several channels', [policy(5, new Types.ObjectId(), channelId)], 5],
    ['several that match', [policy(7), policy(3, channelId), policy(9)], 3],
    ['the first for another channel', [policy(1, new Types.ObjectId()), policy(2)], 2],
  ] as const) {
    it(`${situation} › ${expected ?? 'none'}`, () => {
      assert.equal(policyFor([...policies], { channelId })?.priority ?? null, expected);
    });
  }
});

describe('service levels › targets', () => {
  const all = { firstResponseSeconds: 60, nextResponseSeconds: 120, resolutionSeconds: 180 };

  it('each kind › its own, in milliseconds; null if it is not measured', () => {
    assert.deepEqual(
      (['first-response', 'next-response', 'resolution'] as const).map((kind) => [
        targetOf(all, kind),
        targetOf({}, kind),
      ]),
      [
        [60_000, null],
        [120_000, null],
        [180_000, null],
      ],
    );
  });

  it('the first wait without a target for it › measured as the others; without any › not', () => {
    assert.equal(kindOfResponse(all, true), 'first-response');
    assert.equal(kindOfResponse(all, false), 'next-response');
    assert.equal(kindOfResponse({ nextResponseSeconds: 60 }, true), 'next-response');
    assert.equal(kindOfResponse({ firstResponseSeconds: 60 }, false), null);
    assert.equal(kindOfResponse({ resolutionSeconds: 60 }, true), null);
  });

  it('a policy without targets › measures nothing', () => {
    assert.equal(hasTarget({}), false);
    assert.equal(hasTarget({ resolutionSeconds: 60 }), true);
  });
});
