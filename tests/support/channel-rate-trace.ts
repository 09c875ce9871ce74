import { createRandom } from '../../proofs/shared/random.ts';
import { createPermitStock } from '../../src/rates/channel/permit-stock.ts';
import { allocate, leaseMs, type ChannelRate, wantedShare } from '../../src/rates/channel/rules.ts';

/** A small seeded random generator, so that a trace can be repeated. */
export function seededChance(seed: number): (below: number) => number {
  const random = createRandom(seed);
  return (below) => random() * below;
}

export interface TraceOptions {
  readonly seed: number;
  readonly limit: number;
  readonly holders: number;
  readonly lastsMs: number;
  /** Maximum latency of a call to the provider, and of its answer. */
  readonly slowestCallMs: number;
  readonly slowestAnswerMs: number;
  /** Of 100 renewals, how many are lost before the write, and how many answers are lost after it. */
  readonly lostPercent: number;
  /** Whether a holder sometimes dies with calls in flight and another one starts. */
  readonly hasCrashes: boolean;
  /** A period in which no renewal succeeds. */
  readonly outage?: { readonly fromMs: number; readonly untilMs: number };
}

export interface Trace {
  /** The arrival times of calls at the provider, in order. */
  readonly arrivals: readonly number[];
  /** The permits of all live leases, after each renewal. */
  readonly sums: readonly { readonly atMs: number; readonly permits: number }[];
}

/** Runs holders and their shared record through virtual time: real rules, simulated clock and network. */
export function runTrace(options: TraceOptions): Trace {
  const chance = seededChance(options.seed);
  const queue: { readonly atMs: number; run(): void }[] = [];
  const at = (atMs: number, run: () => void) => {
    const place = queue.findLastIndex((event) => event.atMs <= atMs) + 1;
    queue.splice(place, 0, { atMs, run });
  };
  const arrivals: number[] = [];
  const sums: { atMs: number; permits: number }[] = [];
  let rate: ChannelRate = { limit: options.limit, factor: 1, slowedAt: null, leases: [] };
  let nowMs = 0;
  let started = 0;

  function startHolder(): void {
    started += 1;
    const holder = `holder-${started}`;
    const stock = createPermitStock();
    // Each holder's clock has its own origin.
    const offsetMs = chance(1e6);
    const local = () => nowMs + offsetMs;
    let isAlive = true;

    const renew = () => {
      if (!isAlive) return;
      const askedAtMs = local();
      const inUse = stock.held(askedAtMs) + chance(options.limit);
      const ask = {
        holder,
        keeps: stock.keeps(askedAtMs),
        wanted: wantedShare(options.limit, Math.ceil(inUse)),
      };
      const isOut =
        options.outage !== undefined && nowMs >= options.outage.fromMs && nowMs < options.outage.untilMs;
      if (!isOut && chance(100) >= options.lostPercent) at(nowMs + chance(60), () => write(ask, askedAtMs));
      at(nowMs + 150 + chance(900), renew);
    };
    const write = (ask: { holder: string; keeps: number; wanted: number }, askedAtMs: number) => {
      const { leases, permits, target } = allocate(rate, { ...ask, now: new Date(nowMs) });
      rate = { ...rate, leases };
      const live = leases.filter(({ expiresAt }) => expiresAt.getTime() > nowMs);
      sums.push({ atMs: nowMs, permits: live.reduce((sum, lease) => sum + lease.permits, 0) });
      if (chance(100) < options.lostPercent) return;
      at(nowMs + chance(60), () => stock.renew({ permits, target }, askedAtMs, leaseMs));
    };
    const send = () => {
      if (!isAlive) return;
      at(nowMs + 1 + chance(2_000 / options.limit), send);
      const takenAtMs = local();
      if (!stock.take(takenAtMs)) return;
      at(nowMs + chance(300), () => {
        if (!isAlive) return;
        if (stock.stillHolds(local())) call(takenAtMs);
        else stock.answered(local(), takenAtMs);
      });
    };
    const call = (takenAtMs: number) => {
      at(nowMs + chance(options.slowestCallMs), () => {
        arrivals.push(nowMs);
        at(nowMs + chance(options.slowestAnswerMs), () => stock.answered(local(), takenAtMs));
      });
    };
    renew();
    send();
    if (options.hasCrashes) {
      at(nowMs + 1_000 + chance(10_000), () => {
        isAlive = false;
        at(nowMs + chance(2_000), startHolder);
      });
    }
  }

  for (let count = 0; count < options.holders; count += 1) at(chance(3_000), startHolder);
  for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
    nowMs = event.atMs;
    if (nowMs > options.lastsMs) break;
    event.run();
  }
  return { arrivals, sums };
}

/** The maximum number of arrivals in any window of `windowMs`, by checking every window that starts with a call. */
export function fullestWindow(arrivals: readonly number[], windowMs = 1_000): number {
  const sorted = arrivals.toSorted((one, other) => one - other);
  let fullest = 0;
  let first = 0;
  for (const [index, atMs] of sorted.entries()) {
    while ((sorted[first] ?? atMs) <= atMs - windowMs) first += 1;
    fullest = Math.max(fullest, index - first + 1);
  }
  return fullest;
}
