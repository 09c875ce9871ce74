import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AnnouncedChange } from '../../src/people/contacts/persons/persons.ts';
import type { ContactIdentity } from '../../src/people/contacts/directory.ts';
import type { Word } from './people-world.ts';

/**
 * A world in which people exchange numbers: they move to numbers that others gave up, come back, and swap. WhatsApp
 * announces every change in order. The product must never send to a person whose last word was STOP.
 */

/** One event; `at` is its time in seconds. */
export type NumberEvent = { readonly at: number; readonly person: number } & (
  | {
      readonly kind: 'message';
      readonly number: number;
      readonly word: Word;
      readonly userId?: string;
      /** WhatsApp names only the number. */
      readonly isBare?: boolean;
      /** The message of ours that it answers. */
      readonly answers?: Sent;
    }
  | { readonly kind: 'receipt'; readonly sent: Sent }
  | {
      readonly kind: 'change';
      readonly from: number;
      readonly to: number;
      readonly ids?: [string, string];
      /** WhatsApp tells only of the new user id, with the new number. */
      readonly isOfId?: boolean;
    }
);

/** A message of ours: where it went, and when. */
export interface Sent {
  readonly at: number;
  readonly number: number;
  readonly userId?: string;
}

export interface NumberWorld {
  /** In order of time. */
  readonly events: readonly NumberEvent[];
  /** The number of each person in the end. */
  readonly numbers: readonly number[];
  /** The user id of each person in the end. */
  readonly userIds: readonly string[];
}

/** A world whose events arrive in another order, some of them twice. */
export interface LateWorld extends NumberWorld {
  readonly deliveries: readonly NumberEvent[];
}

interface Action {
  readonly person: number;
  readonly kind: 'say' | 'move' | 'swap' | 'read' | 'answer';
  readonly word: Word;
  readonly choice: number;
  /** How little WhatsApp tells of it, in worlds where it does not tell everything. */
  readonly isTerse: boolean;
}

const personCount = 3;
const numberCount = 5;
/** More than the hour in which a person may use two accounts. */
const stepSeconds = 4_000;

const oneAction: fc.Arbitrary<Action> = fc.record({
  person: fc.nat(personCount - 1),
  kind: fc.constantFrom('say', 'say', 'say', 'move', 'move', 'swap', 'read', 'answer'),
  word: fc.constantFrom('hi', 'STOP', 'STOP', 'START'),
  choice: fc.nat(5),
  isTerse: fc.boolean(),
});

const actionsOf = fc.array(oneAction, { minLength: 1, maxLength: 12 });

const worldOf = (secondsApart: number, maxLate: number): fc.Arbitrary<NumberWorld> =>
  fc
    .record({ actions: actionsOf, hasUserIds: fc.boolean(), secondsLate: fc.nat(maxLate) })
    .map(({ actions, ...told }) => play(actions, { ...told, secondsApart, isTerse: false }));

export const numberWorld = worldOf(stepSeconds, 0);

/** How the events arrive: in any order, or with the announcements after everything else, the latest first. */
const arrival = fc.record({
  isShuffled: fc.boolean(),
  ranks: fc.array(fc.nat(1_000), { minLength: 20, maxLength: 20 }),
  repeated: fc.array(fc.nat(19), { maxLength: 6 }),
});

const lately = (world: fc.Arbitrary<NumberWorld>): fc.Arbitrary<LateWorld> =>
  fc.tuple(world, arrival).map(([given, { isShuffled, ranks, repeated }]) => {
    const { events } = given;
    const twice = repeated.flatMap((place) => events[place] ?? []);
    const announced = events.filter(({ kind }) => kind === 'change').toReversed();
    const ordered = [...events.filter(({ kind }) => kind !== 'change'), ...announced, ...twice];
    const shuffled = [...events, ...twice]
      .map((event, place) => ({ event, rank: ranks[place % ranks.length] ?? place }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ event }) => event);
    return { ...given, deliveries: isShuffled ? shuffled : ordered };
  });

export const lateWorld = lately(numberWorld);

/** Everything within minutes, where a message may be of the owner before or after a move. */
export const hastyWorld = lately(worldOf(25, 20));

/** Some moves are told by the new user id alone, some START name only the number: whose that is must be inferred. */
export const terseWorld = lately(
  fc
    .record({
      actions: actionsOf,
      secondsApart: fc.constantFrom(25, 150, stepSeconds),
      secondsLate: fc.nat(20),
    })
    .map(({ actions, ...told }) => play(actions, { ...told, hasUserIds: true, isTerse: true })),
);

interface Telling {
  readonly hasUserIds: boolean;
  readonly secondsApart: number;
  readonly isTerse: boolean;
  /** By how many seconds WhatsApp dates the second move of an exchange later than the first. */
  readonly secondsLate: number;
}

function play(actions: readonly Action[], telling: Telling): NumberWorld {
  const { hasUserIds, secondsApart, isTerse, secondsLate } = telling;
  let ids = 0;
  const people = Array.from({ length: personCount }, (_, number) => ({
    number,
    id: `BR.${(ids += 1)}`,
    past: [] as Sent[],
  }));
  const events: NumberEvent[] = [];
  /** A message of ours to each person, a moment after each action; not all of them are read or answered. */
  const send = (at: number) => {
    for (const { number, id, past } of people)
      past.push(hasUserIds ? { at, number, userId: id } : { at, number });
  };
  const delay = Math.min(100, Math.floor(secondsApart / 2));
  send(delay);
  const move = (person: number, to: number, at: number, isOfId: boolean) => {
    const one = people[person] ?? assert.fail();
    const [from, oldId] = [one.number, one.id];
    [one.number, one.id] = [to, `BR.${(ids += 1)}`];
    const change = { at, person, kind: 'change' as const, from, to, ...(isOfId ? { isOfId } : {}) };
    events.push(hasUserIds ? { ...change, ids: [oldId, one.id] } : change);
  };
  for (const [place, { person, kind, word, choice, ...action }] of actions.entries()) {
    const isUntold = isTerse && action.isTerse;
    const at = (place + 1) * secondsApart;
    const { number, id, past } = people[person] ?? assert.fail();
    const sent = past[choice % past.length] ?? assert.fail();
    const other = (person + 1 + (choice % (personCount - 1))) % personCount;
    const taken = new Set(people.map((each) => each.number));
    const free = Array.from({ length: numberCount }, (_, each) => each).filter((each) => !taken.has(each));
    if (kind === 'say' || kind === 'answer') {
      const answers = kind === 'say' ? {} : { answers: sent };
      const bare = isUntold && word === 'START' ? { isBare: true } : {};
      const message = { at, person, kind: 'message' as const, number, word, ...answers, ...bare };
      events.push(hasUserIds ? { ...message, userId: id } : message);
    } else if (kind === 'read') {
      events.push({ at, person, kind: 'receipt', sent });
    } else if (kind === 'move') {
      const to = free[choice % Math.max(1, free.length)];
      if (to !== undefined) move(person, to, at, isUntold);
    } else {
      const theirs = people[other]?.number ?? assert.fail();
      move(person, theirs, at, isUntold);
      move(other, number, at + secondsLate, isUntold);
    }
    send(at + delay);
  }
  return {
    events,
    numbers: people.map(({ number }) => number),
    userIds: hasUserIds ? people.map(({ id }) => id) : [],
  };
}

export const phoneOfNumber = (number: number): string => `+5511980000${String(number).padStart(3, '0')}`;

const identityOf = (number: number, userId: string | undefined): ContactIdentity => ({
  phoneNumber: phoneOfNumber(number),
  whatsappId: phoneOfNumber(number).slice(1),
  ...(userId === undefined ? {} : { businessScopedUserId: userId }),
});

export const senderOf = (event: Extract<NumberEvent, { kind: 'message' }>): ContactIdentity =>
  identityOf(event.number, event.isBare === true ? undefined : event.userId);

/** Whom a receipt names: a message reached the one who had the number when it was sent. */
export const recipientOf = ({ number, userId }: Sent): ContactIdentity => identityOf(number, userId);

export const changeOf = ({
  from,
  to,
  ids,
  isOfId = false,
}: Extract<NumberEvent, { kind: 'change' }>): AnnouncedChange => ({
  reason: isOfId ? 'user-id-changed' : 'number-changed',
  from: isOfId ? { businessScopedUserId: ids?.[0] ?? assert.fail() } : identityOf(from, ids?.[0]),
  to: identityOf(to, ids?.[1]),
});

type Said = Extract<NumberEvent, { kind: 'message' }>;
const wordsIn = (events: readonly NumberEvent[]): Said[] =>
  events.flatMap((event) => (event.kind === 'message' && event.word !== 'hi' ? [event] : []));

/** The numbers at which nobody may be reached, each with the reason. */
export function refusedNumbers({ events, numbers }: NumberWorld): { number: number; why: string }[] {
  const words = wordsIn(events);
  return numbers.flatMap((number, person) => {
    const own = words.findLast((said) => said.person === person);
    if (own?.word === 'STOP') return [{ number, why: `STOP is the last word of person ${person}` }];
    const there = words.findLast((said) => said.number === number);
    const isOpened = own !== undefined && there !== undefined && own.at > there.at;
    return there?.word === 'STOP' && there.person !== person && !isOpened
      ? [{ number, why: 'STOP is the last word from there' }]
      : [];
  });
}

/** Where the people whose last word was STOP are now: nothing may be sent there, in whatever order the events arrive. */
export const silencedPeople = (given: NumberWorld): ContactIdentity[] =>
  addressesOf(given, (lastWord) => lastWord === 'STOP');

/** Where the people are who said nothing, or START last. */
export const speakingPeople = (given: NumberWorld): ContactIdentity[] =>
  addressesOf(given, (lastWord) => lastWord !== 'STOP');

function addressesOf(
  { events, numbers, userIds }: NumberWorld,
  isWanted: (lastWord: Word | undefined) => boolean,
): ContactIdentity[] {
  const words = wordsIn(events);
  const named = new Set(
    events.flatMap((event) => {
      if (event.kind === 'receipt') return [event.sent.userId];
      return event.kind === 'message' ? [event.userId] : (event.ids ?? []);
    }),
  );
  return numbers.flatMap((number, person) => {
    if (!isWanted(words.findLast((said) => said.person === person)?.word)) return [];
    const businessScopedUserId = userIds[person];
    const isKnown = businessScopedUserId !== undefined && named.has(businessScopedUserId);
    return [{ phoneNumber: phoneOfNumber(number) }, ...(isKnown ? [{ businessScopedUserId }] : [])];
  });
}

/** The numbers whose owner may be reached if the events arrive in order, each with the reason. */
export function openNumbers({ events, numbers }: NumberWorld): { number: number; why: string }[] {
  const words = wordsIn(events);
  return numbers.flatMap((number, person) => {
    const own = words.findLast((said) => said.person === person);
    // An opt-out stays at every number that the person leaves, also if its former owner comes back.
    const hadOthersSince = events.some(
      (event) =>
        event.person !== person &&
        event.kind === 'change' &&
        event.at > (own?.at ?? 0) &&
        [event.from, event.to].includes(number),
    );
    if (own?.word === 'START' && own.number === number && !hadOthersSince)
      return [{ number, why: `person ${person} said START` }];
    const hadOthers = events.some(
      (event) =>
        event.person !== person && event.kind === 'change' && [event.from, event.to].includes(number),
    );
    const isSilent = own === undefined && !hadOthers;
    return isSilent ? [{ number, why: `person ${person} said nothing` }] : [];
  });
}
