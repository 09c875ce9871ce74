import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries, Cluster } from '../cluster/cluster.ts';
import { withCluster } from '../cluster/with-cluster.ts';
import { firstCallsOf, messageIdOf, takenCalls, type LedgerItem } from '../shared/ledger.ts';
import type { Log } from '../shared/log.ts';
import { changeBehaviour } from '../shared/sandbox.ts';
import { waitUntilStill } from '../shared/wait.ts';
import { audit, type Findings } from './audit.ts';
import { describeCounts } from './counts.ts';
import { openEvidence, type EvidenceReader } from './evidence.ts';
import { planFaults, type PlannedFault } from './fault-plan.ts';
import { injectInTurn, troubleProvider } from './faults.ts';
import type { ChaosOptions } from './options.ts';
import { planRun, type Plan, type PlannedKill } from './plan.ts';
import { measureRecovery, type FaultSpan, type Recovery } from './recovery.ts';
import { createSender, type Sender } from './sender.ts';

export interface ChaosReport extends Findings {
  readonly options: ChaosOptions;
  readonly accepted: number;
  readonly repeats: number;
  readonly calls: number;
  readonly acceptedCalls: number;
  readonly statuses: ReadonlyMap<string, number>;
  readonly maxUnknown: number;
  /** Answers that the provider lost without a kill or fault. */
  readonly lostAnswers: number;
  readonly recoveries: readonly Recovery[];
  readonly sendingMs: number;
  readonly totalMs: number;
}

export interface ChaosEnvironment {
  readonly binaries: Binaries;
  readonly log: Log;
  /** Instead of the faults that the seed would choose. */
  readonly faults?: readonly PlannedFault[];
}

/** How many provider calls a worker makes at once: each kill or fault can leave as many outcomes unknown. */
const workerDispatches = 20;

const env = {
  LOG_LEVEL: 'warn',
  WORKER_MAX_DISPATCHES: String(workerDispatches),
  PROVIDER_SENDS_PER_SECOND: '300',
  // Longer than the 5 s for which the sandbox holds its answer back while it posts receipts first.
  PROVIDER_TIMEOUT_MS: '6000',
  SWEEP_INTERVAL_MS: '1000',
  SWEEP_OLDER_THAN_MS: '4000',
};

/** Longer than a lost attempt takes to be noticed. */
const maxStillMs = 90_000;

/** One run: sends, kills, makes faults, waits until everything has ended, compares. */
export async function runChaos(options: ChaosOptions, environment: ChaosEnvironment): Promise<ChaosReport> {
  const { binaries, log, faults = planFaults(options) } = environment;
  const hasFaults = faults.length > 0;
  const startedAt = performance.now();
  return withCluster({ name: 'chaos', binaries, env, log, hasFaults }, async (cluster) => {
    const evidence = await openEvidence(cluster);
    try {
      // A call must take some time, or a kill hardly ever hits one.
      await changeBehaviour(cluster.sandboxUrl, { latencyMs: 150 });
      const plan = planRun(options);
      const pace = hasFaults ? options.pacePerSecond : null;
      const sender = await createSender(cluster.apiUrl, `chaos-${options.seed}`, pace);
      const sendingFrom = performance.now();
      const spans = await sendAndDisturb({ plan, faults, options }, { cluster, sender, log });
      const sendingMs = performance.now() - sendingFrom;
      log(`all ${sender.accepted.length} messages are accepted`);
      await untilAllHaveEnded(evidence, log);
      const report = await compare({ options, spans }, { evidence, sender });
      return { ...report, sendingMs, totalMs: performance.now() - startedAt };
    } finally {
      await evidence.close();
    }
  });
}

interface Running {
  readonly cluster: Cluster;
  readonly sender: Sender;
  readonly log: Log;
}

interface Disturbance {
  readonly plan: Plan;
  readonly faults: readonly PlannedFault[];
  readonly options: ChaosOptions;
}

/** Sends everything while processes are killed and faults come and go; returns when each fault was. */
async function sendAndDisturb(
  { plan, faults, options }: Disturbance,
  running: Running,
): Promise<readonly FaultSpan[]> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const killing = killInTurn(plan.kills, running, signal);
  const { pauseMs, pacePerSecond } = options;
  const injecting = injectInTurn(faults, { ...running, pauseMs, pacePerSecond }, signal);
  const troubling = faults.length === 0 ? undefined : troubleProvider(running, options.seed, signal);
  const sending = Promise.all([running.sender.sendAll(plan.messages), killing, injecting]);
  try {
    await Promise.all([sending.finally(() => stopping.abort()), troubling]);
    return await injecting;
  } finally {
    stopping.abort();
    await Promise.allSettled([killing, injecting, troubling]);
  }
}

async function killInTurn(
  kills: readonly PlannedKill[],
  { cluster, sender, log }: Running,
  signal: AbortSignal,
): Promise<void> {
  for (const { target, afterAccepted, delayMs } of kills) {
    while (sender.accepted.length < afterAccepted && !signal.aborted) await sleep(10);
    await sleep(delayMs);
    if (signal.aborted) return;
    await cluster.kill(target);
    log(`kill -9 ${target} with ${sender.accepted.length} messages accepted`);
  }
}

const endStatuses = new Set(['read', 'failed']);

/** Every message read or failed; or unknown, if the provider never took it, so that no receipt will come. */
const untilAllHaveEnded = (evidence: EvidenceReader, log: Log): Promise<boolean> =>
  waitUntilStill({
    async look() {
      // While a process is being started again there may be no answer.
      const counts = await evidence.countStatuses().catch(() => null);
      if (counts === null) return null;
      return { isOver: await isOver(evidence, counts).catch(() => false), state: describeCounts(counts) };
    },
    maxStillMs,
    pollMs: 250,
    log,
  });

async function isOver(evidence: EvidenceReader, counts: ReadonlyMap<string, number>): Promise<boolean> {
  const isWaiting = [...counts.keys()].some((status) => !endStatuses.has(status) && status !== 'unknown');
  if (isWaiting || !(await evidence.areReceiptsHandled())) return false;
  return (await evidence.countUnsettled()) === 0;
}

async function compare(
  { options, spans }: { options: ChaosOptions; spans: readonly FaultSpan[] },
  { evidence, sender }: { evidence: EvidenceReader; sender: Sender },
): Promise<Omit<ChaosReport, 'sendingMs' | 'totalMs'>> {
  const { accepted } = sender;
  const stored = await evidence.readStored();
  const ledger: readonly LedgerItem[] = await evidence.readLedger();
  const workflows = await evidence.readWorkflows(accepted.map(({ id }) => id));
  const lostAnswers = countLostAnswers(ledger, sender);
  const maxUnknown = (options.kills + spans.length) * workerDispatches + lostAnswers;
  return {
    ...audit({ accepted, stored, ledger, workflows, maxUnknown }),
    options,
    accepted: accepted.length,
    repeats: sender.repeats(),
    calls: ledger.length,
    acceptedCalls: takenCalls(ledger).length,
    statuses: await evidence.countStatuses(),
    maxUnknown,
    lostAnswers,
    recoveries: measureRecovery(spans, {
      dueAtMs: sender.dueAtMs,
      firstCallAtMs: firstCallsOf(ledger),
      ratePerSecond: options.pacePerSecond,
    }),
  };
}

/** Answers for numbers ending in 05 are lost in every run and not counted. */
function countLostAnswers(ledger: readonly LedgerItem[], { accepted }: Sender): number {
  const losing = new Set(accepted.filter(({ digits }) => digits === '05').map(({ id }) => id));
  return takenCalls(ledger).filter((item) => item.answered === null && !losing.has(messageIdOf(item))).length;
}
