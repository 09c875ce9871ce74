import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { audit, type Findings } from './audit.ts';
import { behave } from './behave.ts';
import { startCluster, type Binaries, type Cluster } from './cluster.ts';
import { openEvidence, type EvidenceReader } from './evidence.ts';
import { planFaults, type PlannedFault } from './fault-plan.ts';
import { injectInTurn, troubleProvider } from './faults.ts';
import { firstCallsOf, messageIdOf, type LedgerItem } from './ledger.ts';
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
  readonly mostUnknown: number;
  /** Answers that the provider has lost by itself. */
  readonly lostAnswers: number;
  readonly recoveries: readonly Recovery[];
  readonly sendingMs: number;
  readonly totalMs: number;
}

export interface ChaosEnvironment {
  readonly binaries: Binaries;
  readonly log: (line: string) => void;
  /** Keeps the data and the logs of a run that has found something. */
  readonly keepsFolder: boolean;
  /** Instead of those that the seed would choose. */
  readonly faults?: readonly PlannedFault[];
}

/** How many provider calls a worker makes at once; each kill or fault can leave so many outcomes unknown. */
const workerDispatches = 20;

const env = {
  LOG_LEVEL: 'warn',
  WORKER_MAX_DISPATCHES: String(workerDispatches),
  PROVIDER_SENDS_PER_SECOND: '300',
  // Longer than the 5 s for which the sandbox holds its answer back while it tells receipts first.
  PROVIDER_TIMEOUT_MS: '6000',
  SWEEP_INTERVAL_MS: '1000',
  SWEEP_OLDER_THAN_MS: '4000',
};

/** Without any change for so long, what is left will never end. Longer than a lost attempt takes to be noticed. */
const stillMs = 90_000;

/** One run: sends, kills, makes faults, waits until everything has ended, compares. */
export async function runChaos(options: ChaosOptions, environment: ChaosEnvironment): Promise<ChaosReport> {
  const { binaries, keepsFolder, faults = planFaults(options) } = environment;
  const folder = await mkdtemp(join(tmpdir(), 'whatsapp-crm-chaos-'));
  const startedAt = performance.now();
  const log = (line: string) => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6);
    environment.log(`${seconds} s  ${line}`);
  };
  const hasFaults = faults.length > 0;
  const cluster = await startCluster({ binaries, folder, env, log, hasFaults });
  const evidence = await openEvidence(cluster);
  let isClean = false;
  try {
    log('everything runs');
    // A call must take some time, or a kill hardly ever hits one.
    await behave(cluster.sandboxUrl, { latencyMs: 150 });
    const plan = planRun(options);
    const pace = hasFaults ? options.pacePerSecond : null;
    const sender = await createSender(cluster.apiUrl, `chaos-${options.seed}`, pace);
    const sendingFrom = performance.now();
    const spans = await sendAndDisturb({ plan, faults, options }, { cluster, sender, log });
    const sendingMs = performance.now() - sendingFrom;
    log(`all ${sender.accepted.length} messages are accepted`);
    await untilAllHaveEnded(evidence, log);
    const report = await compare({ options, spans }, { evidence, sender });
    isClean = report.violations.length === 0;
    return { ...report, sendingMs, totalMs: performance.now() - startedAt };
  } finally {
    await evidence.close();
    await cluster.stop();
    if (isClean || !keepsFolder) await rm(folder, { recursive: true, force: true });
    else log(`data and logs are in ${folder}`);
  }
}

interface Running {
  readonly cluster: Cluster;
  readonly sender: Sender;
  readonly log: (line: string) => void;
}

interface Disturbance {
  readonly plan: Plan;
  readonly faults: readonly PlannedFault[];
  readonly options: ChaosOptions;
}

/** Sends everything while processes are killed and faults come and go; answers when each fault was. */
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
async function untilAllHaveEnded(evidence: EvidenceReader, log: (line: string) => void): Promise<void> {
  let [last, changedAt, saidAt] = ['', performance.now(), performance.now()];
  for (;;) {
    // While a process is being started again there may be no answer.
    const counts = await evidence.countStatuses().catch(() => null);
    const now = performance.now();
    const seen = counts === null ? last : describeCounts(counts);
    if (seen !== last) [last, changedAt] = [seen, now];
    if (counts !== null && (await isOver(evidence, counts).catch(() => false))) return;
    if (now - changedAt > stillMs) return log(`nothing has changed for ${stillMs / 1_000} s: ${last}`);
    if (now - saidAt > 10_000) {
      log(last);
      saidAt = now;
    }
    await sleep(250);
  }
}

async function isOver(evidence: EvidenceReader, counts: ReadonlyMap<string, number>): Promise<boolean> {
  const isWaiting = [...counts.keys()].some((status) => !endStatuses.has(status) && status !== 'unknown');
  if (isWaiting || !(await evidence.areReceiptsHandled())) return false;
  return (await evidence.countUnsettled()) === 0;
}

export const describeCounts = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([status, count]) => `${status} ${count}`)
    .join(', ');

async function compare(
  { options, spans }: { options: ChaosOptions; spans: readonly FaultSpan[] },
  { evidence, sender }: { evidence: EvidenceReader; sender: Sender },
): Promise<Omit<ChaosReport, 'sendingMs' | 'totalMs'>> {
  const { accepted } = sender;
  const stored = await evidence.readStored();
  const ledger: readonly LedgerItem[] = await evidence.readLedger();
  const workflows = await evidence.readWorkflows(accepted.map(({ id }) => id));
  const lostAnswers = countLostAnswers(ledger, sender);
  const mostUnknown = (options.kills + spans.length) * workerDispatches + lostAnswers;
  return {
    ...audit({ accepted, stored, ledger, workflows, mostUnknown }),
    options,
    accepted: accepted.length,
    repeats: sender.repeats(),
    calls: ledger.length,
    acceptedCalls: ledger.filter(({ wamid }) => wamid !== null).length,
    statuses: await evidence.countStatuses(),
    mostUnknown,
    lostAnswers,
    recoveries: measureRecovery(spans, {
      dueAtMs: sender.dueAtMs,
      firstCallAtMs: firstCallsOf(ledger),
      ratePerSecond: options.pacePerSecond,
    }),
  };
}

/** Those of numbers ending in 05 are lost in every run and counted nowhere. */
function countLostAnswers(ledger: readonly LedgerItem[], { accepted }: Sender): number {
  const losing = new Set(accepted.filter(({ digits }) => digits === '05').map(({ id }) => id));
  return ledger.filter(
    (item) => item.wamid !== null && item.answered === null && !losing.has(messageIdOf(item)),
  ).length;
}
