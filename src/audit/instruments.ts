import type { InstrumentTable } from '../platform/metrics.ts';

export const auditInstruments = {
  auditEventsSealed: {
    name: 'crm_audit_events_sealed_total',
    type: 'counter',
    help: 'Audit events that were linked to the chain of their client.',
    labels: [],
    processes: ['worker'],
  },
  auditEventsUnsealed: {
    name: 'crm_audit_events_unsealed',
    type: 'gauge',
    help: 'Audit events that wait to be linked to the chain of their client; at most 5000 are counted.',
    labels: [],
    processes: ['worker'],
  },
} as const satisfies InstrumentTable;
