import assert from 'node:assert/strict';
import { processAlerts } from '../fixtures/alerts/processes.ts';
import { providerAlerts } from '../fixtures/alerts/provider.ts';
import { receivingAlerts } from '../fixtures/alerts/receiving.ts';
import { sendingAlerts } from '../fixtures/alerts/sending.ts';
import { type AlertCase, playAlerts, rules } from '../support/alert-cases.ts';
import { findPrometheus } from '../../scripts/servers/prometheus.ts';

const cases = { ...processAlerts, ...sendingAlerts, ...providerAlerts, ...receivingAlerts };

const played = Object.entries(cases).flatMap(([alert, ofAlert]) => ofAlert.map((one) => ({ alert, ...one })));

const mayFire = ({ firing }: AlertCase): boolean =>
  Object.values(firing).some((expected) =>
    typeof expected === 'number' ? expected > 0 : expected.length > 0,
  );

describe('alert rules', function () {
  this.timeout(300_000);
  let promtool: string | null;
  let allHold = false;

  before(async () => {
    promtool = await findPrometheus('promtool');
    if (promtool === null)
      console.warn('The alert rules are not played here: there is no promtool, and apt-get brings none.');
    else allHold = (await playAlerts(promtool, played)) === null;
  });

  it('every rule › has a case that fires and one that does not', () => {
    assert.deepEqual(Object.keys(cases).toSorted(), rules.map(({ alert }) => alert).toSorted());
    for (const [alert, ofAlert] of Object.entries(cases)) {
      assert.ok(ofAlert.some(mayFire), `${alert} has no case that fires`);
      assert.ok(!ofAlert.every(mayFire), `${alert} has no case that does not fire`);
    }
  });

  for (const one of played)
    it(`${one.alert} › ${one.situation} › ${mayFire(one) ? 'fires' : 'stays quiet'}`, async function () {
      if (promtool === null) return this.skip();
      // Alone only if something is wrong, so that promtool's answer is about this case.
      const complaint = allHold ? null : await playAlerts(promtool, [one]);
      assert.equal(complaint, null, complaint ?? '');
    });
});
