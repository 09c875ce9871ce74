import type { LoopTable } from '../platform/loop.ts';

/** The sweep comes as often as `SWEEP_INTERVAL_MS` says. */
export const sendingLoops = (sweepIntervalMs: number) =>
  ({
    'gate-release': {
      process: 'worker',
      does: 'wakes the messages that an opened gate has held',
      idleMs: 250,
      maxIdleMs: 500,
      lease: 'each opening, 30 s',
    },
    sweep: {
      process: 'worker',
      does: 'starts the workflow of messages that wait and have none',
      idleMs: sweepIntervalMs,
      maxIdleMs: sweepIntervalMs,
      lease: 'none: a message has one workflow id',
    },
  }) as const satisfies LoopTable;
