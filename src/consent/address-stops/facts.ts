import type { AnyIdentity } from '../../people/contacts/rules.ts';
import { normalisePhone } from '../../platform/phone.ts';
import type { MarkKind } from './rules.ts';

/**
 * What events say of identities, each with its time: who a number belonged to, and what was said there. Facts are only
 * ever added, so they are the same in whatever order the events arrive; `last-words.ts` reads them.
 */
export type Fact =
  /** One person had all of these at that time; `isExact` unless a receipt or an answer to a message says so. */
  | {
      readonly kind: 'together';
      readonly keys: readonly string[];
      readonly at: Date;
      readonly isExact: boolean;
      /** When the message was sent that the receipt or the answer is about: a number may have changed hands since then. */
      readonly since?: Date;
      /** Of an answer: the identities that the message was sent to, which the person had at `since`, perhaps not later. */
      readonly before?: readonly string[];
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

export type Together = Extract<Fact, { kind: 'together' }>;

/** A number may get another owner; a user id never does. */
export const isNumberKey = (key: string): boolean => key.startsWith('tel:');
export const isUserIdKey = (key: string): boolean => !isNumberKey(key);

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

/** An event that names identities of one person. */
export interface Naming {
  readonly identity: AnyIdentity;
  readonly at: Date;
  /** False if a receipt names them: it may come after a number has changed hands. */
  readonly isExact: boolean;
  /** When the message of the receipt was sent. */
  readonly since?: Date;
}

/** What an event says by naming identities together; null if it names only one. */
export function togetherOf({ identity, at, isExact, since }: Naming): Fact | null {
  const keys = factKeysOf(identity).toSorted();
  if (keys.length < 2) return null;
  return { kind: 'together', keys, at, isExact, ...(since === undefined || isExact ? {} : { since }) };
}

/** Somebody answers a message of ours: they had the address that it was sent to. */
export interface Answering {
  readonly identity: AnyIdentity;
  readonly at: Date;
  readonly address: AnyIdentity;
  readonly sentAt: Date;
}

/** What an answer says: only the one who got a message can quote it. Null if it comes from where the message went. */
export function answerOf({ identity, at, address, sentAt }: Answering): Fact | null {
  const [by, before] = [factKeysOf(identity), factKeysOf(address)];
  const isNew = by.length > 0 && before.length > 0 && !before.some((key) => by.includes(key));
  if (!isNew) return null;
  const keys = [...by, ...before].toSorted();
  return { kind: 'together', keys, at, isExact: false, since: sentAt, before: before.toSorted() };
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
  if (known.keys.join() !== fact.keys.join() || known.before?.join() !== fact.before?.join()) return false;
  if (strengthOf(fact) > strengthOf(known)) return false;
  const times = [known, fact].flatMap(({ at, since = at }) => [since.getTime(), at.getTime()]);
  const [first, last] = [Math.min(...times) - settledMs, Math.max(...times) + settledMs];
  return !facts.some(({ kind, at }) => kind === 'moved' && at.getTime() >= first && at.getTime() <= last);
}

/** A receipt whose message has a time proves more than one without. */
function strengthOf({ isExact, since }: Together): number {
  if (isExact) return 2;
  return since === undefined ? 0 : 1;
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
