import type { LoopTable } from '../platform/loop.ts';

export const rateLoops = {
  'portfolio-users': {
    process: 'worker',
    does: 'removes the recipients that a portfolio last wrote to over 24 hours ago',
    idleMs: 60_000,
    maxIdleMs: 60_000,
    lease: 'none: a repeated round changes nothing',
  },
} as const satisfies LoopTable;
