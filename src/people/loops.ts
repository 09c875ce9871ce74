import type { LoopTable } from '../platform/loop.ts';

export const peopleLoops = {
  'suspect-numbers': {
    process: 'worker',
    does: 'clears the mark of a suspect number if a message has reached it since',
    idleMs: 30_000,
    maxIdleMs: 30_000,
    lease: 'none: the first of two writes wins',
  },
} as const satisfies LoopTable;
