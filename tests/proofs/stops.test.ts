import assert from 'node:assert/strict';
import { auditStops, type StoppedMessage, type StopTry } from '../../proofs/stops/audit.ts';
import { readStopsOptions } from '../../proofs/stops/options.ts';
import { planStops } from '../../proofs/stops/plan.ts';

const message = (fields: Partial<StoppedMessage> = {}): StoppedMessage => ({
  id: 'a',
  isStopped: true,
  status: 'sent',
  calledAtMs: [900],
  ...fields,
});
const tried = (fields: Partial<StopTry> = {}): StopTry => ({
  kind: 'pause',
  answeredAtMs: 1_000,
  liftedAtMs: 2_000,
  messages: [message()],
  ...fields,
});

describe('stops › the audit', () => {
  it('all as it should be › counted, and nothing found', () => {
    const messages = [
      message(),
      message({ calledAtMs: [1_000] }),
      message({ calledAtMs: [2_000] }),
      message({ status: 'canceled', calledAtMs: [] }),
      message({ isStopped: false, calledAtMs: [1_500] }),
    ];
    assert.deepEqual(auditStops([tried({ messages })]), { violations: [], before: 2, after: 2, never: 1 });
  });

  const wrong: readonly (readonly [string, StopTry, string])[] = [
    [
      'a call between answer and resumption',
      tried({ messages: [message({ calledAtMs: [1_001] })] }),
      'was sent 1 ms after the stop was answered',
    ],
    [
      'a call long after a block',
      { kind: 'block', answeredAtMs: 1_000, messages: [message({ calledAtMs: [9_000] })] },
      'was sent 8000 ms after the stop was answered',
    ],
    ['two calls', tried({ messages: [message({ calledAtMs: [1, 2] })] }), 'was sent twice'],
    ['a canceled message that was sent', tried({ messages: [message({ status: 'canceled' })] }), 'was sent'],
    ['a message that never left', tried({ messages: [message({ calledAtMs: [] })] }), 'was lost'],
  ];
  for (const [what, given, says] of wrong) {
    it(`${what} › named`, () => {
      const { violations } = auditStops([given]);
      assert.equal(violations.length, 1, violations.join('\n'));
      assert.ok(violations[0]?.includes(says), violations[0]);
    });
  }
});

describe('stops › the plan', () => {
  const options = { seed: 7, tries: 100, businesses: 3 };

  it('the same seed › the same tries, shared by the businesses; another › others', () => {
    assert.deepEqual(planStops(options), planStops(options));
    assert.notDeepEqual(planStops(options), planStops({ ...options, seed: 8 }));
    assert.deepEqual(
      planStops(options).map(({ length }) => length),
      [34, 33, 33],
    );
  });

  it('a block or an opt-out › of one person, whom no other try writes to', () => {
    const tries = planStops(options).flat();
    for (const { kind, recipients } of tries) {
      const isOnePerson = kind === 'block' || kind === 'opt-out';
      assert.equal(new Set(recipients).size, isOnePerson ? 1 : recipients.length);
    }
    const people = tries.flatMap(({ recipients }) => [...new Set(recipients)]);
    assert.equal(new Set(people).size, people.length);
  });

  it('options › read with defaults, and refused in words', () => {
    assert.equal(readStopsOptions(['--seed', '5']).tries, 1_000);
    assert.throws(() => readStopsOptions(['--tries', '0']), /--tries/);
  });
});
