import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import type { Log } from '../shared/log.ts';
import { groups, type Expected, type Incident } from './incidents.ts';
import type { IncidentOptions } from './options.ts';
import { startPrometheus, type MetricsPorts, type Prometheus } from './prometheus.ts';
import { toSeconds } from '../shared/report.ts';
import type { IncidentReport, StagedAlert } from './report.ts';
import { openStage, type Stage } from './stage.ts';

interface IncidentDeps {
  readonly cluster: Cluster;
  readonly log: Log;
  readonly prometheus: { readonly binary: string; readonly ports: MetricsPorts };
}

const pollMs = 1_000;

/** Stages one incident after the other, or several that do not disturb each other at once. */
export async function runIncidents(
  _options: IncidentOptions,
  { cluster, log, prometheus: options }: IncidentDeps,
): Promise<IncidentReport> {
  const stage = await openStage(cluster);
  const prometheus = await startPrometheus(options);
  const [staged, violations]: [StagedAlert[], string[]] = [[], []];
  try {
    for (const group of groups) {
      const outcomes = await Promise.all(group.map((one) => stageOne(one, { stage, prometheus, log })));
      staged.push(...outcomes.flatMap((outcome) => outcome.staged));
      violations.push(...outcomes.flatMap((outcome) => outcome.violations));
    }
    return { staged, violations };
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

async function stageOne(incident: Incident, playing: Playing): Promise<IncidentReport> {
  const { name, maxFiringMs } = incident;
  const { prometheus, log } = playing;
  const violations: string[] = [];
  const judge = (what: string, afterMs: number | null, limitMs: number): void => {
    const line = `${name}: ${what}`;
    log(afterMs === null ? `${line}: no` : `${line} after ${toSeconds(afterMs)}`);
    if (afterMs === null) violations.push(`${line}: not within ${toSeconds(limitMs)}`);
  };
  const { expected, cure, finish } = await incident.begin(playing.stage);
  log(`${name}: began`);
  const fired = await atOnce(expected, async (one) => {
    const afterMs = await timeUntil(() => fires(prometheus, one), maxFiringMs);
    judge(`${nameOf(one)} fires`, afterMs, maxFiringMs);
    return afterMs;
  });
  await cure?.();
  const ended = await atOnce(expected, async (one) => {
    const { maxEndingMs } = one;
    if (cure === undefined || maxEndingMs === undefined) return null;
    const afterMs = await timeUntil(async () => !(await fires(prometheus, one)), maxEndingMs);
    judge(`${nameOf(one)} ends`, afterMs, maxEndingMs);
    return afterMs;
  });
  finish?.();
  const staged = expected.map(({ alert }, index) => ({
    ...{ incident: name, alert },
    ...{ firedAfterMs: fired[index] ?? null, endedAfterMs: ended[index] ?? null },
  }));
  return { staged, violations };
}

const atOnce = <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> =>
  Promise.all(items.map(work));

const nameOf = ({ alert, client }: Expected): string =>
  client === null ? alert : `${alert} of client ${client}`;

async function fires(prometheus: Prometheus, { alert, client }: Expected): Promise<boolean> {
  const firing = await prometheus.readFiring();
  return firing.some((one) => one.name === alert && one.client === client);
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
