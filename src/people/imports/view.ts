import type { CountryCode } from 'libphonenumber-js/max';
import { isEnded, keptMs, readyMs, undoMs } from './lifecycle.ts';
import { questionsOf } from './questions.ts';
import type { ImportRowView, ImportView } from './schemas.ts';
import { mappedColumns, planOptionsOf } from './settings.ts';
import type { ImportDoc, ImportRowDoc, RowVerdict } from './use-cases.ts';

const textOf = (at: Date | undefined): string | null => at?.toISOString() ?? null;

const after = (at: Date | undefined, ms: number): string | null =>
  at === undefined ? null : new Date(at.getTime() + ms).toISOString();

export function toImportView(doc: ImportDoc): ImportView {
  const { found, fault, state, settings } = doc;
  const isOver = isEnded(state);
  return {
    id: doc._id.toHexString(),
    state,
    filename: doc.filename ?? null,
    bytes: doc.bytes ?? null,
    sha256: doc.sha256 ?? null,
    fault: fault === undefined ? null : { code: fault.code, line: fault.line ?? null },
    encoding: encodingOf(doc),
    columns: columnsOf(doc),
    options: optionsOf(doc),
    questions: found === undefined ? [] : questionsOf(found, settings, doc.newTags),
    rows: doc.rowCount ?? null,
    blankLines: doc.blankLines ?? null,
    planned: doc.planned ?? null,
    newTags: doc.newTags === undefined ? null : { ...doc.newTags, names: [...doc.newTags.names] },
    outcomes: doc.outcomes ?? null,
    countedAt: textOf(doc.countedAt),
    isExpired: doc.isExpired ?? false,
    createdAt: doc.createdAt.toISOString(),
    readyAt: textOf(doc.readyAt),
    startedAt: textOf(doc.startedAt),
    endedAt: textOf(doc.endedAt),
    expiresAt: state === 'ready' ? after(doc.readyAt, readyMs) : null,
    undoUntil:
      isOver && doc.startedAt !== undefined && state !== 'undone' ? after(doc.endedAt, undoMs) : null,
    keptUntil: isOver ? after(doc.endedAt, keptMs) : null,
  };
}

function encodingOf({ found }: ImportDoc): ImportView['encoding'] {
  if (found?.encoding === undefined) return null;
  const { encoding, certainty, readings } = found.encoding;
  return {
    ...{ encoding, certainty },
    readings: readings.map(({ encoding: other, words }) => ({ encoding: other, words: [...words] })),
  };
}

function columnsOf({ found, settings }: ImportDoc): ImportView['columns'] {
  if (found === undefined) return [];
  const targets = new Map(
    mappedColumns(settings, found.proposed).map(({ column, target }) => [column, target]),
  );
  return found.columns.map(({ index, name, because, samples }) => ({
    ...{ column: index, name, target: targets.get(index) ?? null },
    because: settings.mapping === undefined ? (because ?? null) : null,
    samples: [...samples],
  }));
}

function optionsOf({ settings, found }: ImportDoc): ImportView['options'] {
  const { consent, onExisting, onDuplicateInFile, tags } = planOptionsOf(settings);
  const country: CountryCode | undefined = settings.defaultCountry ?? found?.proposed.defaultCountry;
  return {
    encoding: settings.encoding ?? found?.encoding?.encoding ?? null,
    delimiter: settings.delimiter ?? found?.dialect.delimiter ?? null,
    quote: settings.quote ?? found?.dialect.quote ?? null,
    hasHeader: settings.hasHeader ?? found?.header.hasHeader ?? null,
    defaultCountry: country ?? null,
    bareDigits: settings.bareDigits ?? null,
    dateOrder: settings.dateOrder ?? found?.proposed.dateOrder ?? null,
    decimal: settings.decimal ?? null,
    ...{ onExisting, onDuplicateInFile },
    consent:
      consent === undefined
        ? null
        : { status: consent.status ?? null, source: consent.source, wording: consent.wording ?? null },
    tags: [...tags],
  };
}

const toVerdictView = (verdict: RowVerdict | undefined): ImportRowView['plan'] =>
  verdict === undefined
    ? null
    : {
        kind: verdict.kind,
        codes: [...verdict.codes],
        notices: [...verdict.notices],
        issues: (verdict.issues ?? []).map(({ path, message }) => `${path}: ${message}`),
      };

export const toImportRowView = (row: ImportRowDoc): ImportRowView => ({
  id: row._id.toHexString(),
  ...{ n: row.n, line: row.line },
  phoneNumber: row.values.phoneNumber ?? null,
  whatsappId: row.values.whatsappId ?? null,
  businessScopedUserId: row.values.businessScopedUserId ?? null,
  name: row.values.name ?? null,
  errors: row.faults.map(({ code, column, cell }) => ({ code, column, cell })),
  plan: toVerdictView(row.plan),
  outcome: row.outcome,
  result: toVerdictView(row.result),
  isChangedSince: row.isChangedSince ?? false,
  contactId: row.contactId?.toHexString() ?? null,
  undo: row.undo ?? null,
  createdAt: row._id.getTimestamp().toISOString(),
});
