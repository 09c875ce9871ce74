import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import { messageIdOf, readLedger } from '../shared/ledger.ts';
import type { Log } from '../shared/log.ts';
import { changeBehaviour } from '../shared/sandbox.ts';
import { describeFault, type Fault, type PlannedFault } from './fault-plan.ts';
import { normalMs, type FaultSpan } from './recovery.ts';
import type { Sender } from './sender.ts';

/** Of links and commands. Shorter than the provider's timeout, so that one fault cannot hit a call twice. */
const faultMs = 5_000;
/** These hit only the connections that are open. */
const momentary = new Set(['reset']);

interface Running {
  readonly cluster: Cluster;
  readonly sender: Sender;
  readonly log: Log;
  /** How long a process is frozen. */
  readonly pauseMs: number;
  readonly pacePerSecond: number;
}

/** Makes the faults one after the other, each once messages flow again; returns when each began and was over. */
export async function injectInTurn(
  faults: readonly PlannedFault[],
  running: Running,
  signal: AbortSignal,
): Promise<FaultSpan[]> {
  const spans: FaultSpan[] = [];
  const flow = createFlow(running);
  for (const { fault, afterAccepted } of faults) {
    while (running.sender.accepted.length < afterAccepted && !signal.aborted) await sleep(10);
    if (signal.aborted) break;
    const name = describeFault(fault);
    running.log(`${name} with ${running.sender.accepted.length} messages accepted`);
    const startedAtMs = Date.now();
    const { healedAtMs = startedAtMs, failedCommands = 0 } = await inject(fault, running);
    spans.push({ name, startedAtMs, healedAtMs, failedCommands });
    await flow.untilFull(signal);
  }
  return spans;
}

/** The next fault comes even if nothing recovers from this one. */
const maxRecoveryMs = 60_000;
/** A message that the provider has not seen after this long was cut off or waits for its retry. */
const lookBackMs = 30_000;

/** Follows the provider's ledger while messages are being sent. */
function createFlow({ cluster, sender, pacePerSecond }: Running) {
  const seen = new Set<string>();
  let itemCount = 0;

  async function isFull(): Promise<boolean> {
    const items = await readLedger(cluster.sandboxUrl, itemCount);
    itemCount += items.length;
    for (const item of items) seen.add(messageIdOf(item));
    const now = Date.now();
    const isLate = ([id, dueAt]: [string, number]) =>
      dueAt > now - lookBackMs && dueAt < now - normalMs && !seen.has(id);
    const late = [...sender.dueAtMs].filter(isLate).length;
    return sender.countOverdue(now - normalMs) + late < pacePerSecond;
  }

  return {
    /** A message that a fault holds up is late only a moment after it, so the first look comes later. */
    async untilFull(signal: AbortSignal): Promise<void> {
      const deadline = performance.now() + maxRecoveryMs;
      await sleep(normalMs + 500);
      while (!signal.aborted && performance.now() < deadline && !(await isFull())) await sleep(100);
    },
  };
}

interface Injected {
  /** Absent when the fault was over as it began. */
  readonly healedAtMs?: number;
  readonly failedCommands?: number;
}

async function inject(fault: Fault, { cluster, pauseMs, log }: Running): Promise<Injected> {
  switch (fault.kind) {
    case 'step-down': {
      await cluster.stepDown();
      return {};
    }
    case 'pause': {
      const goOn = await cluster.pause(fault.target);
      await sleep(pauseMs).finally(goOn);
      return { healedAtMs: Date.now() };
    }
    case 'link': {
      const link = await cluster.link(fault.link);
      link.apply(fault.fault);
      await sleep(momentary.has(fault.fault) ? 0 : faultMs);
      link.heal();
      return { healedAtMs: Date.now() };
    }
    case 'commands': {
      const failedCommands = await cluster.failCommands(fault, faultMs);
      log(`failed commands: ${failedCommands}`);
      return { healedAtMs: Date.now(), failedCommands };
    }
  }
}

const refusedEvery = 100;
const refusals = [
  { status: 500, code: 131_000 },
  { status: 429, code: 130_429, headers: { 'retry-after': '1' } },
] as const;

/** Makes the provider lose one answer in a hundred, and refuse one call with 500 and one with 429 every hundred messages. */
export async function troubleProvider(
  { cluster, sender }: Pick<Running, 'cluster' | 'sender'>,
  seed: number,
  signal: AbortSignal,
): Promise<void> {
  await changeBehaviour(cluster.sandboxUrl, { dropAnswers: { rate: 0.01, seed } });
  for (let next = refusedEvery / 2; !signal.aborted; next += refusedEvery) {
    while (sender.accepted.length < next && !signal.aborted) await sleep(50);
    if (!signal.aborted) {
      await changeBehaviour(cluster.sandboxUrl, {
        nextErrors: refusals.map((refusal) => ({ ...refusal, times: 1 })),
      });
    }
  }
}
