import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import type { Log } from '../shared/log.ts';
import { toSeconds } from '../shared/report.ts';
import { groups, type Begun, type Expected, type Incident } from './incidents.ts';
import type { IncidentOptions } from './options.ts';
import { startPrometheus, type MetricsPorts, type Prometheus } from './prometheus.ts';
import type { IncidentReport, StagedAlert } from './report.ts';
import { openStage, type Stage } from './stage.ts';

interface IncidentDeps {
  readonly cluster: Cluster;
  readonly log: Log;
  readonly prometheus: { readonly binary: string; readonly ports: MetricsPorts };
}

const pollMs = 1_000;
/** Two scrapes and an evaluation: by then an alert that counts twice, or should be quiet, has shown it. */
const watchMs = 45_000;

/** Stages one incident after the other, or several that do not disturb each other at once. */
export async function runIncidents(
  { from, to }: IncidentOptions,
  { cluster, log, prometheus: options }: IncidentDeps,
): Promise<IncidentReport> {
  const stage = await openStage(cluster);
  const prometheus = await startPrometheus(options);
  const outcomes: Outcome[] = [];
  const startedAt = performance.now();
  try {
    // The first group is about a worker that was not started.
    if (from > 1) await cluster.startWorker();
    let hasSecond = false;
    for (const { incidents, withSecond = false } of groups.slice(from - 1, to)) {
      if (withSecond && !hasSecond) {
        await Promise.all([cluster.startSecond(), prometheus.addSecond()]);
        hasSecond = true;
      }
      const playing = { stage, prometheus, log };
      outcomes.push(...(await Promise.all(incidents.map((one) => stageOne(one, playing)))));
    }
    const staged = outcomes.flatMap((outcome) => outcome.staged);
    const fired = await prometheus.readFired((performance.now() - startedAt) / 1_000);
    return {
      staged,
      violations: outcomes.flatMap((outcome) => outcome.violations),
      notStaged: outcomes.flatMap((outcome) => outcome.notStaged),
      others: fired.filter((name) => !staged.some(({ alert }) => alert === name)),
    };
  } finally {
    await prometheus.stop();
    await stage.close();
  }
}

interface Playing {
  readonly stage: Stage;
  readonly prometheus: Prometheus;
  readonly log: Log;
}

type Outcome = Omit<IncidentReport, 'others'>;

async function stageOne(incident: Incident, playing: Playing): Promise<Outcome> {
  const { name, maxFiringMs } = incident;
  const { prometheus, log } = playing;
  const violations: string[] = [];
  const judge = (what: string, afterMs: number | null, limitMs: number): void => {
    const line = `${name}: ${what}`;
    log(afterMs === null ? `${line}: no` : `${line} after ${toSeconds(afterMs)}`);
    if (afterMs === null) violations.push(`${line}: not within ${toSeconds(limitMs)}`);
  };
  const beganAt = performance.now();
  const begun = await incident.begin(playing.stage);
  if (begun === null)
    return { staged: [], violations, notStaged: [`${name}: no user namespaces, or no util-linux`] };
  const { expected, cure, finish } = begun;
  log(`${name}: began`);
  const fired = await atOnce(expected, async (one) => {
    const afterMs = await timeUntil(() => fires(prometheus, one), maxFiringMs);
    judge(`${nameOf(one)} fires`, afterMs, maxFiringMs);
    return afterMs;
  });
  const isCounted = expected.some(({ value }) => value !== undefined);
  if (isCounted) await sleep(watchMs);
  for (const one of isCounted ? expected : [])
    if (!(await fires(prometheus, one))) violations.push(`${name}: ${nameOf(one)} counts wrong`);
  await cure?.();
  const ended = await atOnce(expected, async (one) => {
    const { maxEndingMs } = one;
    if (cure === undefined || maxEndingMs === undefined) return null;
    const afterMs = await timeUntil(async () => !(await fires(prometheus, one)), maxEndingMs);
    judge(`${nameOf(one)} ends`, afterMs, maxEndingMs);
    return afterMs;
  });
  finish?.();
  for (const loud of await readLoud(prometheus, begun, beganAt))
    violations.push(`${name}: ${loud} fires, and must not`);
  const staged = expected.map(({ alert }, index): StagedAlert => ({
    ...{ incident: name, alert },
    ...{ firedAfterMs: fired[index] ?? null, endedAfterMs: ended[index] ?? null },
  }));
  return { staged, violations, notStaged: [] };
}

/** The alerts that fired since the incident began although they must not. */
async function readLoud(prometheus: Prometheus, { quiet = [] }: Begun, beganAt: number): Promise<string[]> {
  if (quiet.length === 0) return [];
  const fired = await prometheus.readFired((performance.now() - beganAt) / 1_000);
  return fired.filter((name) => quiet.includes(name));
}

const atOnce = <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> =>
  Promise.all(items.map(work));

const nameOf = ({ alert, client, value }: Expected): string =>
  `${alert}${client === null ? '' : ` of client ${client}`}${value === undefined ? '' : ` (${value})`}`;

async function fires(prometheus: Prometheus, { alert, client, value }: Expected): Promise<boolean> {
  const firing = await prometheus.readFiring();
  return firing.some(
    (one) => one.name === alert && one.client === client && (value === undefined || one.value === value),
  );
}

/** Milliseconds until the condition holds; null if it does not within the limit. */
async function timeUntil(holds: () => Promise<boolean>, limitMs: number): Promise<number | null> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < limitMs) {
    if (await holds()) return performance.now() - startedAt;
    await sleep(pollMs);
  }
  return null;
}
