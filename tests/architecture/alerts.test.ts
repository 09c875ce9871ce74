import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { createCrmMetrics, instrumentTable } from '../../src/app/instruments.ts';
import type { InstrumentDefinition } from '../../src/platform/metrics.ts';
import { errorRules } from '../../src/whatsapp/error-table.ts';

const read = (file: string): string => readFileSync(join(rootDir, file), 'utf8');

interface Alert {
  readonly name: string;
  readonly text: string;
  readonly expression: string;
}

/** The rules of the file: each begins with its name at the one indentation that rules have. */
function readAlerts(): Alert[] {
  const [, ...rules] = read('deploy/prometheus/alerts.yml')
    .replaceAll(/^ *#.*$/gm, '')
    .split(/^ {6}- alert: /m);
  return rules.map((text) => ({
    name: /^\w+/.exec(text)?.[0] ?? '',
    text,
    expression: /^ {8}expr: ([\s\S]*?)^ {8}(?:for|labels):/m.exec(text)?.[1] ?? '',
  }));
}

const alerts = readAlerts();
const instruments: readonly InstrumentDefinition[] = Object.values(instrumentTable);

/** The names under which Prometheus has the series of an instrument. */
const seriesOf = ({ name, type }: InstrumentDefinition): string[] =>
  type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name];
const instrumentBySeries = new Map(instruments.flatMap((one) => seriesOf(one).map((name) => [name, one])));

/** Every series that an expression reads, with the names of the labels that it picks by. */
const seriesIn = (expression: string) =>
  [...expression.matchAll(/\b(crm_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', picked = '']) => ({
    name,
    labels: [...picked.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label),
  }));

describe('alerts', () => {
  it('the file › was read: every rule has a name of its own, an expression, a summary and a severity', () => {
    assert.ok(alerts.length >= 20, `${alerts.length} alerts`);
    assert.equal(new Set(alerts.map(({ name }) => name)).size, alerts.length);
    for (const { name, text, expression } of alerts) {
      assert.ok(expression.trim().length > 10, name);
      assert.match(text, /^ {10}summary: \S/m, name);
      assert.match(text, /severity: (page|ticket)\b/, name);
    }
  });

  for (const { name, text, expression } of alerts) {
    it(`${name} › its runbook exists and has all four parts`, () => {
      const page = /^ {10}runbook: (docs\/runbooks\/[a-z-]+\.md)$/m.exec(text)?.[1];
      assert.ok(page !== undefined && existsSync(join(rootDir, page)), String(page));
      const runbook = read(page);
      for (const part of ['**Symptom.**', '## Check', '## Act', '## Verify']) {
        assert.ok(runbook.includes(part), `${page} has no ${part}`);
      }
    });

    it(`${name} › every metric that it reads is measured, with the labels that it picks by`, () => {
      const used = seriesIn(expression);
      const others = expression.match(/\b(?:up|temporal_\w+)(?=[{[])/g) ?? [];
      assert.ok(used.length + others.length > 0, expression);
      for (const { name: series, labels } of used) {
        const instrument = instrumentBySeries.get(series);
        assert.ok(instrument !== undefined, `${series} is in no table`);
        const known = [...instrument.labels, 'process'];
        assert.deepEqual(
          labels.filter((label) => !known.includes(label)),
          [],
          series,
        );
      }
    });

    it(`${name} › counts nothing twice when there are two workers`, () => {
      // A gauge that several processes report is one after `max`.
      for (const [, series = ''] of expression.matchAll(/\bsum(?:\s+by\s*\([^)]*\))?\s*\(\s*(crm_\w+)/g))
        assert.notEqual(instrumentBySeries.get(series)?.type, 'gauge', `a sum of ${series}`);
    });

    it(`${name} › its runbook's readers find it by name, where the page serves several`, () => {
      const page = /runbook: (\S+)/.exec(text)?.[1] ?? '';
      assert.ok(read(page).includes(`\`${name}\``), `${page} does not name ${name}`);
    });
  }
});

/** Errors that go away only by a person, as labels of the counters; the others pass or speak of one message. */
const errorsForPeople = [
  ...Object.entries(errorRules)
    .filter(
      ([code, { class: errorClass, template }]) =>
        ['sender', 'credentials', 'template'].includes(errorClass) ||
        template !== undefined ||
        code === '130497',
    )
    .map(([code, rule]) => ({ class: rule.class, code })),
  { class: 'credentials', code: 'other' },
  { class: 'message', code: 'other' },
  { class: 'retry', code: 'other' },
] as const;

type Labels = Readonly<Record<string, string>>;

/** Whether an expression reads this series of a counter for itself, not as a share of all. */
function watches(expression: string, metric: string, labels: Labels): boolean {
  if (expression.includes('/ scalar(')) return false;
  return [...expression.matchAll(/\b(crm_\w+)\{([^}]*)\}/g)].some(
    ([, name, picked = '']) =>
      name === metric &&
      [...picked.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].every(
        ([, label = '', operator = '', value = '']) => {
          const isIn = new RegExp(`^(?:${value})$`).test(labels[label] ?? '');
          return operator.startsWith('!') ? !isIn : isIn;
        },
      ),
  );
}

const alertsOn = (metric: string, labels: Labels): string[] =>
  alerts.filter(({ expression }) => watches(expression, metric, labels)).map(({ name }) => name);

describe('alerts on errors of the provider', () => {
  for (const labels of errorsForPeople) {
    it(`${labels.class}, ${labels.code} › raises one, in an answer and in a receipt`, () => {
      // What pauses the channel raises the alert of the pause, whichever way it came. A message that an answer refuses
      // fails, as it does by a receipt; one of a paused template is held instead.
      const isPause = labels.class === 'sender' || labels.class === 'credentials';
      const state = isPause
        ? alertsOn('crm_client_channels_paused', labels)
        : alertsOn('crm_client_messages_failed', labels);
      for (const metric of ['crm_provider_answers_total', 'crm_receipt_failures_total']) {
        const found = [...state, ...alertsOn(metric, labels)];
        assert.notDeepEqual(found, [], `nothing watches ${metric} for it`);
      }
    });
  }

  it('calls that are put off by the hour › raise one', () => {
    const later = Object.entries(errorRules).filter(
      ([, rule]) => rule.class === 'retry-later' && rule.backoff !== undefined,
    );
    assert.ok(later.length >= 5);
    for (const [code] of later) {
      assert.deepEqual(
        alertsOn('crm_provider_answers_total', { class: 'retry-later', code }),
        ['CallsPutOffForLong'],
        code,
      );
    }
  });

  it('payments › raise one of their own', () => {
    for (const code of ['131042', '131044', '134011']) {
      for (const metric of ['crm_client_channels_paused', 'crm_client_messages_failed'])
        assert.deepEqual(
          alertsOn(metric, { class: 'sender', code }),
          ['PaymentProblem'],
          `${metric} ${code}`,
        );
    }
  });

  it('what passes by itself, or speaks of one message › raises none by a single one', () => {
    for (const labels of [
      { class: 'message', code: '131026' },
      { class: 'retry-later', code: '131049' },
      { class: 'window', code: '131047' },
    ]) {
      assert.deepEqual(alertsOn('crm_provider_answers_total', labels), [], labels.code);
      assert.deepEqual(alertsOn('crm_receipt_failures_total', labels), [], labels.code);
      assert.deepEqual(alertsOn('crm_client_messages_failed', labels), [], labels.code);
    }
  });
});

/** What no alert reads, and what it is for. */
const unwatched: Readonly<Record<string, string>> = {
  crm_messages_accepted_total: 'what comes in is the business’s; what does not leave has alerts',
  crm_messages_waiting: 'how many; MessagesNotDispatched reads since when',
  crm_messages_held: 'how many; MessagesHeldLong reads since when',
  crm_messages_oldest_held_age_seconds: 'of all clients; MessagesHeldLong reads that of each',
  crm_messages_unknown: 'how many; MessagesUnknownAged reads since when',
  crm_webhook_events_stored_total:
    'a client without traffic is no fault; NoReceipts compares with what was sent',
  crm_event_delay_seconds: 'how fast the numbers come; a loop that fails is seen by its failed rounds',
  crm_event_streams: 'how many listen',
  crm_events_numbered_total: 'how much there is to tell',
  crm_audit_events_sealed_total: 'how much was changed; a sealer that fails is seen by its failed rounds',
  crm_audit_events_unsealed: 'how many wait; a sealer that fails is seen by its failed rounds',
  crm_http_body_bytes: 'how full; BodiesRefused reads what the callers feel',
  crm_webhook_events: 'how many; WebhookBacklog, ReceiptsUnmatched and DeadLetters read what is wrong',
  crm_webhook_reports_total: 'the businesses watch their accounts: notices of the channel',
  crm_import_rows_total: 'how much is imported; a slice that fails is repeated, and Temporal shows it',
  crm_imports_ended_total: 'what users bring and decide: a file that cannot be read is theirs to mend',
  crm_opt_outs_total: 'people’s own decisions: the businesses watch them',
  crm_opt_out_canceled_messages_total: 'people’s own decisions: the businesses watch them',
  crm_channels_unverified:
    'anybody may name a number that is not theirs; ProviderFails reads what stops the checks',
  crm_agent_slots_corrected_total: 'corrected when it is counted; for the reports of bugs',
  crm_timers_total: 'a failed timer is repeated; TimersLate and TimersGivenUp read what stays',
  crm_rate_permits_waiting: 'grows with any campaign; MessagesNotDispatched tells when it is too much',
  crm_portfolio_refusals_total: 'how often; PortfolioFull reads whose messages wait, and since when',
  crm_pair_waits_total: 'waits of seconds that Meta’s pace asks for',
  crm_channels_paused:
    'people’s own pauses, and how many; ChannelPausedByProduct and TokenExpired read whose',
  crm_sweep_messages_total: 'counts those at work too; what the sweep misses is MessagesNotDispatched',
};

/** The pages of processes that have just started. */
const freshPages = () =>
  Promise.all((['api', 'worker'] as const).map((name) => createCrmMetrics(name).render()));

/** The labels of each selector of an expression whose values are listed: `code="a"`, `code=~"a|b"`. */
const listedLabels = (picked: string): Labels[] =>
  [...picked.matchAll(/(\w+)=~?"([^"]*)"/g)].reduce<Labels[]>(
    (made, [, label = '', values = '']) =>
      made.flatMap((one) => values.split('|').map((value) => ({ ...one, [label]: value }))),
    [{}],
  );

describe('a process that has just started', () => {
  it('every counter that an alert picks by its labels › is there with 0, so that the first event counts', async () => {
    const lines = (await freshPages()).join('\n').split('\n');
    let seen = 0;
    for (const { name: alert, expression } of alerts) {
      for (const [, series = '', picked = ''] of expression.matchAll(/\b(crm_\w+)\{([^}]*)\}/g)) {
        const instrument = instrumentBySeries.get(series);
        // The routes make the series of requests when the server mounts them; a test of the API looks at those.
        if (instrument === undefined || instrument.type === 'gauge' || series.startsWith('crm_http_request'))
          continue;
        for (const labels of listedLabels(picked)) {
          const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
          const isThere = lines.some(
            (line) => line.startsWith(`${series}{`) && wanted.every((part) => line.includes(part)),
          );
          assert.ok(isThere, `${alert}: ${series}{${wanted.join(',')}}`);
          seen += 1;
        }
      }
    }
    assert.ok(seen > 30, `${seen} series`);
  });
});

describe('instruments', () => {
  it('each › is read by an alert, or stands above with a reason', () => {
    const read = new Set(alerts.flatMap(({ expression }) => seriesIn(expression).map(({ name }) => name)));
    const unread = instruments.filter((one) => !seriesOf(one).some((series) => read.has(series)));
    assert.deepEqual(unread.map(({ name }) => name).toSorted(), Object.keys(unwatched).toSorted());
  });

  it('docs/metrics.md › has each of them, in order', () => {
    const rows = [...read('docs/metrics.md').matchAll(/^\| `(crm_\w+)`/gm)].map(([, name]) => name);
    assert.deepEqual(
      rows,
      instruments.map(({ name }) => name),
    );
  });

  it('names › say the unit last, as Prometheus wants them; none is there twice', () => {
    for (const { name, type, buckets } of instruments) {
      assert.match(name, /^crm_[a-z_]+$/);
      assert.equal(name.endsWith('_total'), type === 'counter', name);
      assert.equal(buckets !== undefined, type === 'histogram', name);
    }
    assert.equal(new Set(instruments.map(({ name }) => name)).size, instruments.length);
  });

  it('labels › never name a person, a message or a channel; a client only by its id, in gauges of clients', () => {
    const allowed = [
      ...[
        'kind',
        'priority',
        'status',
        'gate',
        'category',
        'outcome',
        'class',
        'code',
        'field',
        'word',
        'verdict',
        'bound',
      ],
      ...[
        'by',
        'source',
        'cause',
        'pool',
        'reason',
        'client',
        'dependency',
        'loop',
        'method',
        'route',
        'state',
      ],
    ];
    for (const { name, type, labels } of instruments) {
      const namesClients = labels.some((label) => label === 'client');
      assert.equal(namesClients, name.startsWith('crm_client_'), name);
      assert.ok(!namesClients || type === 'gauge', `${name}: a counter of every client has no bound`);
    }
    const used = new Set(instruments.flatMap(({ labels }) => labels));
    assert.deepEqual([...used].toSorted(), allowed.toSorted());
  });
});
