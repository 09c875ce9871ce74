import assert from 'node:assert/strict';
import { audit, type Evidence, type StoredMessage } from '../../proofs/chaos/audit.ts';
import type { LedgerItem } from '../../proofs/shared/ledger.ts';
import { readChaosOptions } from '../../proofs/chaos/options.ts';
import { endingOf, planRun, type SandboxDigits } from '../../proofs/chaos/plan.ts';

const call = (id: string, wamid: string | null, attempt = 1): LedgerItem => ({
  at: '2026-11-23T09:00:00.000Z',
  phoneNumberId: '1000',
  to: '+4915100000001',
  opaque: `${id}:${attempt}`,
  wamid,
  answered: { status: wamid === null ? 429 : 200 },
});

/** One message that went well; each test spoils one thing. */
function goodRun(digits: SandboxDigits = '01'): {
  evidence: Evidence;
  stored: StoredMessage;
} {
  const isAccepted = endingOf(digits).isAccepted;
  const { status } = endingOf(digits);
  const stored: StoredMessage = {
    id: 'm1',
    idempotencyKey: 'k1',
    status,
    providerMessageId: isAccepted ? 'wamid.1' : null,
    history: ['queued', 'sending', status],
  };
  const evidence: Evidence = {
    accepted: [{ id: 'm1', idempotencyKey: 'k1', digits }],
    stored: [stored],
    ledger: [call('m1', isAccepted ? 'wamid.1' : null)],
    workflows: new Map([['m1', status === 'read' ? 'COMPLETED' : 'FAILED']]),
    maxUnknown: 1,
  };
  return { evidence, stored };
}

describe('chaos › the comparison of sender, database, provider and workflows', () => {
  for (const digits of ['01', '03', '05', '06', '08', '12'] as const) {
    it(`all accounts agree on a number ending in ${digits} › nothing is found`, () => {
      const findings = audit(goodRun(digits).evidence);
      assert.deepEqual(findings, { violations: [], interrupted: [], lost: 0, sentTwice: 0 });
    });
  }

  it('refused calls before the accepted one › nothing is found', () => {
    const { evidence } = goodRun('06');
    const ledger = [call('m1', null, 1), call('m1', null, 2), call('m1', 'wamid.1', 3)];
    assert.deepEqual(audit({ ...evidence, ledger }).violations, []);
  });

  it('taken twice by the provider › a violation, counted', () => {
    const { evidence } = goodRun();
    const findings = audit({ ...evidence, ledger: [call('m1', 'wamid.1'), call('m1', 'wamid.2', 2)] });
    assert.equal(findings.sentTwice, 1);
    assert.match(findings.violations.join(), /took it 2 times/);
  });

  it('accepted by the API and not in the database › lost', () => {
    const { evidence } = goodRun();
    const findings = audit({ ...evidence, stored: [] });
    assert.equal(findings.lost, 1);
    assert.match(findings.violations.join(), /not in the database/);
  });

  it('said to be read and never at the provider › lost', () => {
    const { evidence } = goodRun();
    const findings = audit({ ...evidence, ledger: [] });
    assert.equal(findings.lost, 1);
    assert.match(findings.violations.join(), /never reached the provider/);
  });

  it('a status that the number does not lead to › a violation', () => {
    const { evidence, stored } = goodRun();
    for (const status of ['queued', 'sending', 'sent', 'delivered', 'failed', 'expired']) {
      const findings = audit({ ...evidence, stored: [{ ...stored, status }] });
      assert.match(findings.violations.join(), /it should be read/, status);
    }
  });

  it('unknown although the provider has taken it › a violation: its receipts must settle it', () => {
    const { evidence, stored } = goodRun();
    const findings = audit({ ...evidence, stored: [{ ...stored, status: 'unknown' }] });
    assert.match(findings.violations.join(), /unknown, and 1 accepted call/);
  });

  it('unknown and never taken › no violation, listed, and counted against the bound', () => {
    const { evidence, stored } = goodRun();
    const unknown: StoredMessage = {
      ...stored,
      status: 'unknown',
      providerMessageId: null,
      history: ['queued', 'sending', 'unknown'],
    };
    const run = { ...evidence, stored: [unknown], ledger: [], workflows: new Map([['m1', 'RUNNING']]) };
    assert.deepEqual(audit(run).interrupted, [{ id: 'm1', endedAs: 'unknown' }]);
    assert.deepEqual([audit(run).violations, audit(run).lost], [[], 0]);
    assert.match(audit({ ...run, maxUnknown: 0 }).violations.join(), /more than 0/);
  });

  it('another provider id, workflow state or key than it should be › a violation each', () => {
    const { evidence, stored } = goodRun();
    const spoiled: [Evidence, RegExp][] = [
      [{ ...evidence, stored: [{ ...stored, providerMessageId: 'wamid.9' }] }, /the database has wamid\.9/],
      [{ ...evidence, workflows: new Map([['m1', 'TERMINATED']]) }, /its workflow is TERMINATED/],
      [{ ...evidence, workflows: new Map() }, /its workflow is not there/],
      [{ ...evidence, stored: [{ ...stored, idempotencyKey: 'k9' }] }, /another key/],
      [{ ...evidence, stored: [stored, { ...stored, id: 'm2' }] }, /unknown to its sender/],
      [{ ...evidence, ledger: [...evidence.ledger, call('m3', 'wamid.3')] }, /unknown to its sender/],
    ];
    for (const [run, expected] of spoiled) assert.match(audit(run).violations.join(), expected);
  });
});

describe('chaos › the plan of a run', () => {
  it('the same seed › the same plan; another seed › another', () => {
    const options = { seed: 7, messages: 200, kills: 8 };
    assert.deepEqual(planRun(options), planRun(options));
    assert.notDeepEqual(planRun(options), planRun({ ...options, seed: 8 }));
  });

  it('kills › every process before any a second time, in the order of their moments, while messages are sent', () => {
    const { kills } = planRun({ seed: 3, messages: 1_000, kills: 8 });
    for (const round of [kills.slice(0, 4), kills.slice(4)]) {
      assert.deepEqual(round.map(({ target }) => target).toSorted(), ['api', 'mongod', 'temporal', 'worker']);
    }
    const moments = kills.map(({ afterAccepted }) => afterAccepted);
    assert.deepEqual(
      moments,
      moments.toSorted((a, b) => a - b),
    );
    assert.ok(moments.every((moment) => moment >= 100 && moment <= 900));
  });

  it('messages › each to a number of its own that ends in its digits', () => {
    const { messages } = planRun({ seed: 3, messages: 1_000, kills: 0 });
    assert.equal(new Set(messages.map(({ to }) => to)).size, 1_000);
    assert.ok(messages.every(({ to, digits }) => to.endsWith(digits)));
    assert.ok(new Set(messages.map(({ digits }) => digits)).size > 6);
  });

  it('arguments › defaults, given values, and a sentence for a wrong one', () => {
    const nothingElse = { faults: 0, pauseMs: 10_000, pacePerSecond: 10 };
    assert.deepEqual(readChaosOptions(['--seed', '5']), { seed: 5, messages: 500, kills: 4, ...nothingElse });
    const given = ['--messages', '10', '--kills', '0', '--seed', '1'];
    assert.deepEqual(readChaosOptions(given), { seed: 1, messages: 10, kills: 0, ...nothingElse });
    const faults = ['--faults', '20', '--pause-ms', '300', '--pace', '4', '--seed', '1'];
    const wanted = { faults: 20, pauseMs: 300, pacePerSecond: 4 };
    assert.deepEqual(readChaosOptions(faults), { seed: 1, messages: 500, kills: 0, ...wanted });
    assert.throws(() => readChaosOptions(['--kills', 'many']), /--kills must be a whole number/);
    assert.throws(() => readChaosOptions(['--unheard']));
  });
});
