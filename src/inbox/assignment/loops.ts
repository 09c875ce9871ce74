import type { LoopTable } from '../../platform/loop.ts';

export const assignmentLoops = {
  assignment: {
    process: 'worker',
    does: 'gives waiting conversations to agents; clients take turns',
    idleMs: 250,
    maxIdleMs: 500,
    lease: 'the queue of each client, 5 s; the slot of the agent and the conversation guard an assignment',
  },
  'agent-recount': {
    process: 'worker',
    does: 'compares the counts of open conversations with the conversations, once an hour',
    idleMs: 60_000,
    maxIdleMs: 60_000,
    lease: 'one process, 30 s; a count is corrected in one transaction with what it counts',
  },
} as const satisfies LoopTable;
