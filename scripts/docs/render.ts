import { instrumentTable } from '../../src/app/instruments.ts';
import type { InstrumentDefinition } from '../../src/platform/metrics.ts';
import { problems, type ProblemDefinition } from '../../src/platform/errors.ts';
import { classLetters } from '../../src/whatsapp/error-rule.ts';
import { describeAnswer, describeBesides, describeReceipt, errorEnds } from './error-ends.ts';

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

/** docs/provider-errors.md: what each of Meta’s codes does to a message. */
export function renderProviderErrors(): string {
  return [
    generated('scripts/docs/error-ends.ts, of src/whatsapp/error-table.ts'),
    '',
    '# Provider errors',
    '',
    'How each error code of Meta’s Cloud API ends: as an answer to a send, and as a `failed` receipt for a message that was',
    'accepted. `tests/e2e/error-codes.test.ts` provokes every row of this table at the sandbox and compares the end.',
    '',
    'A message that fails ends its workflow with the failure type `WA_<code>`, which the run’s page in the Temporal UI',
    'shows; the message itself has the code and the advice in `failure`. As long as it waits,',
    '`GET /api/messages/:id/timeline` says for what and until when.',
    '',
    'A wait grows by up to a quarter by chance; a `Retry-After` of the provider replaces it. Where no number of refusals is',
    'given, the message’s time to live (`DISPATCH_TTL_MS`, `expiresAt`) is the bound, and 300 calls. «Besides» follows an',
    'answer and a receipt alike, but that only an answer makes the person’s other messages wait.',
    '',
    'Nothing has to be done about a message that waits. «What to do» is about one that has failed; it is the `advice` in its',
    '`failure`. A new message that follows by itself is named by `retriedBy`; none follows a sign-in code, and none comes',
    'when its time is over.',
    '',
    '| code | class | title | as an answer | as a receipt | besides | what to do |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...errorEnds.map(
      (end) =>
        `| ${end.name} | ${end.class} (${classLetters[end.class]}) | ${cell(end.title)} | ${describeAnswer(end)} | ${describeReceipt(end)} | ${describeBesides(end)} | ${cell(end.advice)} |`,
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

const cell = (text: string): string => text.replaceAll('|', '\\|');
