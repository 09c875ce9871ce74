import type { Types } from 'mongoose';
import { lastWordOf } from '../../people/contacts/consent.ts';
import { arrivedAt, numberKeysOf } from '../../people/contacts/rules.ts';
import type { ConsentMove, ContactRecord } from '../../people/contacts/directory.ts';

export const stopKinds = ['opted-out', 'marketing-stopped'] as const;
export type StopKind = (typeof stopKinds)[number];

/** What is kept for an address: its stops, and until when one of a kind is lifted, so that a late stop stays lifted. */
export const markKinds = [...stopKinds, 'opted-in', 'marketing-resumed'] as const;
export type MarkKind = (typeof markKinds)[number];

export interface AddressMark {
  readonly key: string;
  readonly kind: MarkKind;
  readonly at: Date;
}

export const liftOf = (kind: StopKind): MarkKind => (kind === 'opted-out' ? 'opted-in' : 'marketing-resumed');

/** The stops of a kind that no later consent at the same address lifts. */
export const stopsIn = (marks: readonly AddressMark[], kind: StopKind): AddressMark[] =>
  marks.filter(
    (stop) =>
      stop.kind === kind &&
      !marks.some((lift) => lift.kind === liftOf(kind) && lift.key === stop.key && lift.at >= stop.at),
  );

export const kindsIn = (marks: readonly AddressMark[]): ReadonlySet<StopKind> =>
  new Set(stopKinds.filter((kind) => stopsIn(marks, kind).length > 0));

export const latestOf = (times: readonly Date[]): Date | null =>
  times.reduce<Date | null>((latest, time) => (latest === null || time > latest ? time : latest), null);

export interface AddressStop {
  readonly key: string;
  readonly kind: StopKind;
  /** When the person opted out. */
  readonly at: Date;
  /** The contact that has lost the identity. */
  readonly contactId: Types.ObjectId;
}

/** Which opt-outs a statement lifts: those of these keys that are not later than `until`. */
export interface LiftedStops {
  readonly keys: readonly string[];
  readonly kind: StopKind;
  readonly until: Date;
  /** Only those of these contacts: a number may also hold the opt-out of a former owner. Everyone's if missing. */
  readonly of?: readonly Types.ObjectId[];
}

/**
 * The opt-outs that stay at the identities which a contact loses by a write. Those of a deleted contact are remembered
 * with it (`people/contacts/memory/`), and come back with whoever gets one of its identities.
 */
export function stopsLeftBehind({ before, after }: ConsentMove): AddressStop[] {
  if (before === null || after === null) return [];
  const kept = new Set(after.identityKeys);
  const lost = before.identityKeys.filter((key) => !kept.has(key));
  const left = stopsOf(before).flatMap((stop) =>
    lost.map((key) => ({ ...stop, key, contactId: before._id })),
  );
  return [...left, ...stopsForgotten(before, after), ...stopsAtFormerNumbers(after)];
}

/**
 * A user who sets the status to unknown records no consent: the addresses stay refused, and so do those that the person
 * gets later.
 */
function stopsForgotten(before: ContactRecord, after: ContactRecord): AddressStop[] {
  if (after.optInStatus !== 'unknown') return [];
  const word = lastWordOf(after.consentLog);
  const said = word?.status === 'opted-out' ? [{ kind: 'opted-out' as const, at: word.at }] : [];
  const stops = [...stopsOf(before).filter(({ kind }) => kind === 'opted-out'), ...said];
  const had = new Set(before.identityKeys);
  const arrived = arrivedAt(after) ?? new Date(0);
  // What others have said at a number before does not lift the opt-out that comes with the person.
  const atOf = (key: string, { at }: Pick<AddressStop, 'at'>) =>
    had.has(key) || at > arrived ? at : arrived;
  return stops.flatMap((stop) =>
    after.identityKeys.map((key) => ({ ...stop, at: atOf(key, stop), key, contactId: after._id })),
  );
}

/** The person opted out before they left the number, though the product heard of it in another order. */
const stopsAtFormerNumbers = (record: ContactRecord): AddressStop[] => {
  const current = new Set(record.identityKeys);
  return stopsOf(record).flatMap((stop) =>
    (record.aliases ?? [])
      .filter(({ until, reason }) => reason === 'number-changed' && until !== undefined && until > stop.at)
      .flatMap(({ field, value }) => numberKeysOf({ [field]: value }))
      .filter((key) => !current.has(key))
      .map((key) => ({ ...stop, key, contactId: record._id })),
  );
};

/** The provider's times are whole seconds: within one second, a stop wins. */
const restOfSecondMs = 999;

/** A statement of a person at an address that may not be the contact's. */
export interface SaidAt {
  readonly keys: readonly string[];
  readonly at: Date;
  readonly contactId: Types.ObjectId;
}

/** The second in which a person opts in lifts only stops of earlier seconds. */
export const liftedUntil = (at: Date): Date => new Date(at.getTime() - restOfSecondMs);

function stopsOf(record: ContactRecord): Pick<AddressStop, 'kind' | 'at'>[] {
  const { optInStatus, marketingStopped, marketingStoppedAt, consentLog, updatedAt } = record;
  const optedOut = consentLog.findLast(({ status }) => status === 'opted-out');
  return [
    ...(optInStatus === 'opted-out' ? [{ kind: 'opted-out' as const, at: optedOut?.at ?? updatedAt }] : []),
    ...(marketingStopped === true
      ? [{ kind: 'marketing-stopped' as const, at: marketingStoppedAt ?? updatedAt }]
      : []),
  ];
}

/**
 * The opt-outs that a write lifts; null if it adds no consent that counts. A consent that a user records lifts every opt-out
 * at the current identities. A person's own consent lifts only their own opt-outs there; at the address that it came
 * from, it also lifts those of others (`liftedAt`).
 */
export function stopsLifted({ before, after }: ConsentMove): LiftedStops | null {
  const entry = newStatementIn({ before, after });
  if (after === null || entry === null || entry.isForeign === true) return null;
  if (entry.status !== 'opted-in' && entry.status !== 'marketing-resumed') return null;
  const kind = entry.status === 'opted-in' ? 'opted-out' : 'marketing-stopped';
  const lifted = { keys: after.identityKeys, kind } as const;
  if (entry.by !== undefined) return { ...lifted, until: entry.at };
  const own = [after._id, ...(after.samePerson ?? []).map(({ contactId }) => contactId)];
  return { ...lifted, until: liftedUntil(entry.at), of: own };
}

/** The statement that a write adds; null if it adds none. A status without a statement is nobody's consent. */
export function newStatementIn({ before, after }: ConsentMove): ConsentEntry | null {
  if (after === null || entriesOf(after) === entriesOf(before)) return null;
  const entry = after.consentLog.at(-1);
  return entry === undefined || entry.isUnstated === true ? null : entry;
}

type ConsentEntry = ContactRecord['consentLog'][number];

const entriesOf = (record: ContactRecord | null): number =>
  record === null ? 0 : record.consentLog.length + (record.consentEntriesDropped ?? 0);
