import type { MessageStatus } from '../lifecycle.ts';
import type { DispatchAttempt, Rewording, StatusEntry, WaitingState } from './model.ts';

export const statusEntry = (
  status: MessageStatus,
  timestamp: Date,
  raw?: StatusEntry['raw'],
): StatusEntry => ({
  key: `${status}:${timestamp.getTime()}`,
  status,
  timestamp,
  ...(raw === undefined ? {} : { raw }),
});

const maxAttemptsKept = 50;
const maxWaitsKept = 50;
export const pushWait = (waiting: WaitingState) => ({ $each: [waiting], $slice: -maxWaitsKept });
export const pushAttempt = (attempt: DispatchAttempt) => ({ $each: [attempt], $slice: -maxAttemptsKept });

const maxRewordingsKept = 20;
export const pushRewording = (rewording: Rewording) => ({ $each: [rewording], $slice: -maxRewordingsKept });
