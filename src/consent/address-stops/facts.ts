import type { AnyIdentity } from '../../people/contacts/rules.ts';
import { normalisePhone } from '../../platform/phone.ts';
import type { MarkKind } from './rules.ts';

/**
 * What events say of identities, each with its time: who a number belonged to, and what was said there. Facts are only
 * ever added, so they are the same in whatever order the events arrive; `last-words.ts` reads them.
 */
export type Fact =
  /** One person had all of these at that time; `isExact` unless a receipt said so, which may come after a number's end. */
  | {
      readonly kind: 'together';
      readonly keys: readonly string[];
      readonly at: Date;
      readonly isExact: boolean;
    }
  /** WhatsApp says that the person moved to another number; `from` is empty if it does not say from which. */
  | {
      readonly kind: 'moved';
      readonly from: readonly string[];
      readonly to: readonly string[];
      readonly at: Date;
    }
  /** A statement about messages that came from the identity; `isRecorded` if a user recorded it. */
  | {
      readonly kind: 'said';
      readonly status: MarkKind;
      readonly key: string;
      readonly at: Date;
      readonly isRecorded: boolean;
    };

type Together = Extract<Fact, { kind: 'together' }>;

/** A number may get another owner; a user id never does. */
export const isNumberKey = (key: string): boolean => key.startsWith('tel:');

/** The identities by which facts are kept: each number in its canonical spelling, each user id. */
export function factKeysOf({
  phoneNumber,
  whatsappId,
  businessScopedUserId,
  parentUserId,
}: AnyIdentity): string[] {
  const numbers = [phoneNumber, whatsappId === undefined ? undefined : `+${whatsappId}`]
    .filter((number) => number !== undefined)
    .map((number) => canonicalKey(`tel:${number}`));
  const ids = [businessScopedUserId, parentUserId].filter((id) => id !== undefined).map((id) => `id:${id}`);
  return [...new Set([...numbers, ...ids])];
}

/** The key of a number in its canonical spelling. */
export function canonicalKey(key: string): string {
  if (!isNumberKey(key)) return key;
  const number = key.slice('tel:'.length);
  return `tel:${normalisePhone(number) ?? number}`;
}

/** What an event says by naming identities together; null if it names only one. */
export function togetherOf(identity: AnyIdentity, at: Date, isExact: boolean): Fact | null {
  const keys = factKeysOf(identity).toSorted();
  return keys.length < 2 ? null : { kind: 'together', keys, at, isExact };
}

/** What WhatsApp says by announcing a change. A new user id leaves the number as it is. */
export function changeOf(from: AnyIdentity | null, to: AnyIdentity, isMove: boolean, at: Date): Fact | null {
  const [before, after] = [factKeysOf(from ?? {}), factKeysOf(to)];
  if (isMove) return { kind: 'moved', from: before.toSorted(), to: after.toSorted(), at };
  const keys = [...new Set([...before, ...after])].toSorted();
  return keys.length < 2 ? null : { kind: 'together', keys, at, isExact: true };
}

/** A statement counts for the user ids that it came from, because they are exact; without any, for the number. */
export function statementsOf(
  identity: AnyIdentity,
  said: { readonly status: MarkKind; readonly at: Date; readonly isRecorded: boolean },
): Fact[] {
  const keys = factKeysOf(identity);
  const ids = keys.filter((key) => !isNumberKey(key));
  // A user records a consent for everything that the contact shows.
  const named = said.isRecorded || ids.length === 0 ? keys : ids;
  return named.map((key) => ({ kind: 'said', key, ...said }));
}

export const keysIn = (fact: Fact): readonly string[] => {
  if (fact.kind === 'said') return [fact.key];
  return fact.kind === 'together' ? fact.keys : [...new Set([...fact.from, ...fact.to])];
};

/** The facts of one identity. */
export interface KeptFacts {
  readonly facts: readonly Fact[];
  /** More was said than is kept: then nothing that the person says lifts an opt-out. */
  readonly isFull: boolean;
}

/** Far more than happens to one identity. */
const maxFacts = 200;
/** Statements of one kind that are kept for a number, which may be of several owners. */
const maxStatements = 20;

/** The facts of an identity with one more; the same object if it says nothing new. */
export function withFact(kept: KeptFacts, fact: Fact): KeptFacts {
  const { facts } = kept;
  if (isKnown(facts, fact)) return kept;
  const next = bounded([...facts, fact], fact);
  // A statement is always kept: there are few of each kind, and a user's must be able to end an opt-out.
  const isTooMany = fact.kind !== 'said' && next.length > maxFacts;
  if (isTooMany) return kept.isFull ? kept : { facts, isFull: true };
  return { ...kept, facts: next };
}

function isKnown(facts: readonly Fact[], fact: Fact): boolean {
  if (fact.kind === 'together')
    return facts.some((each) => each.kind === 'together' && saysAsMuch(facts, each, fact));
  const text = JSON.stringify(fact);
  return facts.some((each) => JSON.stringify(each) === text);
}

/** Whether the identities were named together before, and no number among them changed hands in between. */
function saysAsMuch(facts: readonly Fact[], known: Together, fact: Together): boolean {
  if (known.keys.join() !== fact.keys.join() || (fact.isExact && !known.isExact)) return false;
  const [first, last] = [known.at, fact.at].toSorted((a, b) => a.getTime() - b.getTime());
  return !facts.some(
    (each) =>
      each.kind === 'moved' &&
      first !== undefined &&
      last !== undefined &&
      each.at.getTime() + settledMs >= first.getTime() &&
      each.at.getTime() - settledMs <= last.getTime(),
  );
}

/** The times of messages and of the announcement of a change may differ by this. */
export const settledMs = 60_000;

/** The latest statement of a user id says all; of a number, the latest ones, because it may have had several owners. */
function bounded(facts: readonly Fact[], added: Fact): readonly Fact[] {
  if (added.kind !== 'said') return facts;
  const alike = facts.filter((each) => each.kind === 'said' && each.status === added.status);
  const kept = new Set(
    alike
      .toSorted((a, b) => b.at.getTime() - a.at.getTime())
      .slice(0, isNumberKey(added.key) ? maxStatements : 1),
  );
  return facts.filter((each) => !alike.includes(each) || kept.has(each));
}
