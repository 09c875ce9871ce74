import { groupedBy } from '../../platform/grouped.ts';
import { isNumberKey, isUserIdKey, settledMs, type Fact, type Together } from './facts.ts';
import { createGroups } from './groups.ts';
import { sightingsIn, type Handover, type Sightings } from './handovers.ts';
import { latestOf, liftedUntil, liftOf, stopKinds, type StopKind } from './rules.ts';

/** Before moving to a number, a person may write from it on a second account. */
const secondAccountMs = 60 * 60_000;

type FactOf<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>;

export interface Heard {
  readonly facts: readonly Fact[];
  /** False if there is more than was read: then nothing that people say lifts an opt-out. */
  readonly isComplete: boolean;
}

/** A message: the identities that it came from, and when. */
export interface Written {
  readonly keys: readonly string[];
  readonly at: Date;
}

/**
 * Whether the last word of the person who has an identity now was a stop, by everything that events have said: a pure
 * function of a set, so the order of arrival does not matter.
 *
 * A number is split where somebody moved to or from it; between two such moments, it had one owner. A stop counts for
 * everybody who may have said it. A consent counts only where the events prove whose it is: there, a number is also split
 * where it changed hands without an announcement (`strict`).
 */
export function createLastWords({ facts, isComplete }: Heard) {
  const moments = momentsOf(facts);
  const sightings = sightingsIn(facts);
  const { handovers } = sightings;
  const strict = handovers.length === 0 ? moments : momentsOf(facts, handovers);
  const [proven, possible] = [createGroups(), createGroups()];
  for (const fact of facts) {
    if (fact.kind === 'said') continue;
    const ownersIn = (split: Moments): Owners =>
      fact.kind === 'together' ? namedBy(fact, split) : movedBy(fact, split, sightings);
    proven.unite(ownersIn(strict).surely);
    const { surely, maybe } = ownersIn(moments);
    possible.unite([...surely, ...maybe]);
  }
  for (const { left, reached } of chainsIn(facts, moments)) possible.unite([...left, ...reached]);
  const said = facts.filter((fact) => fact.kind === 'said');

  return {
    /** The kinds of stops that hold at this identity now. */
    kindsAt: (key: string): StopKind[] => stopKinds.filter((kind) => stopsAt(key, kind).length > 0),

    /** When the latest stop was said that holds at this identity now; null if none does. */
    stoppedAt: (key: string, kind: StopKind): Date | null => latestOf(stopsAt(key, kind).map(({ at }) => at)),

    /** Whether whoever has this identity now surely wrote a message that came from `keys` then. */
    isWriter(key: string, { keys, at }: Written): boolean {
      const owner = strict.now(key);
      const writers = keys
        .filter((each) => isComplete || each === key)
        .flatMap((each) => strict.surely(each, { since: at, at }));
      return writers.some((whose) => proven.rootOf(whose) === proven.rootOf(owner));
    },
  };

  /** The stops that hold at this identity now. */
  function stopsAt(key: string, kind: StopKind): FactOf<'said'>[] {
    const owner = moments.now(key);
    const lifting = said.filter((one) => lifts(one, kind, key));
    const lift = Math.max(-Infinity, ...lifting.map(liftMsOf));
    return said.filter(
      (one) =>
        one.status === kind &&
        one.at.getTime() > lift &&
        moments.maybe(one.key, one.at).some((whose) => possible.rootOf(whose) === possible.rootOf(owner)),
    );
  }

  function lifts(one: FactOf<'said'>, kind: StopKind, key: string): boolean {
    if (one.status !== liftOf(kind)) return false;
    // Another user id with the same number may be the next owner's.
    if (isUserIdKey(key) && isUserIdKey(one.key) && !sightings.isOnePerson(key, one.key)) return false;
    const owner = proven.rootOf(strict.now(key));
    if (one.isRecorded) return proven.rootOf(strict.at(one.key, one.at)) === owner;
    const writers = strict.surely(one.key, { since: one.at, at: one.at });
    return isComplete && writers.some((whose) => proven.rootOf(whose) === owner);
  }
}

const liftMsOf = ({ at, isRecorded }: FactOf<'said'>): number =>
  (isRecorded ? at : liftedUntil(at)).getTime();

type Moments = ReturnType<typeof momentsOf>;

interface Period {
  readonly since: Date;
  readonly at: Date;
}

const beginning = new Date(0);

/** Names the owners of each identity by time: a number has another one after each move to or from it, and each handover. */
function momentsOf(facts: readonly Fact[], handovers: readonly Handover[] = []) {
  const cuts = new Map<string, Set<number>>();
  const arrivals = new Map<string, Set<number>>();
  for (const fact of facts) {
    if (fact.kind !== 'moved') continue;
    const { left, reached } = endsOf(fact);
    for (const key of [...left, ...reached].filter(isNumberKey)) addTo(cuts, key, fact.at);
    for (const key of reached.filter(isNumberKey)) addTo(arrivals, key, fact.at);
  }
  const countTo = (key: string, ms: number): number =>
    [...(cuts.get(key) ?? [])].filter((cut) => cut <= ms).length;
  const handoversOf = groupedBy(handovers, ({ key }) => key);
  const handedTo = (key: string, ms: number): number =>
    new Set(handoversOf.get(key)?.flatMap(({ by }) => (by <= ms ? [by] : []))).size;
  const ownerAt = (key: string, ms: number): string =>
    isNumberKey(key) ? `${key}@${countTo(key, ms)}.${handedTo(key, ms)}` : key;
  /** The owners in this time. */
  const between = (key: string, fromMs: number, toMs: number): string[] => {
    if (!isNumberKey(key)) return [key];
    const starts = [...(cuts.get(key) ?? []), ...(handoversOf.get(key) ?? []).map(({ by }) => by)];
    const startsThen = starts.filter((ms) => ms > fromMs && ms <= toMs);
    return [...new Set([fromMs, ...startsThen].map((ms) => ownerAt(key, ms)))];
  };
  const isInHandover = (key: string, { since, at }: Period): boolean =>
    handoversOf.get(key)?.some(({ after, by }) => since.getTime() < by && at.getTime() > after) === true;
  return {
    at: (key: string, at: Date): string => ownerAt(key, at.getTime()),
    before: (key: string, at: Date): string => ownerAt(key, at.getTime() - 1),
    after: (key: string, at: Date): string => ownerAt(key, at.getTime()),
    now: (key: string): string => ownerAt(key, Infinity),
    shortlyBefore: (key: string, at: Date): string[] =>
      between(key, at.getTime() - settledMs, at.getTime() - 1),
    /** The one who surely left it then: nobody if it had two owners shortly before. */
    leaver(key: string, at: Date): string[] {
      const owners = between(key, at.getTime() - settledMs, at.getTime() - 1);
      const last = new Date(at.getTime() - 1);
      return owners.length === 1 && !isInHandover(key, { since: last, at: last }) ? owners : [];
    },
    shortlyAfter: (key: string, at: Date): string[] => between(key, at.getTime(), at.getTime() + settledMs),

    /** Everybody who may have had the identity at that time. */
    maybe(key: string, at: Date): string[] {
      const ms = at.getTime();
      const soon = [...(arrivals.get(key) ?? [])].filter((cut) => cut > ms && cut <= ms + secondAccountMs);
      return [...between(key, ms - settledMs, ms + settledMs), ...soon.map((cut) => ownerAt(key, cut))];
    },

    /** The one who surely had it in all that time: none if somebody moved to or from it then, or shortly before or after. */
    surely(key: string, { since, at }: Period): string[] {
      if (!isNumberKey(key)) return [key];
      const isShared = countTo(key, since.getTime() - settledMs) !== countTo(key, at.getTime() + settledMs);
      return isShared || isInHandover(key, { since, at }) ? [] : [ownerAt(key, at.getTime())];
    },
  };
}

const addTo = (times: Map<string, Set<number>>, key: string, at: Date): void =>
  void times.set(key, (times.get(key) ?? new Set()).add(at.getTime()));

interface Owners {
  readonly surely: readonly string[];
  readonly maybe: readonly string[];
}

function namedBy({ keys, at, isExact, since, before }: Together, moments: Moments): Owners {
  // A message reaches whoever had the number when it was sent; the one who answers it may have another one by then.
  const timeOf = (key: string): Date => (before?.includes(key) === false ? at : (since ?? at));
  const maybe = keys.flatMap((key) => moments.maybe(key, timeOf(key)));
  // Without the time of its message, a receipt may be about any owner until then.
  const first = isExact ? at : (since ?? beginning);
  const periodOf = (key: string): Period =>
    before === undefined ? { since: first, at } : { since: timeOf(key), at: timeOf(key) };
  return { surely: keys.flatMap((key) => moments.surely(key, periodOf(key))), maybe };
}

/**
 * Two people who exchange numbers may be told apart by some seconds: who leaves a number shortly after somebody else has come
 * may be either of them, and so may be who has it shortly after. Whoever leaves by another user id than the one that was last
 * named with the number is somebody else.
 */
function movedBy(move: FactOf<'moved'>, moments: Moments, { mayBe }: Sightings): Owners {
  const { from, to, at } = move;
  const ids = from.filter(isUserIdKey);
  const { left, reached } = endsOf(move);
  return {
    surely: [
      ...left.filter((key) => mayBe(key, ids, at)).flatMap((key) => moments.leaver(key, at)),
      ...to.map((key) => moments.after(key, at)),
    ],
    maybe: [
      ...left.flatMap((key) => moments.shortlyBefore(key, at)),
      ...reached.flatMap((key) => moments.shortlyAfter(key, at)),
    ],
  };
}

/**
 * Of two moves in one second, to a number and away from it, WhatsApp does not say whether one person made both: they may be a
 * chain, unless the user ids differ or the numbers are exchanged.
 */
function chainsIn(facts: readonly Fact[], moments: Moments) {
  const moves = facts.filter((fact) => fact.kind === 'moved').map((move) => ({ ...move, ...endsOf(move) }));
  const departures = new Map<string, typeof moves>();
  const placeOf = (key: string, at: Date): string => `${key}@${at.getTime()}`;
  for (const move of moves)
    for (const key of move.left.filter(isNumberKey)) {
      const place = placeOf(key, move.at);
      departures.set(place, [...(departures.get(place) ?? []), move]);
    }
  return moves.flatMap((first) =>
    first.reached
      .filter(isNumberKey)
      .flatMap((key) => departures.get(placeOf(key, first.at)) ?? [])
      .filter((second) => !second.reached.some((key) => first.left.includes(key)))
      .filter((second) => !differ(first.to.filter(isUserIdKey), second.from.filter(isUserIdKey)))
      .map((second) => ({
        left: first.left.map((key) => moments.before(key, first.at)),
        reached: second.reached.map((key) => moments.after(key, second.at)),
      })),
  );
}

const differ = (one: readonly string[], another: readonly string[]): boolean =>
  one.length > 0 && another.length > 0 && !one.some((id) => another.includes(id));

/** The identities that a move ends, and those that it begins. */
const endsOf = ({ from, to }: FactOf<'moved'>) => ({
  left: from.filter((key) => !to.includes(key)),
  reached: to.filter((key) => !from.includes(key)),
});
