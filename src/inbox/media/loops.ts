import type { LoopTable } from '../../platform/loop.ts';

export const mediaLoops = {
  'media-starter': {
    process: 'worker',
    does: 'starts the workflows of files that are on their way, and looks whether they still run',
    idleMs: 500,
    maxIdleMs: 2_000,
    lease: 'each file, 30 s',
  },
  'media-removal': {
    process: 'worker',
    does: 'removes the bytes of erased files from the storage',
    idleMs: 5_000,
    maxIdleMs: 30_000,
    lease: 'none: removing a file twice changes nothing',
  },
} as const satisfies LoopTable;

/** Runs in the API, as the other loops of live events. */
export const mediaEventLoops = {
  'media-events': {
    process: 'api',
    does: 'turns marked files into live events',
    idleMs: 250,
    maxIdleMs: 250,
    lease: 'one process, 5 s; an event has one id, and a mark goes by its revision',
  },
} as const satisfies LoopTable;
