/**
 * Divides the send rate of one channel among the workers. Pure.
 *
 * Guarantee: in any second, measured at the provider, at most L calls arrive, however long each one travelled.
 *
 * Proof. Every call needs a *permit*, held from before the call until one second after its answer (`coolDownMs`).
 * Take any window [t, t + 1 s) and the instant just before it ends. A call that arrived within the window, at a, began
 * before that instant. Its answer came at a or later, so its permit is held until at least a + 1 s, which is after
 * that instant. So every call of the window holds its permit at that one instant. At most L permits are held at any
 * instant, hence there are at most L calls.
 *
 * *Leases* in the database keep the total over all workers at or below L. A worker holds no more than the `permits`
 * of its lease, and the permits of all live leases add up to at most L. A worker that wants more takes only what is
 * free. A worker above its fair share first stops handing out, then reports at the next renewal how many it still
 * `keeps`, and only then does the record shrink: it is always what a worker *may still* hold. The share of a worker
 * that dies stays taken until its lease ends. A worker hands out no permit whose call and cool-down might outlast its
 * own lease (`permit-stock.ts`), so a share given to another worker is no longer in use.
 */
export const coolDownMs = 1_000;

/** A lease is renewed about every second, so it ends only after several missed renewals. */
export const leaseMs = 5_000;

/** Allows for clock differences between database servers, because any of them may become primary. */
const graceMs = 500;

/** Length of one holder's turn if there are more holders than permits. */
const turnMs = 10_000;

/** The part of a channel's permits that one worker may hold. */
export interface Lease {
  readonly holder: string;
  readonly permits: number;
  /** Permits it could use; a share is never larger. */
  readonly wanted: number;
  readonly expiresAt: Date;
}

/** A reduction of the limit after the provider refused calls. */
export interface RateReduction {
  /** The fraction of the limit left at `slowedAt`; 1 before the first refusal. */
  readonly factor: number;
  readonly slowedAt: Date | null;
}

export interface ChannelRate extends RateReduction {
  /** Calls per second that the channel's settings allow. */
  readonly limit: number;
  readonly leases: readonly Lease[];
}

export interface ShareRequest {
  readonly holder: string;
  /** The most permits that the holder will hold until it has the answer; a decision cannot revoke them. */
  readonly keeps: number;
  /** Permits it could use; 0 to leave. */
  readonly wanted: number;
  readonly now: Date;
}

export interface Allocation {
  readonly leases: readonly Lease[];
  /** The permits that the holder may still hold, as recorded. */
  readonly permits: number;
  /** The fair share. Below `permits`: hand out no more than this. Above: the rest follows when others release. */
  readonly target: number;
}

/** Decides a renewal: the holder's new lease, beside those of the others. */
export function allocate(rate: ChannelRate, { holder, keeps, wanted, now }: ShareRequest): Allocation {
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

/** The smallest part of the limit a worker asks for, so that single messages do not each wait for a renewal. */
const minPart = 0.1;

/** Permits a worker asks for: room to grow until the next renewal, with the rest left to others. */
export const wantedShare = (limit: number, inUse: number): number =>
  Math.min(limit, Math.max(2 * inUse, Math.ceil(limit * minPart)));

type Demand = Pick<Lease, 'holder' | 'wanted'>;

const byHolder = (left: Demand, right: Demand): number => (left.holder < right.holder ? -1 : 1);

/**
 * The fair share of one holder: no holder gets more than it wants, and the others split the rest evenly. If there are
 * more holders than permits they take turns, or one of them would never send.
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

/** The fraction of its limit that a channel may use: after a refusal it recovers in small steps. */
export function factorAt({ factor, slowedAt }: RateReduction, now: Date): number {
  if (slowedAt === null) return factor;
  const steps = Math.max(0, Math.floor((now.getTime() - slowedAt.getTime()) / recovery.everyMs));
  return Math.min(1, factor + steps * recovery.step);
}

/**
 * The slowdown after the provider reported that the number sends too fast (130429). Calls of the same second are
 * refused together, so they count once.
 */
export function slowedDown(rate: RateReduction, now: Date): RateReduction {
  const { slowedAt } = rate;
  if (slowedAt !== null && now.getTime() - slowedAt.getTime() < slowing.minIntervalMs) {
    return { factor: rate.factor, slowedAt };
  }
  return { factor: Math.max(slowing.minFactor, factorAt(rate, now) * slowing.by), slowedAt: now };
}

/** Calls per second that all workers together may make now. Never below one, or a channel could not recover. */
export const effectiveLimit = (rate: RateReduction & { readonly limit: number }, now: Date): number =>
  // Steps of 0.05 do not add up exactly: without the epsilon a limit of 80 could stay at 79.
  Math.max(1, Math.floor(rate.limit * factorAt(rate, now) + 1e-9));
