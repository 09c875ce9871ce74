import type { ConsentEntry, ContactRecord } from './store/repository.ts';
import type { ConsentStatus } from './rules.ts';

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
  const { status, source, wording, at, eventId } = statement;
  const isKnown = record.consentLog.some((entry) => entry.eventId === eventId && entry.status === status);
  if (isKnown) return record;
  const entry: ConsentEntry = {
    ...{ status, source, at, eventId, storedAt },
    ...(wording === undefined ? {} : { wording }),
  };
  return {
    ...(isLatest(entry, record.consentLog) ? changedState(record, statement) : record),
    ...loggedConsent(record, entry),
    updatedAt: storedAt,
  };
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

const isStop = ({ status }: ConsentEntry): boolean =>
  status === 'opted-out' || status === 'marketing-stopped';
const isAboutMarketing = ({ status }: ConsentEntry): boolean => status.startsWith('marketing-');

/** The provider's times are whole seconds: within one second, a stop ranks last, so that it wins. */
const restOfSecondMs = 999;
const weightOf = (entry: ConsentEntry): number => entry.at.getTime() + (isStop(entry) ? restOfSecondMs : 0);

/** The entry that decides the current state, about marketing or about all messages: the latest, and in a tie a stop. */
export function decidingEntryOf(
  log: readonly ConsentEntry[],
  isMarketing: boolean,
): ConsentEntry | undefined {
  const others = log.filter((entry) => isAboutMarketing(entry) === isMarketing);
  const rankOf = (entry: ConsentEntry) => weightOf(entry) + (isStop(entry) ? 0.5 : 0);
  return others.toSorted((a, b) => rankOf(b) - rankOf(a))[0];
}

/** Whether no entry of the same kind, marketing or not, is later. */
function isLatest(entry: ConsentEntry, log: readonly ConsentEntry[]): boolean {
  const others = log.filter((other) => isAboutMarketing(other) === isAboutMarketing(entry));
  return others.every(
    (other) => weightOf(other) < weightOf(entry) || (weightOf(other) === weightOf(entry) && isStop(entry)),
  );
}
