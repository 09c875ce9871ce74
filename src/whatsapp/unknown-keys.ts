import { canonicalJson } from '../platform/canonical-json.ts';
import { sha256Hex } from '../platform/ids.ts';
import { reportLimits, type AccountReport } from './account-reports.ts';
import { isFields, type Fields } from './inbound/fields.ts';
import { knownInEnvelope, knownInField } from './known-keys.ts';
import { leftoversOf, noLeftovers, shownLeftovers, withoutIndexes, type Leftovers } from './leftovers.ts';
import { Timestamp, toEpochMs } from './webhook-fields.ts';

/** One value of a body, with what its envelope says. */
interface Place {
  readonly field: string;
  readonly value: Fields;
  readonly wabaId: string | null;
  readonly atMs: number | null;
}

/**
 * The keys of a body that no reader takes and that belong to no message, receipt or call: one report of a value. Reports
 * of the same names are equal, so that a channel gets them once, with the values that came first, however many bodies
 * bring such keys.
 */
export function readUnknownKeys(body: unknown): Iterable<AccountReport> {
  if (!isFields(body)) return [];
  const { entry } = body;
  const isEnveloped = Array.isArray(entry);
  const places = isEnveloped ? [...placesIn(entry)] : valueOf(body);
  const around: Leftovers = isEnveloped ? leftoversOf(body, knownInEnvelope) : noLeftovers;
  const reports = new Map<string, AccountReport>();
  for (const [index, place] of places.entries()) {
    const inside = leftoversOf(place.value, knownInField(place.field));
    const leftovers = index === 0 ? withEnvelope(inside, around) : inside;
    if (leftovers.values.size === 0) continue;
    const report = reportOf(place, leftovers);
    const id = `${report.wabaId} ${report.phoneNumberId} ${report.key}`;
    if (!reports.has(id)) reports.set(id, report);
  }
  return reports.values();
}

/** A value without an envelope, as relays send it. Anything else becomes a dead letter. */
const valueOf = (body: Fields): readonly Place[] =>
  bareLists.some((list) => Array.isArray(body[list]))
    ? [{ field: 'messages', value: body, wabaId: null, atMs: null }]
    : [];

const bareLists = ['statuses', 'messages', 'message_echoes', 'errors'] as const;

function* placesIn(entries: readonly unknown[]): Generator<Place> {
  for (const entry of entries) {
    if (!isFields(entry) || !Array.isArray(entry['changes'])) continue;
    const { id, time, changes } = entry;
    const at = Timestamp.safeParse(time).data;
    const place = { wabaId: textOf(id), atMs: at === undefined ? null : toEpochMs(at) };
    for (const change of changes as readonly unknown[]) {
      if (!isFields(change)) continue;
      const { field, value: given } = change;
      // The changes of ids also come as a bare list.
      const value = field === 'user_id_update' && Array.isArray(given) ? { [field]: given } : given;
      if (typeof field === 'string' && isFields(value)) yield { ...place, field, value };
    }
  }
}

/** The envelope has keys of the same names as its values. */
const withEnvelope = (inside: Leftovers, around: Leftovers): Leftovers => ({
  values: new Map([
    ...inside.values,
    ...[...around.values].map(([name, value]) => [`body.${name}`, value] as const),
  ]),
  cut: inside.cut + around.cut,
});

function reportOf({ field, value, wabaId, atMs }: Place, leftovers: Leftovers): AccountReport {
  const { metadata } = value;
  const names = [...new Set([...leftovers.values.keys()].map(withoutIndexes))].toSorted();
  return {
    kind: 'report',
    wabaId,
    phoneNumberId: isFields(metadata) ? textOf(metadata['phone_number_id']) : null,
    displayNumber: null,
    atMs,
    field,
    word: null,
    severity: 'info',
    effectiveAtMs: null,
    details: shownLeftovers(leftovers, reportLimits),
    key: sha256Hex(canonicalJson(['unknown-keys', field, names])),
    unknownKeys: names.slice(0, reportLimits.maxLeaves),
  };
}

const maxId = 64;

const textOf = (given: unknown): string | null =>
  typeof given === 'string' && given !== '' && given.length <= maxId ? given : null;
