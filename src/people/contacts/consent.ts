import type { ConsentEntry, ContactRecord } from './store/repository.ts';
import { numberKeysOf, type ConsentStatus } from './rules.ts';

/** A person's statement about consent, from a provider event. */
export interface PersonStatement {
  readonly status: Exclude<ConsentStatus, 'unknown'>;
  /** `keyword` for a message, `whatsapp` for the person's switch in WhatsApp. */
  readonly source: string;
  readonly wording?: string;
  /** By the provider's clock, in whole seconds. */
  readonly at: Date;
  /** The same for every repetition of the statement. */
  readonly eventId: string;
  /** The keys of the numbers that it came from. */
  readonly saidAt?: readonly string[];
}

/**
 * The record after a statement; the same object if the log already contains it. Statements arrive late, repeated and out
 * of order: the latest by its own time counts, so that their order of arrival does not change the final state. The log
 * also keeps a statement that arrives too late to change the state.
 */
export function applyConsent(
  record: ContactRecord,
  statement: PersonStatement,
  storedAt: Date,
): ContactRecord {
  const { status, source, wording, at, eventId, saidAt = [] } = statement;
  const isKnown = record.consentLog.some((entry) => entry.eventId === eventId && entry.status === status);
  if (isKnown) return record;
  const entry: ConsentEntry = {
    ...{ status, source, at, eventId, storedAt },
    ...(wording === undefined ? {} : { wording }),
    // A stop counts for whoever it may be of.
    ...(saidAt.length === 0 || isStop(statement) ? {} : { saidAt }),
  };
  const isForeign = isAfterLeaving(record, entry);
  const deciding = isForeign
    ? undefined
    : decidingEntryOf([...record.consentLog, entry], isAboutMarketing(entry));
  return {
    ...(deciding === entry ? changedState(record, statement) : decidedBy(record, deciding)),
    ...loggedConsent(record, isForeign ? { ...entry, isForeign } : entry),
    updatedAt: storedAt,
  };
}

/** An earlier statement changes nothing, unless a later one that nobody heard counts again by it: STOP, then START. */
function decidedBy(record: ContactRecord, deciding: ConsentEntry | undefined): ContactRecord {
  if (deciding?.isUnstated !== true) return record;
  return { ...record, optInStatus: deciding.status === 'opted-in' ? 'opted-in' : 'unknown' };
}

/**
 * The record without the effect of consents that came from a number after the person had left it: a late number change
 * shows that the number's next owner gave them. The same object if there are none.
 */
export function withoutForeignConsent(record: ContactRecord): ContactRecord {
  const isNew = (entry: ConsentEntry) => entry.isForeign !== true && isAfterLeaving(record, entry);
  if (!record.consentLog.some(isNew)) return record;
  const consentLog = record.consentLog.map((entry) => (isNew(entry) ? { ...entry, isForeign: true } : entry));
  const status = decidingEntryOf(consentLog, false)?.status ?? 'unknown';
  const marketing = decidingEntryOf(consentLog, true);
  const next = { ...record, consentLog };
  const all = status === 'opted-out' || status === 'opted-in' ? status : 'unknown';
  const stated = { ...next, optInStatus: all } as const;
  return marketing?.status === 'marketing-stopped'
    ? { ...stated, marketingStopped: true, marketingStoppedAt: marketing.at }
    : stated;
}

/** WhatsApp's times of a change and of messages around it may differ by this. */
const toleranceMs = 60_000;

/** Whether the person had left each number that a consent came from, by WhatsApp's word, when it was given. */
function isAfterLeaving(record: ContactRecord, { saidAt = [], at }: ConsentEntry): boolean {
  const current = new Set(numberKeysOf(record));
  const hasLeft = (key: string) =>
    !current.has(key) &&
    (record.aliases ?? []).some(
      ({ field, value, reason, until }) =>
        reason === 'number-changed' &&
        until !== undefined &&
        until.getTime() + toleranceMs < at.getTime() &&
        numberKeysOf({ [field]: value }).includes(key),
    );
  return saidAt.length > 0 && saidAt.every(hasLeft);
}

type ConsentLog = Pick<ContactRecord, 'consentLog' | 'consentEntriesDropped'>;

/** The size of a contact's log: the first entries, which gave the consent, and the latest. */
export const consentLogSize = { first: 20, all: 200 } as const;

/**
 * The log with one more entry. It is bounded, because a person could alternate STOP and START for ever: beyond its size,
 * the oldest entry after the first ones is dropped, but never one that decides the current state. The audit keeps every
 * dropped entry in full.
 */
export function loggedConsent(
  { consentLog, consentEntriesDropped = 0 }: ConsentLog,
  entry: ConsentEntry,
): ConsentLog {
  const log = [...consentLog, entry];
  const deciding = new Set([true, false].map((isMarketing) => decidingEntryOf(log, isMarketing)));
  deciding.add(lastWordOf(log));
  let excess = log.length - consentLogSize.all;
  const kept = log.filter((each, place) => {
    const stays = excess <= 0 || place < consentLogSize.first || deciding.has(each);
    if (!stays) excess -= 1;
    return stays;
  });
  const dropped = consentEntriesDropped + log.length - kept.length;
  return { consentLog: kept, ...(dropped === 0 ? {} : { consentEntriesDropped: dropped }) };
}

function changedState(record: ContactRecord, { status, at }: PersonStatement): ContactRecord {
  if (status === 'opted-in' || status === 'opted-out') return { ...record, optInStatus: status };
  const { marketingStopped: _was, marketingStoppedAt: _since, ...rest } = record;
  return status === 'marketing-stopped' ? { ...rest, marketingStopped: true, marketingStoppedAt: at } : rest;
}

const isStop = ({ status }: Pick<ConsentEntry, 'status'>): boolean =>
  status === 'opted-out' || status === 'marketing-stopped';
const isAboutMarketing = ({ status }: ConsentEntry): boolean => status.startsWith('marketing-');

/** The provider's times are whole seconds: within one second, a stop ranks last, so that it wins. */
const restOfSecondMs = 999;
const weightOf = (entry: ConsentEntry): number => entry.at.getTime() + (isStop(entry) ? restOfSecondMs : 0);

/**
 * The entry that decides the current state, about marketing or about all messages: the latest, and in a tie a stop. A status
 * that nobody heard the person say, such as that of a file, never outranks an opt-out, which may arrive after it.
 */
export function decidingEntryOf(
  log: readonly ConsentEntry[],
  isMarketing: boolean,
): ConsentEntry | undefined {
  const others = log.filter((entry) => isAboutMarketing(entry) === isMarketing && entry.isForeign !== true);
  const rankOf = (entry: ConsentEntry) => weightOf(entry) + (isStop(entry) ? 0.5 : 0);
  const sorted = others.toSorted((a, b) => rankOf(b) - rankOf(a));
  const [latest] = sorted;
  const word = sorted.find((entry) => isStop(entry) || entry.isUnstated !== true);
  return word !== undefined && isStop(word) ? word : latest;
}

/** The latest statement about all messages. A user who sets the status to unknown says nothing for the person. */
export const lastWordOf = (log: readonly ConsentEntry[]): ConsentEntry | undefined =>
  decidingEntryOf(
    log.filter(
      ({ status, isUnstated }) => status === 'opted-out' || (status !== 'unknown' && isUnstated !== true),
    ),
    false,
  );
