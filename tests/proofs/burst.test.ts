import assert from 'node:assert/strict';
import { auditBurst, type BurstEvidence } from '../../proofs/burst/audit.ts';
import { readBurstOptions } from '../../proofs/burst/options.ts';
import { planBurst, type BurstPlan } from '../../proofs/burst/plan.ts';

const startMs = Date.UTC(2026, 10, 23, 9);

/** What is stored when all went well; each test spoils one thing. */
function goodEvidence(plan: BurstPlan): BurstEvidence {
  const contacts = [...new Set(plan.inbound.map(({ from }) => `+${from}`))];
  return {
    outbound: new Map(
      plan.outbound.map(({ index, facts, endsAs }) => [
        index,
        {
          status: endsAs,
          events: facts.map(({ status, second }) => `${status}@${startMs + second * 1_000}`),
        },
      ]),
    ),
    inbound: plan.inbound.map(({ wamid }) => wamid),
    contacts,
    conversations: contacts,
    stepsBack: [],
  };
}

describe('burst › the plan', () => {
  it('the same seed › the same posts; another › others', () => {
    const options = { seed: 7, receipts: 500 };
    assert.deepEqual(planBurst(options), planBurst(options));
    assert.notDeepEqual(planBurst(options), planBurst({ ...options, seed: 8 }));
  });

  it('1,000 receipts › so many items, each told at least once, 30 % more than once', () => {
    const { posts, outbound, inbound } = planBurst({ seed: 7, receipts: 1_000 });
    const items = posts.flat();
    const distinct = new Set(items);
    assert.equal(items.length, 1_000);
    assert.equal(distinct.size, 700);
    assert.equal(outbound.flatMap(({ facts }) => facts).length + inbound.length, 700);
    assert.deepEqual([...new Set(outbound.map(({ endsAs }) => endsAs))].toSorted(), [
      'delivered',
      'failed',
      'read',
      'sent',
    ]);
  });

  it('arguments › defaults, given values, and a sentence for a wrong one', () => {
    assert.deepEqual(readBurstOptions(['--seed', '5']), { seed: 5, receipts: 100_000 });
    assert.deepEqual(readBurstOptions(['--seed', '5', '--receipts', '10']), { seed: 5, receipts: 10 });
    assert.throws(() => readBurstOptions(['--receipts', 'all']), /--receipts must be a whole number/);
  });
});

describe('burst › the comparison', () => {
  const plan = planBurst({ seed: 7, receipts: 300 });
  const good = goodEvidence(plan);
  const faultsOf = (changes: Partial<BurstEvidence>) =>
    auditBurst(plan, { ...good, ...changes }, startMs).join('; ');
  const withFirst = (first: { status: string; events: readonly string[] }) =>
    new Map([...good.outbound, [0, first] as const]);
  const [first] = [...good.outbound.values()];
  assert.ok(first);

  it('all as in a replay in order › nothing is found', () => {
    assert.equal(faultsOf({}), '');
  });

  it('another status, a fact that is missing or there twice, a message that is missing › a violation each', () => {
    assert.match(
      faultsOf({ outbound: withFirst({ ...first, status: 'queued' }) }),
      /message 0 is queued and not/,
    );
    const events = [...first.events, ...first.events];
    assert.match(faultsOf({ outbound: withFirst({ ...first, events }) }), /message 0 has the events/);
    assert.match(faultsOf({ outbound: withFirst({ ...first, events: [] }) }), /message 0 has the events/);
    assert.match(faultsOf({ outbound: new Map() }), /message 0 is not stored/);
  });

  it('a message, contact or conversation twice, missing or from nowhere › a violation each', () => {
    for (const name of ['inbound', 'contacts', 'conversations'] as const) {
      const [one = '', ...others] = good[name];
      assert.match(faultsOf({ [name]: [one, one, ...others] }), /is stored 2 times/, name);
      assert.match(faultsOf({ [name]: others }), /is stored 0 times/, name);
      assert.match(faultsOf({ [name]: [...good[name], 'x'] }), /x is stored/, name);
    }
  });

  it('a status that went back › a violation', () => {
    assert.match(faultsOf({ stepsBack: ['m1: read, sent'] }), /a status went back: m1: read, sent/);
  });
});
