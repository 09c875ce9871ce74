import type { LoopTable } from '../platform/loop.ts';

export const mailLoops = {
  mail: {
    process: 'api',
    does: 'sends the mails that are due',
    idleMs: 100,
    maxIdleMs: 500,
    lease: 'each mail, 60 s',
  },
} as const satisfies LoopTable;
