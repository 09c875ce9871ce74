import type { LoopTable } from '../platform/loop.ts';

export const channelLoops = {
  'channel-health': {
    process: 'worker',
    does: 'asks the provider whether a paused channel can send again, each channel at its own time',
    idleMs: 1_000,
    maxIdleMs: 1_000,
    lease: 'each channel, until its next check',
  },
  'number-looks': {
    process: 'worker',
    does: 'proves the ownership of numbers, and reads their name, limit and portfolio: every day, and after a change',
    idleMs: 2_000,
    maxIdleMs: 2_000,
    lease: 'each channel, until its next check',
  },
} as const satisfies LoopTable;
