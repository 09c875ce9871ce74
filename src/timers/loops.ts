import type { LoopTable } from '../platform/loop.ts';

export const timerLoops = {
  timers: {
    process: 'worker',
    does: 'fires the timers that are due; clients take turns',
    idleMs: 250,
    maxIdleMs: 1_000,
    lease: 'each timer, 15 s',
  },
} as const satisfies LoopTable;
