import { groupedBy } from '../../platform/grouped.ts';
import { isNumberKey, isUserIdKey, keysIn, settledMs, type Fact } from './facts.ts';
import { createGroups, type Groups } from './groups.ts';

/**
 * A number got another owner, though WhatsApp announced no move: a person who was named with one number is named with another
 * one later, by a new user id for example. It happened after `after`, and at `by` at the latest.
 */
export interface Handover {
  readonly key: string;
  readonly after: number;
  readonly by: number;
}

/** A person's user id was named with a number. */
interface Seen {
  readonly person: string;
  readonly key: string;
  readonly ms: number;
}

/** Who was named with which number, and when. */
export interface Sightings {
  /** The changes of owners that the facts imply. They prove that a number was left, not when: between two moments. */
  readonly handovers: readonly Handover[];
  /** Whether whoever was last named with the number before that time may have one of these user ids. */
  mayBe(key: string, ids: readonly string[], at: Date): boolean;
  /** Whether two user ids were named together, or one became the other. */
  isOnePerson(id: string, other: string): boolean;
}

export function sightingsIn(facts: readonly Fact[]): Sightings {
  const persons = personsIn(facts);
  const moves = facts.filter((fact) => fact.kind === 'moved');
  const byNumber = groupedBy(seenIn(facts, persons), ({ key }) => key);
  const byPerson = groupedBy([...byNumber.values()].flat(), ({ person }) => person);
  const others = ({ person, key }: Seen): number[] =>
    (byNumber.get(key) ?? []).flatMap((one) => (one.person === person ? [] : [one.ms]));

  /** Whether WhatsApp announced that the person moved from the one to the other; a message may overtake that. */
  const isAnnounced = (last: Seen, first: Seen): boolean =>
    moves.some(({ from, to, at }) => {
      const isThen = at.getTime() > last.ms && at.getTime() <= first.ms + settledMs;
      const isThere = from.includes(last.key) && to.includes(first.key);
      const ids = [...from, ...to].filter(isUserIdKey);
      return isThen && isThere && ids.every((id) => persons.rootOf(id) === last.person);
    });

  const between = (last: Seen, first: Seen): Handover[] => {
    if (last.key === first.key || isAnnounced(last, first)) return [];
    const later = others(last).filter((ms) => ms > last.ms);
    const earlier = others(first).filter((ms) => ms < first.ms);
    return [
      { key: last.key, after: last.ms, by: Math.min(first.ms, ...later) },
      { key: first.key, after: Math.max(last.ms, ...earlier), by: first.ms },
    ];
  };

  const handovers = [...byPerson.values()].flatMap((seen) => {
    const ordered = seen.toSorted((a, b) => a.ms - b.ms);
    return ordered.slice(1).flatMap((first, place) => between(ordered[place] ?? first, first));
  });

  return {
    handovers,
    isOnePerson: (id, other) => persons.rootOf(id) === persons.rootOf(other),
    mayBe(key, ids, at) {
      // A move itself names its number one millisecond before.
      const earlier = (byNumber.get(key) ?? []).filter(({ ms }) => ms < at.getTime() - 1);
      const last = Math.max(...earlier.map(({ ms }) => ms));
      const latest = earlier.filter(({ ms }) => ms === last);
      const own = new Set(ids.map(persons.rootOf));
      return own.size === 0 || latest.length === 0 || latest.some(({ person }) => own.has(person));
    },
  };
}

/** The user ids of each person. */
function personsIn(facts: readonly Fact[]): Groups {
  const persons = createGroups();
  for (const fact of facts) if (isOfOnePerson(fact)) persons.unite(keysIn(fact).filter(isUserIdKey));
  return persons;
}

function seenIn(facts: readonly Fact[], persons: Groups): Seen[] {
  return facts.flatMap(namingsIn).flatMap(({ keys, ms }) => {
    const id = keys.find(isUserIdKey);
    if (id === undefined) return [];
    return keys.filter(isNumberKey).map((key): Seen => ({ person: persons.rootOf(id), key, ms }));
  });
}

/** Not a receipt: the number that it names may be another person's by then. */
const isOfOnePerson = (fact: Fact): boolean =>
  fact.kind === 'moved' || (fact.kind === 'together' && (fact.isExact || fact.before !== undefined));

interface Naming {
  readonly keys: readonly string[];
  readonly ms: number;
}

/** The identities that one person had at a moment, as far as the fact says when. */
function namingsIn(fact: Fact): Naming[] {
  const ms = fact.at.getTime();
  if (fact.kind === 'said') return [];
  if (fact.kind === 'moved')
    return [
      { keys: fact.from, ms: ms - 1 },
      { keys: fact.to, ms },
    ];
  const { keys, isExact, since, before } = fact;
  if (isExact) return [{ keys, ms }];
  if (since === undefined) return [];
  const sent = { keys: before ?? keys, ms: since.getTime() };
  return before === undefined ? [sent] : [sent, { keys: keys.filter((key) => !before.includes(key)), ms }];
}
