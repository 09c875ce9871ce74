/**
 * How the sending rate of one channel is shared out among the workers. Pure.
 *
 * The promise: in any second, measured where the provider is, at most L calls arrive, however long each was on its way.
 *
 * Why it holds. Nobody calls without a *permit*, which is held from before the call until one second after its answer
 * has come in (`coolDownMs`). Take any window [t, t + 1 s) and look at the instant just before it ends. A call that
 * arrived within the window, at a, began before that instant; its answer came at a or later, so its permit is held until
 * a + 1 s at least, which is after that instant. So every call of the window holds its permit at that one instant, and
 * at any instant at most L permits are held: there can be at most L calls.
 *
 * That at most L are held, over all workers, is kept by *leases* in the database. A worker holds no more than the
 * `permits` of its lease; the permits of all leases that have not ended come to no more than L. Who wants more takes only
 * what is free. Who has more than a fair share stops handing out first, says at the next renewal how many it still
 * `keeps`, and only then the record shrinks: it always says what a worker *may still* hold. A worker that dies leaves its
 * share behind until the lease has ended. A worker hands out no permit whose call and second might outlast its own lease
 * (`permit-stock.ts`), so a share that is given to somebody else is no longer in use.
 */
export const coolDownMs = 1_000;

/** A lease is renewed about every second, so that one that ends was missed several times. */
export const leaseMs = 5_000;

/** For the difference between the clocks of the database's servers: the record is judged by the one that is primary. */
const graceMs = 500;

/** How long one holder keeps its turn when there are more holders than permits. */
const turnMs = 10_000;

/** What one worker may hold of a channel's permits. */
export interface Lease {
  readonly holder: string;
  readonly permits: number;
  /** How many it could use; a share is never larger. */
  readonly wanted: number;
  readonly expiresAt: Date;
}

/** The learned part of a rate: what the provider's refusals have made of the limit. */
export interface LearnedRate {
  /** What part of the limit was left at `slowedAt`; 1 before the first refusal. */
  readonly factor: number;
  readonly slowedAt: Date | null;
}

export interface ChannelRate extends LearnedRate {
  /** Calls per second that the channel's settings allow. */
  readonly limit: number;
  readonly leases: readonly Lease[];
}

export interface ShareAsk {
  readonly holder: string;
  /** The most that the holder will hold from now until it has the answer. It cannot be taken away by deciding so. */
  readonly keeps: number;
  /** How many it could use; 0 to leave. */
  readonly wanted: number;
  readonly now: Date;
}

export interface Allocation {
  readonly leases: readonly Lease[];
  /** What the record now says that the holder may still hold. */
  readonly permits: number;
  /** The fair share. Below `permits`: hand out none beyond it. Above: the rest comes when others have let go. */
  readonly target: number;
}

/** The holder's new lease among the others; the whole decision of a renewal. */
export function allocate(rate: ChannelRate, { holder, keeps, wanted, now }: ShareAsk): Allocation {
  const others = rate.leases.filter(
    (lease) => lease.holder !== holder && lease.expiresAt.getTime() + graceMs > now.getTime(),
  );
  const limit = effectiveLimit(rate, now);
  const target = fairShare(limit, [...others, { holder, wanted }], holder, now);
  const free = limit - others.reduce((sum, { permits }) => sum + permits, 0);
  const permits = Math.max(keeps, Math.min(target, free));
  const expiresAt = new Date(now.getTime() + leaseMs);
  const isGone = permits === 0 && wanted === 0;
  return {
    leases: isGone ? others : [...others, { holder, permits, wanted, expiresAt }],
    permits,
    target,
  };
}

/** Of the limit: what a worker asks for at least, so that single messages do not wait for a renewal each. */
const minPart = 0.1;

/** How many permits a worker asks for: room to grow until the next renewal, and the rest left to others. */
export const wantedShare = (limit: number, inUse: number): number =>
  Math.min(limit, Math.max(2 * inUse, Math.ceil(limit * minPart)));

type Demand = Pick<Lease, 'holder' | 'wanted'>;

const byHolder = (left: Demand, right: Demand): number => (left.holder < right.holder ? -1 : 1);

/**
 * What is fair for one holder: nobody gets more than it wants, and what one does not want the others share evenly. Where
 * there are more holders than permits each has its turn, or one would never send.
 */
export function fairShare(limit: number, demands: readonly Demand[], holder: string, now: Date): number {
  const active = demands.filter(({ wanted }) => wanted > 0).toSorted(byHolder);
  const index = active.findIndex((demand) => demand.holder === holder);
  if (index === -1) return 0;
  if (limit < active.length) {
    const turn = Math.floor(now.getTime() / turnMs);
    return (index + turn) % active.length < limit ? 1 : 0;
  }
  let left = limit;
  let share = 0;
  const modestFirst = active.toSorted((one, other) => one.wanted - other.wanted);
  for (const [place, demand] of modestFirst.entries()) {
    share = Math.min(demand.wanted, Math.floor(left / (active.length - place)));
    left -= share;
    if (demand.holder === holder) break;
  }
  return share;
}

const slowing = { by: 0.75, minFactor: 0.1, minIntervalMs: 1_000 } as const;
const recovery = { step: 0.05, everyMs: 10_000 } as const;

/** What part of its limit a channel may use: after a refusal it comes back in small steps. */
export function factorAt({ factor, slowedAt }: LearnedRate, now: Date): number {
  if (slowedAt === null) return factor;
  const steps = Math.max(0, Math.floor((now.getTime() - slowedAt.getTime()) / recovery.everyMs));
  return Math.min(1, factor + steps * recovery.step);
}

/**
 * The rate after the provider has said that the number sends too fast (130429). The calls of one second are refused
 * together and mean one thing, so they count once.
 */
export function slowedDown(rate: LearnedRate, now: Date): LearnedRate {
  const { slowedAt } = rate;
  if (slowedAt !== null && now.getTime() - slowedAt.getTime() < slowing.minIntervalMs) {
    return { factor: rate.factor, slowedAt };
  }
  return { factor: Math.max(slowing.minFactor, factorAt(rate, now) * slowing.by), slowedAt: now };
}

/** Calls per second that all workers together may make now; never less than one, or nothing could ever recover. */
export const effectiveLimit = (rate: LearnedRate & { readonly limit: number }, now: Date): number =>
  // Steps of 0.05 do not add up exactly, and a limit of 79 instead of 80 for ever would be a pity.
  Math.max(1, Math.floor(rate.limit * factorAt(rate, now) + 1e-9));
