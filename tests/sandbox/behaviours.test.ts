import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  behaviourDigits,
  messageKey,
  planAnswer,
  type Plan,
  type PlanSettings,
} from '../../sandbox/behaviours.ts';

const settings: PlanSettings = {
  receipts: 'all',
  receiptDelays: { sentMs: 1, deliveredMs: 2, readMs: 3 },
  slowMs: 8_000,
};

const statusesOf = (plan: Plan): string[] =>
  plan.kind === 'accept' ? plan.receipts.map((receipt) => receipt.status) : [];

describe('sandbox behaviours', () => {
  const receiptsByDigits: readonly (readonly [string, readonly string[]])[] = [
    ['01', ['sent', 'delivered', 'read']],
    ['02', ['sent', 'delivered']],
    ['03', ['sent', 'failed']],
    ['04', ['sent', 'delivered', 'read']],
    ['05', ['sent', 'delivered', 'read']],
    ['09', ['read', 'sent', 'delivered', 'read', 'delivered']],
    ['10', ['sent', 'delivered', 'read']],
    ['11', []],
    ['12', ['failed']],
    ['77', ['sent', 'delivered', 'read']],
    ['', ['sent', 'delivered', 'read']],
  ];
  for (const [digits, expected] of receiptsByDigits) {
    it(`plan › number ends in "${digits}" › receipts ${expected.join(', ') || 'none'}`, () => {
      assert.deepEqual(statusesOf(planAnswer(digits, settings, 0)), expected);
    });
  }

  it('plan › 04, 05 and 10 › slow, lost, and receipts first, each alone', () => {
    const flags = ['01', '04', '05', '10'].map((digits) => {
      const plan = planAnswer(digits, settings, 0);
      assert(plan.kind === 'accept');
      return [plan.delayMs, plan.isAnswerLost, plan.areReceiptsFirst];
    });
    assert.deepEqual(flags, [
      [0, false, false],
      [8_000, false, false],
      [0, true, false],
      [0, false, true],
    ]);
  });

  it('plan › 03 and 12 › the failure names the code', () => {
    const codes = ['03', '12'].map((digits) => {
      const plan = planAnswer(digits, settings, 0);
      return plan.kind === 'accept' ? plan.receipts.at(-1)?.code : null;
    });
    assert.deepEqual(codes, [131026, 131049]);
  });

  it('plan › 06 and 07 › refused until refused twice', () => {
    const outcomes = ['06', '07'].map((digits) =>
      [0, 1, 2, 3].map((refusedBefore) => {
        const plan = planAnswer(digits, settings, refusedBefore);
        return plan.kind === 'refuse' ? [plan.refusal.status, plan.refusal.code] : 'accept';
      }),
    );
    assert.deepEqual(outcomes, [
      [[429, 130429], [429, 130429], 'accept', 'accept'],
      [[500, 131000], [500, 131000], 'accept', 'accept'],
    ]);
  });

  it('plan › receipts switched off › nobody gets any', () => {
    for (const [digits] of receiptsByDigits) {
      assert.deepEqual(statusesOf(planAnswer(digits, { ...settings, receipts: 'none' }, 0)), []);
    }
  });

  it('plan › 09 › the times told are in the order of life, whatever the order of arrival', () => {
    const plan = planAnswer('09', settings, 0);
    assert(plan.kind === 'accept');
    const timeOf = Object.fromEntries(
      plan.receipts.map(({ status, occursAfterMs }) => [status, occursAfterMs]),
    );
    assert.deepEqual(timeOf, { sent: 1, delivered: 2, read: 3 });
  });

  it('digits › any phone number › its last two, else nothing', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+[1-9]\d{7,14}$/), (to) => behaviourDigits(to) === to.slice(-2)),
    );
    assert.deepEqual([null, '', 'US.13491208655302741918', '7', 'abc'].map(behaviourDigits), [
      '',
      '',
      '18',
      '',
      '',
    ]);
  });

  it('message key › opaque data with an attempt › the same for all attempts of a message', () => {
    const keys = ['m1:1', 'm1:2', 'a:m1:3', 'm1', ':1'].map((opaque) => messageKey(opaque, '+1', 't'));
    assert.deepEqual(keys, ['m1', 'm1', 'a:m1', 'm1', ':1']);
    assert.equal(messageKey(null, '+106', 'hello_world'), '+106 hello_world');
  });
});
