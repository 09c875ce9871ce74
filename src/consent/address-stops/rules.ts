import type { Types } from 'mongoose';
import type { ConsentMove, ContactRecord } from '../../people/contacts/directory.ts';

export const stopKinds = ['opted-out', 'marketing-stopped'] as const;
export type StopKind = (typeof stopKinds)[number];

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
}

/**
 * The opt-outs that stay at the identities which a contact loses by a write. Those of a deleted contact are remembered
 * with it (`people/contacts/memory/`), and come back with whoever gets one of its identities.
 */
export function stopsLeftBehind({ before, after }: ConsentMove): AddressStop[] {
  if (before === null || after === null) return [];
  const kept = new Set(after.identityKeys);
  const lost = before.identityKeys.filter((key) => !kept.has(key));
  return stopsOf(before).flatMap((stop) => lost.map((key) => ({ ...stop, key, contactId: before._id })));
}

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

/** The provider's times are whole seconds: within one second, a stop wins. */
const restOfSecondMs = 999;

/** What a new consent of the contact lifts at its current identities; null if the write adds none. */
export function stopsLifted({ before, after }: ConsentMove): LiftedStops | null {
  if (after === null || entriesOf(after) === entriesOf(before)) return null;
  const entry = after.consentLog.at(-1);
  if (entry?.status !== 'opted-in' && entry?.status !== 'marketing-resumed') return null;
  const kind = entry.status === 'opted-in' ? 'opted-out' : 'marketing-stopped';
  const isByUser = entry.by !== undefined;
  const until = isByUser ? entry.at : new Date(entry.at.getTime() - restOfSecondMs);
  return { keys: after.identityKeys, kind, until };
}

const entriesOf = (record: ContactRecord | null): number =>
  record === null ? 0 : record.consentLog.length + (record.consentEntriesDropped ?? 0);
