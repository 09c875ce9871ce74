import type { LoopTable } from '../platform/loop.ts';

/** `sweepIntervalMs` is `SWEEP_INTERVAL_MS`. */
export const sendingLoops = (sweepIntervalMs: number) =>
  ({
    'gate-release': {
      process: 'worker',
      does: 'wakes the messages that an opened gate held',
      idleMs: 250,
      maxIdleMs: 500,
      lease: 'each opening, 30 s',
    },
    sweep: {
      process: 'worker',
      does: 'starts the missing workflows of unsent messages',
      idleMs: sweepIntervalMs,
      maxIdleMs: sweepIntervalMs,
      lease: 'none: a message has one workflow id',
    },
  }) as const satisfies LoopTable;
