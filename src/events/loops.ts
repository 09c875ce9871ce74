import type { LoopTable } from '../platform/loop.ts';

export const eventLoops = {
  'event-sequencer': {
    process: 'api',
    does: 'numbers the new events of each client; a change stream wakes it',
    idleMs: 500,
    maxIdleMs: 500,
    lease: 'one process, 5 s; the heads of the clients guard the numbers',
  },
  'event-tail': {
    process: 'api',
    does: 'passes new events to the streams of this process; a change stream wakes it',
    idleMs: 500,
    maxIdleMs: 500,
    lease: 'none: each process reads for its own streams',
  },
  'event-streams': {
    process: 'api',
    does: 'ends the streams whose access is over, and sends heartbeats',
    idleMs: 500,
    maxIdleMs: 500,
    lease: 'none: each process has its own streams',
  },
} as const satisfies LoopTable;
