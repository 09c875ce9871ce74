import type { InstrumentTable } from '../platform/metrics.ts';

export const peopleInstruments = {
  importRows: {
    name: 'crm_import_rows_total',
    type: 'counter',
    help: 'Rows of imported files that got their outcome while the import ran, by outcome: created, updated, unchanged, skipped, invalid, duplicate or ambiguous.',
    labels: ['outcome'],
    processes: ['worker'],
  },
  importsEnded: {
    name: 'crm_imports_ended_total',
    type: 'counter',
    help: 'Imports that came to an end, by state: completed, canceled, undone or failed (the file cannot be imported).',
    labels: ['state'],
    processes: ['api', 'worker'],
  },
} as const satisfies InstrumentTable;
