import { applyConsent, decidingEntryOf, lastWordOf, type PersonStatement } from '../consent.ts';
import type { ConsentEntry, ContactRecord } from '../store/repository.ts';

/** A contact, or what is remembered of a deleted one. */
export type ConsentSource = Pick<ContactRecord, '_id' | 'consentLog' | 'isBlocked' | 'blockedAt'>;

/**
 * A contact after it proves to be the same person as `other`. The person's own words count by their time, whichever
 * contact they were said to. An opt-in that a user recorded for one contact does not undo an opt-out of the other: the
 * user did not know of it. A block counts for both.
 */
export function withConsentOf(record: ContactRecord, other: ConsentSource, storedAt: Date): ContactRecord {
  const shared = [lastWordOf(other.consentLog), decidingEntryOf(other.consentLog, true)]
    .filter((entry) => entry !== undefined)
    .flatMap((entry) => statementFor(record, { other, entry }) ?? []);
  const next = shared.reduce((current, statement) => applyConsent(current, statement, storedAt), record);
  if (other.isBlocked !== true || next.isBlocked === true) return next;
  return { ...next, isBlocked: true, blockedAt: other.blockedAt ?? storedAt, updatedAt: storedAt };
}

/** Whether the contact was not opted out before, or not without marketing, and is now. */
export const isSilenced = (before: ContactRecord, after: ContactRecord): boolean =>
  (before.optInStatus !== 'opted-out' && after.optInStatus === 'opted-out') ||
  (before.marketingStopped !== true && after.marketingStopped === true);

function statementFor(
  record: ContactRecord,
  { other, entry }: { other: ConsentSource; entry: ConsentEntry },
): PersonStatement | null {
  const { status, source, wording, eventId, saidAt } = entry;
  if (status === 'unknown' || (status === 'opted-in' && entry.by !== undefined)) return null;
  const at = status === 'opted-out' ? latest([entry.at, ...recordedByUsers(record)]) : entry.at;
  return {
    status,
    source,
    at,
    eventId: eventId ?? `shared:${other._id.toHexString()}:${entry.at.getTime()}`,
    ...(wording === undefined ? {} : { wording }),
    ...(saidAt === undefined ? {} : { saidAt }),
  };
}

const recordedByUsers = ({ consentLog }: ContactRecord): Date[] =>
  consentLog
    .filter(({ by, status }) => by !== undefined && !status.startsWith('marketing-'))
    .map(({ at }) => at);

const latest = (times: readonly Date[]): Date => new Date(Math.max(...times.map((time) => time.getTime())));
