import { createBatches } from '../platform/batches.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { UsageKind, UsageRepository } from './repository.ts';

export interface QuotaOptions {
  readonly usage: UsageRepository;
  readonly clock: Clock;
  /** What one business may store in a UTC day. */
  readonly bytesPerDay: Readonly<Record<UsageKind, number>>;
}

/** Bytes to store, and whose day they are taken from. */
export interface Share {
  readonly kind: UsageKind;
  readonly bytes: number;
}

export interface Quota {
  /** Whether the bytes may be stored today; they count if so. */
  take(scope: ClientScope, share: Share): Promise<boolean>;
  /** Counts bytes that are stored already. Later takes find less, or nothing. */
  owe(scope: ClientScope, share: Share): void;
}

/** What this process has reserved of a business's day and not used. */
interface Stock {
  readonly day: string;
  left: number;
  /** Takes of at least so many bytes are refused without asking the database, until then. */
  refusal: { readonly fromBytes: number; readonly untilMs: number } | null;
}

interface Take extends Share {
  readonly scope: ClientScope;
}

/** Reserved at once, so that a process asks the database once for hundreds of writes. */
const maxStepBytes = 1024 * 1024;
const refusalMs = 10_000;
const maxStocks = 5_000;
const dayMs = 24 * 60 * 60 * 1_000;
/** As long as webhook events, and one day more. */
const keptDays = 9;

/**
 * Bounds what one business stores in a day, over all processes. Bytes are reserved before they are stored, so the bound
 * is never exceeded; what a process has left at its end counts as stored.
 */
export function createQuota({ usage, clock, bytesPerDay }: QuotaOptions): Quota {
  const stocks = new Map<string, Stock>();
  const stepOf = (kind: UsageKind): number => Math.min(maxStepBytes, Math.floor(bytesPerDay[kind] / 64));

  function stockOf(name: string, day: string): Stock {
    const known = stocks.get(name);
    if (known?.day === day) return known;
    stocks.delete(name);
    const [oldest] = stocks.keys();
    if (stocks.size >= maxStocks && oldest !== undefined) stocks.delete(oldest);
    const fresh: Stock = { day, left: 0, refusal: null };
    stocks.set(name, fresh);
    return fresh;
  }

  async function take({ scope, kind, bytes }: Take): Promise<boolean> {
    const now = clock.now();
    const stock = stockOf(nameOf({ scope, kind }), dayOf(now));
    const { refusal } = stock;
    if (
      bytes > stock.left &&
      refusal !== null &&
      now.getTime() < refusal.untilMs &&
      bytes >= refusal.fromBytes
    )
      return false;
    const missing = bytes - stock.left;
    for (const wanted of missing <= 0 ? [] : [missing + stepOf(kind), missing]) {
      const expiresAt = new Date(now.getTime() + keptDays * dayMs);
      const reservation = { kind, day: stock.day, bytes: wanted, maxBytes: bytesPerDay[kind], expiresAt };
      if (!(await usage.reserve(scope, reservation))) continue;
      stock.left += wanted;
      break;
    }
    if (stock.left < bytes) {
      stock.refusal = { fromBytes: bytes, untilMs: now.getTime() + refusalMs };
      return false;
    }
    stock.left -= bytes;
    return true;
  }

  const batches = createBatches<Take, boolean>({
    maxSize: 500,
    async work(takes) {
      const answers: boolean[] = [];
      for (const one of takes) answers.push(await take(one));
      return answers;
    },
  });
  return {
    take: (scope, share) => batches.ask(nameOf({ scope, ...share }), { scope, ...share }),
    owe(scope, { kind, bytes }) {
      stockOf(nameOf({ scope, kind }), dayOf(clock.now())).left -= bytes;
    },
  };
}

const dayOf = (now: Date): string => now.toISOString().slice(0, 10);

const nameOf = ({ scope, kind }: Pick<Take, 'scope' | 'kind'>): string =>
  `${kind}:${scope.clientId.toHexString()}`;

/** A day may end much later, or an operator may raise the limit: whoever waits hears of both in time. */
const maxRetrySeconds = 3_600;

/** The refusal of a write for which the day has no room. */
export const fullDay = (detail: string, now: Date): AppError =>
  new AppError('too-many-requests', detail, {
    retryAfterSeconds: Math.min(secondsToNextDay(now), maxRetrySeconds),
  });

/** Seconds until the next UTC day begins. */
export const secondsToNextDay = (now: Date): number => Math.ceil((dayMs - (now.getTime() % dayMs)) / 1_000);
