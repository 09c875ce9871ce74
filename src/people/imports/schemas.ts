import { z } from 'zod';
import { openEnum } from '../../platform/fields.ts';
import { pageOf } from '../../platform/pagination.ts';
import { OptInStatus } from '../contacts/schemas.ts';
import { ImportRowOutcome, ImportRowPlan } from './choices.ts';
import { planKinds } from './plan/rules.ts';
import { questionCodes } from './questions.ts';
import { importFaultCodes, importStates, rowOutcomes, undoOutcomes } from './states.ts';

export const ImportState = openEnum(importStates).meta({
  id: 'ImportState',
  description: 'Where the import is. `ready` waits for its start, and ends after seven days without one',
});

const count = z.int().min(0);
const countsOf = <K extends string>(names: readonly K[], id: string, description: string) =>
  z
    .object(Object.fromEntries(names.map((name) => [name, count])) as Record<K, typeof count>)
    .meta({ id, description });

const PlanCounts = countsOf(
  planKinds,
  'ImportPlanCounts',
  'How many rows the dry run plans to treat in each way',
);
const OutcomeCounts = countsOf(
  rowOutcomes,
  'ImportOutcomeCounts',
  'How many rows have each outcome, counted in the database; together they are all rows',
);

const certainty = openEnum(['certain', 'likely', 'guess']);

const ImportEncodingView = z
  .object({
    encoding: z.string(),
    certainty,
    readings: z
      .array(z.object({ encoding: z.string(), words: z.array(z.string()) }))
      .meta({ description: 'The same words in each encoding that the file may have' }),
  })
  .meta({ id: 'ImportEncoding' });

const ImportColumnView = z
  .object({
    column: count.meta({ description: 'Its place in the file, counted from 0' }),
    name: z.string(),
    target: z.string().nullable().meta({ description: 'Null if the column is not imported' }),
    because: z
      .string()
      .nullable()
      .meta({ description: 'What the proposal comes from: `header`, `content` …' }),
    samples: z.array(z.string()),
  })
  .meta({ id: 'ImportColumn' });

const ImportOptionsView = z
  .object({
    encoding: z.string().nullable(),
    delimiter: z.string().nullable(),
    quote: z.string().nullable(),
    hasHeader: z.boolean().nullable(),
    defaultCountry: z.string().nullable(),
    bareDigits: z.string().nullable(),
    dateOrder: z.string().nullable(),
    decimal: z.string().nullable(),
    onExisting: z.string(),
    onDuplicateInFile: z.string(),
    consent: z
      .object({ status: OptInStatus.nullable(), source: z.string(), wording: z.string().nullable() })
      .nullable(),
    tags: z.array(z.string()),
  })
  .meta({ id: 'ImportOptions', description: 'As chosen, else as proposed' });

const ImportFaultView = z
  .object({
    code: openEnum(importFaultCodes),
    line: z.int().nullable().meta({ description: 'Where the row begins that the fault is in' }),
  })
  .meta({ id: 'ImportFault' });

const time = z.iso.datetime();

export const ImportView = z
  .object({
    id: z.string(),
    state: ImportState,
    filename: z.string().nullable(),
    bytes: count.nullable(),
    sha256: z.string().nullable(),
    fault: ImportFaultView.nullable().meta({ description: 'Why the file cannot be imported' }),
    encoding: ImportEncodingView.nullable().meta({
      description: 'Null until it is found, and for workbooks',
    }),
    columns: z.array(ImportColumnView),
    options: ImportOptionsView,
    questions: z.array(openEnum(questionCodes)).meta({ description: 'What to look at before the start' }),
    rows: count.nullable().meta({ description: 'Without the header and blank lines' }),
    blankLines: count.nullable(),
    planned: PlanCounts.nullable().meta({ description: 'The dry run; null until it is done' }),
    newTags: z
      .object({
        count,
        isExact: z.boolean().meta({ description: 'False if there are more' }),
        names: z.array(z.string()).meta({ description: 'Up to 20 of them' }),
        room: count.meta({ description: 'How many more tags the business can have' }),
      })
      .nullable()
      .meta({ description: 'The tags that it would make; null until the dry run is done' }),
    outcomes: OutcomeCounts.nullable().meta({ description: 'As counted at `countedAt`' }),
    countedAt: time.nullable(),
    isExpired: z.boolean(),
    createdAt: time,
    readyAt: time.nullable(),
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    expiresAt: time.nullable().meta({ description: 'When a proposal ends that nobody starts' }),
    undoUntil: time.nullable().meta({ description: 'Until when it can be undone' }),
    keptUntil: time.nullable().meta({ description: 'When its file, its rows and its report are deleted' }),
  })
  .meta({
    id: 'Import',
    examples: [
      {
        ...{ id: '665f1f77bcf86cd7994390b1', state: 'ready', filename: 'contacts.csv', bytes: 48_211 },
        sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        ...{ fault: null, encoding: { encoding: 'utf-8', certainty: 'certain', readings: [] } },
        columns: [
          {
            ...{ column: 0, name: 'Phone', target: 'phoneNumber', because: 'header' },
            samples: ['+4915112345678'],
          },
        ],
        options: {
          ...{ encoding: 'utf-8', delimiter: ';', quote: '"', hasHeader: true, defaultCountry: 'DE' },
          ...{ bareDigits: null, dateOrder: null, decimal: null, onExisting: 'update' },
          ...{ onDuplicateInFile: 'error', consent: null, tags: [] },
        },
        ...{ questions: ['country-proposed'], rows: 1_200, blankLines: 0 },
        planned: { create: 1_150, update: 40, unchanged: 4, skip: 0, invalid: 4, duplicate: 2, ambiguous: 0 },
        newTags: { count: 2, isExact: true, names: ['vip', 'fair-2026'], room: 988 },
        ...{ outcomes: null, countedAt: null, isExpired: false, createdAt: '2026-11-23T09:00:00.000Z' },
        ...{ readyAt: '2026-11-23T09:00:02.000Z', startedAt: null, endedAt: null },
        ...{ expiresAt: '2026-11-30T09:00:02.000Z', undoUntil: null, keptUntil: null },
      },
    ],
  });
export type ImportView = z.input<typeof ImportView>;

export const ImportPage = pageOf(ImportView, 'ImportPage');

const RowVerdictView = z
  .object({
    kind: z.union([ImportRowPlan, z.string()]),
    codes: z.array(z.string()).meta({ description: 'Why nothing is done' }),
    notices: z.array(z.string()).meta({
      description: '`consent-kept`: the contact has opted out, and a file does not change that',
    }),
    issues: z.array(z.string()).meta({ description: 'What the rules of contacts say against the row' }),
  })
  .meta({ id: 'ImportRowVerdict' });

export const ImportRowView = z
  .object({
    id: z.string(),
    n: count.meta({ description: 'Its place among the rows, counted from 1' }),
    line: count.meta({ description: 'The line of the file where it begins' }),
    phoneNumber: z.string().nullable(),
    whatsappId: z.string().nullable(),
    businessScopedUserId: z.string().nullable(),
    name: z.string().nullable(),
    errors: z.array(z.object({ code: z.string(), column: count, cell: z.string() })),
    plan: RowVerdictView.nullable(),
    outcome: z.union([ImportRowOutcome, z.string()]),
    result: RowVerdictView.nullable(),
    isChangedSince: z.boolean().meta({
      description: 'The outcome is another one than planned: a contact has changed since the dry run',
    }),
    contactId: z.string().nullable(),
    undo: openEnum(undoOutcomes).nullable(),
    createdAt: time,
  })
  .meta({
    id: 'ImportRow',
    examples: [
      {
        ...{ id: '665f1f77bcf86cd7994390c1', n: 7, line: 8, phoneNumber: '+4915112345678' },
        ...{ whatsappId: null, businessScopedUserId: null, name: 'Ana Souza', errors: [] },
        plan: { kind: 'create', codes: [], notices: [], issues: [] },
        ...{ outcome: 'pending', result: null, isChangedSince: false, contactId: null, undo: null },
        createdAt: '2026-11-23T09:00:01.000Z',
      },
    ],
  });
export type ImportRowView = z.input<typeof ImportRowView>;

export const ImportRowPage = pageOf(ImportRowView, 'ImportRowPage');
