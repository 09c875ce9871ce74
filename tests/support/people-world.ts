import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AnnouncedChange } from '../../src/people/contacts/persons/persons.ts';
import type { ContactIdentity } from '../../src/people/contacts/directory.ts';

/** A small world of people with changing numbers and user ids, the events about them, and what the events prove. */

export type Word = 'hi' | 'STOP' | 'START';

/** One event as the provider reports it; `at` is its time in seconds. */
export type WorldEvent = { readonly at: number; readonly person: number } & (
  | { readonly kind: 'message'; readonly identity: ContactIdentity; readonly word: Word }
  | { readonly kind: 'receipt'; readonly identity: ContactIdentity }
  | { readonly kind: 'change'; readonly change: AnnouncedChange }
);

export interface World {
  /** In order of delivery: shuffled, some twice; a number is given to a stranger only after its change was delivered. */
  readonly deliveries: readonly WorldEvent[];
}

interface Action {
  readonly person: number;
  readonly kind: 'say' | 'move' | 'rotate' | 'receipt';
  readonly word: Word;
  readonly shows: 'number' | 'id' | 'both';
  readonly isOtherSpelling: boolean;
  readonly portfolio: number;
}

const personCount = 3;

const action: fc.Arbitrary<Action> = fc.record({
  person: fc.nat(personCount - 1),
  kind: fc.constantFrom('say', 'say', 'say', 'move', 'rotate', 'receipt'),
  word: fc.constantFrom('hi', 'STOP', 'START'),
  shows: fc.constantFrom('number', 'id', 'both'),
  isOtherSpelling: fc.boolean(),
  portfolio: fc.nat(1),
});

export const world: fc.Arbitrary<World> = fc
  .tuple(fc.array(action, { maxLength: 14 }), fc.array(fc.nat(1_000)), fc.array(fc.nat(13), { maxLength: 6 }))
  .map(([actions, order, repeated]) => {
    const { events, left } = play(actions);
    const twice = repeated.flatMap((place) => events[place] ?? []);
    const delivered = [...events, ...twice]
      .map((event, place) => ({ event, rank: order[place % Math.max(1, order.length)] ?? place }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ event }) => event);
    // Messages are sent to contacts, so receipts come when there are some.
    const receipts = delivered.filter(({ kind }) => kind === 'receipt');
    const others = delivered.filter(({ kind }) => kind !== 'receipt');
    return { deliveries: [...others, ...receipts, ...strangersOf(left)] };
  });

const mobile = (index: number) => String(80_000_000 + index).padStart(8, '0');
const phoneAt = (index: number): string => `+55119${mobile(index)}`;

/** The number in its canonical spelling, and as the `wa_id` of an old or a new account. */
const numberAt = (index: number, isOtherSpelling: boolean): ContactIdentity => ({
  phoneNumber: phoneAt(index),
  whatsappId: isOtherSpelling ? `5511${mobile(index)}` : `55119${mobile(index)}`,
});

interface State {
  number: number;
  readonly ids: [string, string];
}

/** Plays the actions in order, 100 seconds apart; `left` are the numbers that people gave up. */
function play(actions: readonly Action[]): { events: WorldEvent[]; left: number[] } {
  let lastNumber = personCount - 1;
  let lastId = 0;
  const newId = () => `BR.${(lastId += 1)}`;
  const people = Array.from({ length: personCount }, (_, number): State => ({
    number,
    ids: [newId(), newId()],
  }));
  const left: number[] = [];
  const events = actions.map((given, place): WorldEvent => {
    const { person, kind, portfolio, isOtherSpelling, shows, word } = given;
    const state = people[person] ?? { number: 0, ids: ['', ''] };
    const at = (place + 1) * 100;
    const idNow = (): ContactIdentity => ({ businessScopedUserId: state.ids[portfolio as 0 | 1] });
    const old = { number: numberAt(state.number, isOtherSpelling), id: idNow() };
    if (kind === 'move') {
      left.push(state.number);
      state.number = lastNumber += 1;
      state.ids[0] = newId();
      state.ids[1] = newId();
      const hasIds = shows !== 'number';
      return {
        ...{ at, person, kind: 'change' },
        change: {
          reason: 'number-changed',
          from: { ...old.number, ...(hasIds ? old.id : {}) },
          to: { ...numberAt(state.number, isOtherSpelling), ...(hasIds ? idNow() : {}) },
        },
      };
    }
    if (kind === 'rotate') {
      state.ids[portfolio as 0 | 1] = newId();
      const to = { ...(shows === 'both' ? old.number : {}), ...idNow() };
      return { at, person, kind: 'change', change: { reason: 'user-id-changed', from: old.id, to } };
    }
    const identity = {
      ...(shows === 'id' ? {} : old.number),
      ...(shows === 'number' ? {} : old.id),
    };
    return kind === 'say'
      ? { at, person, kind: 'message', identity, word }
      : { at, person, kind: 'receipt', identity };
  });
  return { events, left };
}

/** Each number that was given up gets a new owner, who writes. */
const strangersOf = (left: readonly number[]): WorldEvent[] =>
  left.map((number, index) => ({
    at: 10_000 + index,
    person: personCount + index,
    kind: 'message',
    word: 'hi',
    identity: { ...numberAt(number, false), businessScopedUserId: `BR.new${index}` },
  }));

/** What the events prove: which names are one person, and the last word of each. */
export interface Proof {
  /** The last word under any name known to be the same person's; `hi` says nothing. */
  readonly lastWordOf: (name: string) => Word;
  readonly namesIn: (event: WorldEvent) => readonly string[];
}

/** A number is a name of its owner only: another owner has another name. */
const namesOf = (identity: ContactIdentity | null, person: number): string[] => [
  ...(identity?.phoneNumber === undefined ? [] : [`${identity.phoneNumber} of ${person}`]),
  ...(identity?.businessScopedUserId === undefined ? [] : [identity.businessScopedUserId]),
];

export function proofOf(deliveries: readonly WorldEvent[]): Proof {
  const group = new Map<string, string>();
  const rootOf = (name: string): string => {
    const parent = group.get(name) ?? name;
    return parent === name ? name : rootOf(parent);
  };
  const namesIn = (event: WorldEvent) =>
    event.kind === 'change'
      ? [...namesOf(event.change.from, event.person), ...namesOf(event.change.to, event.person)]
      : namesOf(event.identity, event.person);
  for (const event of deliveries) {
    const names = namesIn(event);
    // A receipt proves something only of names that have a contact.
    if (event.kind === 'receipt' && !names.some((name) => group.has(name))) continue;
    for (const name of names) if (!group.has(name)) group.set(name, name);
    for (const name of names) group.set(rootOf(name), rootOf(names[0] ?? name));
  }
  const words = deliveries
    .flatMap((event) => (event.kind === 'message' && event.word !== 'hi' ? [event] : []))
    .toSorted((a, b) => a.at - b.at);
  return {
    namesIn,
    lastWordOf: (name) =>
      words.findLast((event) => namesIn(event).some((said) => rootOf(said) === rootOf(name)))?.word ?? 'hi',
  };
}

/** What a product does with the events: pure code in memory, or the real one. */
export interface Subject {
  /** The id of the contact that the event was about; null if it taught nothing. */
  handle(event: WorldEvent): Promise<string | null>;
  /** Every contact with its stored keys. */
  contacts(): Promise<readonly { readonly id: string; readonly identityKeys: readonly string[] }[]>;
  /** Whether the person behind the contact gets no messages. */
  isOptedOut(id: string): Promise<boolean>;
}

/**
 * Delivers the events, then compares the contacts with what the events prove; throws at the first difference.
 * `handled`: the events in the order in which they are handled; of two workers, the order of one and then the other's.
 */
export async function checkWorld(
  handled: readonly WorldEvent[],
  subject: Subject,
  deliver: (handle: (event: WorldEvent) => Promise<void>) => Promise<void>,
): Promise<void> {
  const proof = proofOf(handled);
  const contactOf = new Map<string, string>();
  const personOf = new Map<string, number>();
  await deliver(async (event) => {
    const id = await subject.handle(event);
    if (id === null) return;
    for (const name of proof.namesIn(event)) contactOf.set(name, id);
    const known = personOf.get(id) ?? event.person;
    assert.equal(known, event.person, 'a contact of two people');
    personOf.set(id, event.person);
  });
  const keys = (await subject.contacts()).flatMap(({ identityKeys }) => identityKeys);
  assert.equal(new Set(keys).size, keys.length, 'an identity with two contacts');
  for (const [name, id] of contactOf) {
    assert.equal(await subject.isOptedOut(id), proof.lastWordOf(name) === 'STOP', `the last word of ${name}`);
  }
}
