import type { LoopTable } from '../platform/loop.ts';

export const peopleLoops = {
  'suspect-numbers': {
    process: 'worker',
    does: 'compares the numbers that could not be reached with what has reached them since',
    idleMs: 30_000,
    maxIdleMs: 30_000,
    lease: 'none: the first of two writes wins',
  },
} as const satisfies LoopTable;
