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
    does: 'reads the name, limit and portfolio of numbers from the provider, soon after they are connected',
    idleMs: 2_000,
    maxIdleMs: 2_000,
    lease: 'each channel, until its next check',
  },
} as const satisfies LoopTable;
