import type { LoopTable } from '../platform/loop.ts';

export const webhookLoops = {
  'webhook-processor': {
    process: 'worker',
    does: 'processes stored webhook events; their sources take turns',
    idleMs: 50,
    maxIdleMs: 500,
    lease: 'each event, 30 s',
  },
  'webhook-urgent': {
    process: 'worker',
    does: 'processes the webhook events that may hold an opt-out, past all others',
    idleMs: 50,
    maxIdleMs: 200,
    lease: 'each event, 30 s',
  },
  'webhook-large': {
    process: 'worker',
    does: 'processes stored webhook events with large bodies, one at a time; their sources take turns',
    idleMs: 50,
    maxIdleMs: 500,
    lease: 'each event, 30 s',
  },
  'dead-letters': {
    process: 'worker',
    does: 'sets when dead letters expire, and warns before it',
    idleMs: 600_000,
    maxIdleMs: 600_000,
    lease: 'none: repeating it changes nothing',
  },
} as const satisfies LoopTable;
