import type { LoopTable } from '../platform/loop.ts';

export const auditLoops = {
  'audit-sealer': {
    process: 'worker',
    does: 'links new audit events to the chain of their client; clients take turns',
    idleMs: 250,
    maxIdleMs: 500,
    lease: 'each chain, 5 s; its end, moved in the same transaction, guards the numbers',
  },
  'audit-anchors': {
    process: 'worker',
    does: 'signs the ends of chains of audit events, each an hour after it has grown',
    idleMs: 10_000,
    maxIdleMs: 30_000,
    lease: 'none: an event is anchored once',
  },
} as const satisfies LoopTable;
