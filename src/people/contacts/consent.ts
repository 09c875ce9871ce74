import type { ConsentEntry, ContactRecord } from './store/repository.ts';
import type { ConsentWord } from './rules.ts';

/** What a person has said about consent, as an event of the provider tells it. */
export interface PersonStatement {
  readonly status: Exclude<ConsentWord, 'unknown'>;
  /** Where it was said: `keyword`, or `whatsapp` for the person's own switch there. */
  readonly source: string;
  readonly wording?: string;
  /** By the provider's clock, in whole seconds. */
  readonly at: Date;
  /** Of a statement that is repeated this is the same. */
  readonly eventId: string;
}

/**
 * The record after a statement became known; the record itself when it was known already. Statements come late, in any
 * order and more than once: what counts is the latest by its own time, so that the same statements end in the same
 * state, whatever their order. Each is kept in the log, also one that came too late to change anything.
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

/** What the log of one contact holds: the first words, by which consent was given, and the latest. */
export const consentLogSize = { first: 20, all: 200 } as const;

/**
 * The log with one more word. Nobody can make it grow for ever by saying STOP and START in turn: beyond its size the
 * oldest word behind the first ones goes, but never one that counts. What goes stays in the audit, word for word, in the
 * event that has brought it, and so does the proof of each stop.
 */
export function loggedConsent(
  { consentLog, consentEntriesDropped = 0 }: ConsentLog,
  entry: ConsentEntry,
): ConsentLog {
  const log = [...consentLog, entry];
  const counting = new Set([true, false].map((isMarketing) => countingOf(log, isMarketing)));
  let excess = log.length - consentLogSize.all;
  const kept = log.filter((each, place) => {
    const stays = excess <= 0 || place < consentLogSize.first || counting.has(each);
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

/** Of the second that the provider names a stop gets the end, because it must hold when its order is in doubt. */
const restOfSecondMs = 999;
const weightOf = (entry: ConsentEntry): number => entry.at.getTime() + (isStop(entry) ? restOfSecondMs : 0);

/** The entry of one kind by which every other is judged: the latest, and of several a stop. */
function countingOf(log: readonly ConsentEntry[], isMarketing: boolean): ConsentEntry | undefined {
  const others = log.filter((entry) => isAboutMarketing(entry) === isMarketing);
  const rankOf = (entry: ConsentEntry) => weightOf(entry) + (isStop(entry) ? 0.5 : 0);
  return others.toSorted((a, b) => rankOf(b) - rankOf(a))[0];
}

/** Whether nothing in the log is later; what the log says of marketing and of everything else is told apart. */
function isLatest(entry: ConsentEntry, log: readonly ConsentEntry[]): boolean {
  const others = log.filter((other) => isAboutMarketing(other) === isAboutMarketing(entry));
  return others.every(
    (other) => weightOf(other) < weightOf(entry) || (weightOf(other) === weightOf(entry) && isStop(entry)),
  );
}
