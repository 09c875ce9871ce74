import { instrumentTable } from '../../src/app/instruments.ts';
import type { InstrumentDefinition } from '../../src/platform/metrics.ts';
import { problems, type ProblemDefinition } from '../../src/platform/errors.ts';
import { planRetry, type ErrorRule } from '../../src/whatsapp/error-classes.ts';
import { classLetters } from '../../src/whatsapp/error-rule.ts';
import { errorRules } from '../../src/whatsapp/error-table.ts';

const generated = (source: string): string =>
  `<!-- Made by \`npm run docs\` from ${source}. Change it there; a test holds both equal. -->`;

/** docs/problems.md: every problem code of the HTTP interface. */
export function renderProblems(): string {
  const entries = Object.entries<ProblemDefinition>(problems);
  return [
    generated('src/platform/errors.ts'),
    '',
    '# Problems',
    '',
    'Every refusal is a problem document (RFC 9457): `type`, `title`, `status`, `detail`, `instance` (the request id),',
    '`code`, and `errors` with every validation issue. The API serves a page for each code at `/problems/<code>`.',
    '«Repeat» says whether the same request may succeed later without a change.',
    '',
    '| status | code | title | repeat | what to do |',
    '| --- | --- | --- | --- | --- |',
    ...entries.map(
      ([code, { status, title, retry, advice }]) =>
        `| ${status} | \`${code}\` | ${cell(title)} | ${retry ? 'yes' : 'no'} | ${cell(advice)} |`,
    ),
    '',
  ].join('\n');
}

/** docs/provider-errors.md: what each of Meta's codes does to a message. */
export function renderProviderErrors(): string {
  const entries = Object.entries(errorRules).toSorted(([a], [b]) => Number(a) - Number(b));
  return [
    generated('src/whatsapp/error-table.ts'),
    '',
    '# Provider errors',
    '',
    'What each error code of Meta’s Cloud API means for a message, in an answer to a send and in a `failed` receipt',
    'alike. A message that fails ends its workflow with the failure type `WA_<code>`, which the run’s page in the',
    'Temporal UI shows; the message itself has the code and the advice in `failure`.',
    '',
    '«Then» is what follows when the code answers a send: `fails` at once, or the waits before the next calls. A wait',
    'grows by up to a quarter by chance; a `Retry-After` of the provider replaces it. Where no number of calls is',
    'given, the message’s time to live (`DISPATCH_TTL_MS`, `expiresAt`) is the bound. Codes that are not listed: 200–299',
    'count as a missing permission, HTTP 429 and 5xx are tried again (5xx three times), everything else fails.',
    '',
    '| code | class | title | then | besides | what to do |',
    '| --- | --- | --- | --- | --- | --- |',
    ...entries.map(
      ([code, rule]) =>
        `| ${code} | ${rule.class} (${classLetters[rule.class]}) | ${cell(rule.title)} | ${describeThen(rule)} | ${besides(rule)} | ${cell(rule.advice)} |`,
    ),
    '',
  ].join('\n');
}

/** docs/metrics.md: every instrument of `/metrics`. */
export function renderMetrics(): string {
  return [
    generated('src/app/instruments.ts'),
    '',
    '# Metrics',
    '',
    'What the product shows at `GET /metrics`, of the API on `METRICS_PORT` and of the worker on `WORKER_METRICS_PORT`, in',
    'the text format of Prometheus. Every series has the label `process`; Node’s own (`process_…`, `nodejs_…`) are there',
    'too. No label names a client, a channel, a person or a message.',
    '',
    'Gauges of the database are measured every 15 s by each worker, and all of them say the same: take `max`, never `sum`.',
    'They stop counting at 5000. Counters and histograms belong to their process: take `sum(rate(…))`.',
    'Alerts: [deploy/prometheus/alerts.yml](../deploy/prometheus/alerts.yml), each with its [runbook](runbooks/README.md).',
    '',
    '| name | type | labels | of | what it says |',
    '| --- | --- | --- | --- | --- |',
    ...Object.values<InstrumentDefinition>(instrumentTable).map(
      ({ name, type, labels, processes, help }) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${processes.join(', ')} | ${cell(help)} |`,
    ),
    '',
  ].join('\n');
}

const shownWaits = 3;

/** What becomes of the message when the code answers its call. */
function describeThen(rule: ErrorRule): string {
  if (rule.class === 'sender' || rule.class === 'credentials')
    return 'waits until the channel is active again';
  if (rule.template === 'paused') return 'waits until the template is approved again';
  if (rule.class === 'marketing-endpoint') return 'called again at the marketing endpoint after 1 s';
  return describeRetries(rule);
}

const hourMs = 3_600_000;

/** What follows beside the message. */
function besides(rule: ErrorRule): string {
  const parts = [
    rule.class === 'sender' || rule.class === 'credentials' ? 'channel paused' : '',
    rule.pauseMs === undefined ? '' : `for at least ${rule.pauseMs / hourMs} h`,
    rule.template === undefined
      ? ''
      : { paused: 'template paused', disabled: 'template disabled', resync: 'template read anew' }[
          rule.template
        ],
    rule.slows === undefined
      ? ''
      : { channel: 'the channel slows down', pair: 'the person’s other messages wait too' }[rule.slows],
    rule.stopsMarketing === true ? 'marketing opt-out recorded' : '',
    rule.class === 'window' ? 'window closed' : '',
    rule.followUp === undefined
      ? ''
      : `a new message after ${describeMs(rule.followUp.afterMs)}, at most ${rule.followUp.most} times`,
  ];
  return parts.filter((part) => part !== '').join(', ') || '–';
}

function describeRetries(rule: ErrorRule): string {
  const waits: string[] = [];
  for (let attempt = 1; attempt <= shownWaits; attempt += 1) {
    const waitMs = planRetry({ rule, attempt, jitter: 0 });
    if (waitMs !== null) waits.push(describeMs(waitMs));
  }
  if (waits.length === 0) return 'fails';
  const calls = rule.maxAttempts === undefined ? '' : `, ${rule.maxAttempts} calls in all`;
  const more = rule.maxAttempts === undefined || rule.maxAttempts - 1 > waits.length ? ' …' : '';
  return `waits ${waits.join(', ')}${more}${calls}`;
}

const describeMs = (ms: number): string =>
  ms >= 60_000 && ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1_000} s`;

const cell = (text: string): string => text.replaceAll('|', '\\|');
