import type { Connection, Types } from 'mongoose';
import { sleep } from '../../platform/clock.ts';
import { randomFraction } from '../../platform/ids.ts';
import { type ClientScope, isDuplicateKey } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { pairRateModel, type PairRateDoc } from '../model.ts';
import {
  decidePairs,
  maxPairBurst,
  pairEndsAtMs,
  pairIntervalMs,
  type PairDecision,
  type PairState,
  untouchedPair,
} from './rules.ts';

/** One channel and one contact. */
export interface Pair {
  readonly channelId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
}

/** Attempts of one process against others that update the same pair. */
const maxTries = 30;
const maxPauseMs = 20;

/** No majority needed: a write lost with its server lets one message too many through, which Meta then refuses. */
const quickWrite = { writeConcern: { w: 1 } } as const;

const stateOf = ({ tat, queuedUntil, blockedUntil }: PairRateDoc): PairState => ({
  tatMs: tat.getTime(),
  queueMs: queuedUntil.getTime(),
  blockedMs: blockedUntil.getTime(),
});

const fieldsOf = (state: PairState) => ({
  tat: new Date(state.tatMs),
  queuedUntil: new Date(state.queueMs),
  blockedUntil: new Date(state.blockedMs),
  expiresAt: new Date(pairEndsAtMs(state)),
});

export function createPairRateRepository(connection: Connection) {
  const pairs = openTenantCollection(pairRateModel, connection);

  /** The common case in one operation: the pair has no debt, or no record yet. */
  async function startIfNoDebt(
    scope: ClientScope,
    pair: Pair,
    { now, next }: { now: Date; next: PairState },
  ) {
    const isOver = { $lte: new Date(now.getTime() - maxPairBurst * pairIntervalMs) };
    try {
      await pairs.updateOne(
        scope,
        { ...pair, tat: { $lte: now }, queuedUntil: { $lte: now }, blockedUntil: isOver },
        { $set: fieldsOf(next) },
        { upsert: true, ...quickWrite },
      );
      return true;
    } catch (error) {
      // The pair exists and has a debt: the unique index refuses the upsert.
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** Compare-and-set; false if another process was faster. */
  async function replace(scope: ClientScope, pair: Pair, change: { from: PairState; to: PairState }) {
    const { tat, queuedUntil, blockedUntil } = fieldsOf(change.from);
    const { matchedCount } = await pairs.updateOne(
      scope,
      { ...pair, tat, queuedUntil, blockedUntil },
      { $set: fieldsOf(change.to) },
      quickWrite,
    );
    return matchedCount === 1;
  }

  return {
    /** Decides several messages at once; null after too many lost races against other processes. */
    async reserve(
      scope: ClientScope,
      pair: Pair,
      { bursts, now }: { readonly bursts: readonly number[]; readonly now: Date },
    ): Promise<readonly PairDecision[] | null> {
      const asks = bursts.map((burst) => ({ nowMs: now.getTime(), burst }));
      const fromUntouched = decidePairs(untouchedPair, asks);
      let isKnown = false;
      for (let tries = 0; tries < maxTries; tries += 1) {
        if (!isKnown && (await startIfNoDebt(scope, pair, { now, next: fromUntouched.next })))
          return fromUntouched.decisions;
        const found = await pairs.findOne(scope, { ...pair }, { readConcern: { level: 'local' } });
        isKnown = found !== null;
        if (found === null) continue;
        const from = stateOf(found);
        const { decisions, next } = decidePairs(from, asks);
        if (await replace(scope, pair, { from, to: next })) return decisions;
        await sleep(randomFraction() * maxPauseMs);
      }
      return null;
    },

    /** Blocks the pair until then. A later block that is already stored stays. */
    async block(scope: ClientScope, pair: Pair, until: Date): Promise<void> {
      const expiresAt = new Date(pairEndsAtMs({ ...untouchedPair, blockedMs: until.getTime() }));
      await pairs.upsertOne(
        scope,
        { ...pair },
        { $max: { blockedUntil: until, expiresAt }, $setOnInsert: { tat: never, queuedUntil: never } },
        quickWrite,
      );
    },
  };
}

/** The zero of the times in `rules.ts`. */
const never = new Date(0);
