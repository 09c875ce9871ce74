import type { LoopTable } from '../platform/loop.ts';

export const templateLoops = {
  'template-sync': {
    process: 'worker',
    does: 'reads the templates of a channel from the provider',
    idleMs: 1_000,
    maxIdleMs: 5_000,
    lease: 'each channel, 10 min',
  },
} as const satisfies LoopTable;
