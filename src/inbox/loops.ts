import type { LoopTable } from '../platform/loop.ts';

/** Runs in the API, as the other loops of live events. */
export const conversationEventLoops = {
  'conversation-events': {
    process: 'api',
    does: 'turns marked conversations into live events',
    idleMs: 250,
    maxIdleMs: 250,
    lease: 'one process, 5 s; an event has one id, and a mark goes by its revision',
  },
} as const satisfies LoopTable;
