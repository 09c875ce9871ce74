import assert from 'node:assert/strict';
import { createCrmMetrics } from '../../../src/app/instruments.ts';
import { createDispatchObserver } from '../../../src/sending/observers.ts';
import type { Gateway, GatewayAnswer } from '../../../src/whatsapp/gateway.ts';
import { labelsOfAnswer, observeGateway } from '../../../src/whatsapp/observers.ts';
import { readMetric } from '../../support/metrics.ts';

const rejected = (code: number, httpStatus = 400): GatewayAnswer => ({
  kind: 'rejected',
  error: { code, httpStatus, title: 'x', detail: '' },
});

describe('observers › labels of an answer', () => {
  const examples: readonly [string, GatewayAnswer, string, string][] = [
    ['accepted', { kind: 'accepted', providerMessageId: 'wamid.1', isHeld: false }, 'accepted', 'none'],
    ['held by Meta', { kind: 'accepted', providerMessageId: 'wamid.1', isHeld: true }, 'held', 'none'],
    ['no connection', { kind: 'not-reached', reason: 'ECONNREFUSED' }, 'not-reached', 'none'],
    ['no answer', { kind: 'unknown', reason: 'UND_ERR_SOCKET' }, 'unknown', 'none'],
    ['a code of our table', rejected(190), 'credentials', '190'],
    ['a code of nobody', rejected(987_654_321), 'message', 'other'],
    ['a permission, which is a range', rejected(231), 'credentials', 'other'],
  ];
  for (const [name, answer, errorClass, code] of examples) {
    it(`${name} › ${errorClass}, ${code}`, () => {
      assert.deepEqual(labelsOfAnswer(answer), { class: errorClass, code });
    });
  }
});

describe('observers › before anything has happened', () => {
  it('the counters that alerts watch › are there with 0, so that the first event is seen as one', async () => {
    const metrics = createCrmMetrics('worker');
    const page = await metrics.render();
    for (const series of [
      'crm_provider_answers_total{class="credentials",code="190",process="worker"} 0',
      'crm_provider_answers_total{class="unknown",code="none",process="worker"} 0',
      'crm_receipt_failures_total{class="template",code="132015",process="worker"} 0',
      'crm_provider_answers_total{class="retry",code="other",process="worker"} 0',
      'crm_provider_answers_total{class="credentials",code="other",process="worker"} 0',
      'crm_receipt_failures_total{class="message",code="other",process="worker"} 0',
      'crm_webhook_events_processed_total{verdict="dead",process="worker"} 0',
      'crm_messages_ended_total{status="expired",cause="template",process="worker"} 0',
      'crm_messages_ended_total{status="expired",cause="none",process="worker"} 0',
      'crm_messages_ended_total{status="failed",cause="internal",process="worker"} 0',
      'crm_provider_calls_per_message_count{process="worker",outcome="unknown"} 0',
    ]) {
      assert.ok(page.includes(`\n${series}\n`), series);
    }
  });
});

describe('observers › dispatch', () => {
  const timestamp = new Date('2026-11-26T09:00:00.000Z');
  const after = (seconds: number) => new Date(timestamp.getTime() + seconds * 1_000);
  const sum = 'crm_acceptance_to_call_seconds_sum';

  it('the first call › counts from acceptance, or from sendAt when that is later; by priority', async () => {
    const metrics = createCrmMetrics('worker');
    const observer = createDispatchObserver(metrics);
    observer.callBegins({ timestamp, dispatch: { attempt: 1, startedAt: after(2) } });
    const dispatch = { attempt: 1, startedAt: after(3_603) };
    observer.callBegins({ timestamp, sendAt: after(3_600), priority: 1, dispatch });
    observer.callBegins({ timestamp, sendAt: after(-60), priority: 5, dispatch: { ...dispatch } });
    assert.equal(await readMetric(metrics, `${sum}{priority="3"}`), 2);
    assert.equal(await readMetric(metrics, `${sum}{priority="1"}`), 3);
    assert.equal(await readMetric(metrics, `${sum}{priority="5"}`), 3_603);
  });

  it('later calls › do not count as a wait, but in how many it took', async () => {
    const metrics = createCrmMetrics('worker');
    const observer = createDispatchObserver(metrics);
    const message = { timestamp, dispatch: { attempt: 4, startedAt: after(9) } };
    observer.callBegins(message);
    observer.outcomeKnown(message, { kind: 'unknown', reason: 'x' });
    assert.equal(await readMetric(metrics, 'crm_acceptance_to_call_seconds_count{priority="3"}'), 0);
    assert.equal(await readMetric(metrics, 'crm_provider_calls_per_message_sum{outcome="unknown"}'), 4);
    assert.equal(await readMetric(metrics, 'crm_messages_ended_total{status="unknown",cause="call"}'), 1);
  });
});

describe('observers › gateway', () => {
  it('a send › the answer as it came, measured once', async () => {
    const metrics = createCrmMetrics('worker');
    const answer = rejected(131_056);
    const plain = { send: async () => answer } as unknown as Gateway;
    const sender = { phoneNumberId: '1', accessToken: 'x' };
    assert.equal(await observeGateway(plain, metrics).send(sender, {} as never), answer);
    assert.equal(await readMetric(metrics, 'crm_provider_answers_total{class="retry",code="131056"}'), 1);
    assert.equal(await readMetric(metrics, 'crm_provider_call_seconds_count{outcome="rejected"}'), 1);
  });
});
