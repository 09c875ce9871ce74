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

/** Runs in the API, as the other loops of live events. */
export const messageEventLoops = {
  'message-events': {
    process: 'api',
    does: 'turns marked messages into live events',
    idleMs: 250,
    maxIdleMs: 250,
    lease: 'one process, 5 s; an event has one id, and a mark goes by its revision',
  },
} as const satisfies LoopTable;
