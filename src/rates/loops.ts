import type { LoopTable } from '../platform/loop.ts';

export const rateLoops = {
  'portfolio-users': {
    process: 'worker',
    does: 'forgets the recipients that a portfolio began to write to over 24 hours ago',
    idleMs: 60_000,
    maxIdleMs: 60_000,
    lease: 'none: a second round changes nothing',
  },
} as const satisfies LoopTable;
