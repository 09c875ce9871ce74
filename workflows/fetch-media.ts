import { ActivityFailure, proxyActivities, TimeoutFailure } from '@temporalio/workflow';
import {
  attemptTimeoutMs,
  fetchRetry,
  fileHeartbeatTimeoutMs,
  mediaQueue,
  type FetchMediaInput,
  type MediaActivities,
} from '../src/inbox/media/contract.ts';
import type { MediaState } from '../src/inbox/media/states.ts';

/** Fetches the file of a message, again and again until the provider no longer has it. */
export async function fetchMedia({ clientId, fileId, fetchByMs }: FetchMediaInput): Promise<MediaState> {
  const ref = { clientId, fileId };
  const { fetchFile } = proxyActivities<Pick<MediaActivities, 'fetchFile'>>({
    taskQueue: mediaQueue,
    startToCloseTimeout: attemptTimeoutMs,
    heartbeatTimeout: fileHeartbeatTimeoutMs,
    scheduleToCloseTimeout: Math.max(1_000, fetchByMs - Date.now()),
    retry: fetchRetry,
    summary: 'ask WhatsApp for the file and store it',
  });
  try {
    return await fetchFile(ref);
  } catch (error) {
    if (!isOutOfTime(error)) throw error;
  }
  const { expireFile } = proxyActivities<Pick<MediaActivities, 'expireFile'>>({
    startToCloseTimeout: '30s',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' },
    summary: 'note that WhatsApp no longer has the file',
  });
  return expireFile(ref);
}

/** The attempts went on until the end, however the last one failed. */
const isOutOfTime = (error: unknown): boolean =>
  error instanceof ActivityFailure &&
  (error.retryState === 'TIMEOUT' ||
    (error.cause instanceof TimeoutFailure && error.cause.timeoutType === 'SCHEDULE_TO_CLOSE'));
