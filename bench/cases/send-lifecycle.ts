import { setTimeout as sleep } from 'node:timers/promises';
import { runLifecycles } from '../load/lifecycle.ts';
import { verifyMessages, verifyWorkflows, type HistorySize } from '../load/verify.ts';
import { startMeter, type Crew, type Usage } from '../meter.ts';
import type { BenchOptions } from '../options.ts';
import { residentMib } from '../process-cpu.ts';
import { describeRatio, percent, round, writeResult } from '../report.ts';
import type { Log } from '../stage/stage.ts';
import { median, summarizeRatios } from '../stats.ts';
import { receiptDelaysMs, withLifecycleStage, type LifecycleStage } from './lifecycle-stage.ts';

const costTargets = { better: 'less', floor: 1.5, goal: 1.25, moonshot: 1 } as const;
const rateTargets = { better: 'more', floor: 0.3, goal: 0.4, moonshot: 0.6 } as const;

/** Work that the servers do after a message's last answer is part of its cost. */
const settleMs = 1_000;
const warmUpMessages = 100;

const kinds = ['ours', 'bare', 'noop'] as const;
type Kind = (typeof kinds)[number];

interface RoundFigures {
  readonly cpuMsPerOperation: number;
  readonly cpuMsByProcess: Readonly<Record<string, number>>;
  readonly operationsPerSecond: number;
  readonly history: HistorySize;
  readonly othersShare: number;
}

/**
 * B1: the cost of a message from the request to `read`, compared with workflows of the same shape that do nothing.
 */
export async function benchSendLifecycle(options: BenchOptions, log: Log): Promise<void> {
  const { rounds, messages: count, inFlight, profileDir } = options;
  const results = await withLifecycleStage({ inFlight, profileDir, log }, async (stage) => {
    log(`B1: ${rounds} rounds of ${count} messages, ${inFlight} in flight; first a warm-up`);
    for (const kind of kinds)
      await measure(stage, kind, { count: Math.min(warmUpMessages, count), inFlight });
    const figures: Record<Kind, RoundFigures[]> = { ours: [], bare: [], noop: [] };
    for (let index = 1; index <= rounds; index += 1) {
      for (const kind of kinds) {
        const figure = await measure(stage, kind, { count, inFlight });
        figures[kind].push(figure);
        log(`round ${index} ${kind}: ${describeRound(figure)}`);
      }
    }
    const residentAfter = { api: residentMib(stage.pids.api), worker: residentMib(stage.pids.worker) };
    return { figures, residentMibAfter: residentAfter };
  });
  const { figures } = results;
  const costs = (kind: Kind) => figures[kind].map(({ cpuMsPerOperation }) => cpuMsPerOperation);
  const rates = (kind: Kind) => figures[kind].map(({ operationsPerSecond }) => operationsPerSecond);
  const cost = summarizeRatios(costs('ours'), costs('bare'));
  const rate = summarizeRatios(rates('ours'), rates('noop'));
  log(describeRatio('B1 (a) CPU of a message ÷ bare workflow of the same shape', cost, costTargets));
  log(describeRatio('B1 (b) messages/s ÷ no-op workflows/s', rate, rateTargets));
  const medians = Object.fromEntries(kinds.map((kind) => [kind, median(costs(kind))]));
  log(await writeResult('b1', { options, cost, rate, medianCpuMs: medians, ...results }));
}

async function measure(
  stage: LifecycleStage,
  kind: Kind,
  { count, inFlight }: { count: number; inFlight: number },
): Promise<RoundFigures> {
  if (kind === 'ours') await stage.api.logIn();
  const stop = startMeter(crewOf(stage, kind));
  const startedAt = performance.now();
  const ids = await runAll(stage, kind, { count, inFlight });
  const runMs = performance.now() - startedAt;
  await sleep(settleMs);
  const usage = stop();
  if (kind === 'ours')
    await verifyMessages(ids, { sandboxUrl: stage.product.sandboxUrl, messages: stage.messages });
  const workflowIds = kind === 'ours' ? ids.map((id) => `message:${id}`) : ids;
  const history = await verifyWorkflows(stage.temporal, workflowIds);
  return toFigures(usage, { count, runMs, history });
}

/** Sandbox and clients are not part of the product; MongoDB is not part of the baselines. */
function crewOf({ stage, pids, baseline }: LifecycleStage, kind: Kind): Crew {
  const { temporal, mongod } = stage.pids;
  return kind === 'ours' ? { ...pids, mongod, temporal } : { baseline: baseline.pid, temporal };
}

async function runAll(
  { api, messages, baseline }: LifecycleStage,
  kind: Kind,
  { count, inFlight }: { count: number; inFlight: number },
): Promise<readonly string[]> {
  if (kind === 'ours') return (await runLifecycles(api, messages, { count, inFlight })).messageIds;
  return baseline.run({ kind: kind === 'bare' ? 'lifecycle' : 'noop', count, inFlight, receiptDelaysMs });
}

function toFigures(
  usage: Usage,
  { count, runMs, history }: { count: number; runMs: number; history: HistorySize },
): RoundFigures {
  return {
    cpuMsPerOperation: round(usage.totalCpuMs / count),
    cpuMsByProcess: Object.fromEntries(
      Object.entries(usage.cpuMs).map(([name, cpuMs]) => [name, round(cpuMs / count)]),
    ),
    operationsPerSecond: round((count * 1_000) / runMs),
    history: { events: round(history.events), bytes: round(history.bytes, 0) },
    othersShare: round(usage.othersShare),
  };
}

function describeRound(figures: RoundFigures): string {
  const { cpuMsPerOperation, cpuMsByProcess, operationsPerSecond, history, othersShare } = figures;
  const shares = Object.entries(cpuMsByProcess).map(([name, cpuMs]) => `${name} ${cpuMs.toFixed(1)}`);
  return (
    `${cpuMsPerOperation.toFixed(1)} ms CPU each (${shares.join(', ')}), ${operationsPerSecond.toFixed(1)}/s, ` +
    `${history.events} events; others took ${percent(othersShare)} of the machine`
  );
}
