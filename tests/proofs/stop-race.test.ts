import assert from 'node:assert/strict';
import { auditStopRace, type AcknowledgedStop, type RaceMessage } from '../../proofs/stop-race/audit.ts';
import { readStopRaceOptions } from '../../proofs/stop-race/options.ts';
import { planStopRace } from '../../proofs/stop-race/plan.ts';

const stop: AcknowledgedStop = { phone: '+1', saidAtMs: 1_000, acknowledgedAtMs: 1_200, canceledCount: 1 };
const message = (fields: Partial<RaceMessage>): RaceMessage => ({
  id: 'a',
  to: '+2',
  status: 'sent',
  calledAtMs: [5_000],
  ...fields,
});
const canceled = message({ to: '+1', status: 'canceled', calledAtMs: [] });

describe('stop race › the audit', () => {
  it('all as it should be › counted, and nothing found', () => {
    const late = message({ to: '+1', calledAtMs: [1_200] });
    assert.deepEqual(auditStopRace([message({}), canceled, late], [stop]), {
      violations: [],
      sent: 2,
      canceled: 1,
      whileStopping: 1,
    });
  });

  const wrong: readonly (readonly [string, readonly RaceMessage[], string])[] = [
    [
      'a call after the acknowledgement',
      [canceled, message({ to: '+1', calledAtMs: [1_201] })],
      'message a (sent) was sent 1 ms after the stop was acknowledged',
    ],
    ['a message of somebody else that never left', [canceled, message({ calledAtMs: [] })], 'was lost'],
    ['two calls', [canceled, message({ calledAtMs: [1, 2] })], 'message a (sent) was sent twice'],
    ['a canceled message that was sent', [message({ ...canceled, calledAtMs: [900] })], 'was sent'],
    [
      'a message that still waits',
      [canceled, message({ ...canceled, status: 'queued' })],
      'message a (queued) was neither sent nor canceled',
    ],
    ['a proof that counts too many', [], '+1: the proof counts 1 canceled messages, there are 0'],
  ];
  for (const [what, messages, says] of wrong) {
    it(`${what} › named`, () => {
      const { violations } = auditStopRace(messages, [stop]);
      assert.equal(violations.length, 1, violations.join('\n'));
      assert.ok(violations[0]?.includes(says), violations[0]);
    });
  }
});

describe('stop race › the plan', () => {
  const options = { seed: 7, messages: 1_000, contacts: 50, stops: 10 };

  it('the same seed › the same people; another › others', () => {
    assert.deepEqual(planStopRace(options), planStopRace(options));
    assert.notDeepEqual(planStopRace(options), planStopRace({ ...options, seed: 8 }));
  });

  it('everybody gets something, the first one most › and says STOP first', () => {
    const { recipients, stops } = planStopRace(options);
    assert.equal(new Set(recipients).size, 50);
    const first = recipients.filter((phone) => phone === recipients[0]);
    assert.equal(first.length, 100);
    assert.equal(stops[0]?.phone, recipients[0]);
    assert.equal(new Set(stops.map(({ phone }) => phone)).size, 10);
    const places = stops.map(({ afterCalls }) => afterCalls);
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
  });

  it('options › read with defaults, and refused in words', () => {
    assert.equal(readStopRaceOptions(['--seed', '5']).messages, 10_000);
    assert.throws(() => readStopRaceOptions(['--contacts', '5', '--stops', '6']), /--stops cannot be more/);
    assert.throws(
      () => readStopRaceOptions(['--contacts', '5', '--messages', '4', '--stops', '1']),
      /--contacts/,
    );
  });
});
