import { proxyActivities } from '@temporalio/workflow';
import {
  attemptTimeoutMs,
  fileHeartbeatTimeoutMs,
  mediaQueue,
  type CopyMediaInput,
  type MediaActivities,
} from '../src/inbox/media/contract.ts';

/** A message that still waits for the copy starts another run. */
const copyTimeoutMs = 3_600_000;

/** Gives the provider a copy of a file, which the messages that send the file wait for. */
export async function copyMedia({
  clientId,
  fileId,
  channelId,
}: CopyMediaInput): Promise<'copied' | 'refused' | 'gone'> {
  const { copyFile } = proxyActivities<Pick<MediaActivities, 'copyFile'>>({
    taskQueue: mediaQueue,
    startToCloseTimeout: attemptTimeoutMs,
    heartbeatTimeout: fileHeartbeatTimeoutMs,
    scheduleToCloseTimeout: copyTimeoutMs,
    retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '2m' },
    summary: 'upload the file to WhatsApp',
  });
  return copyFile({ clientId, fileId, channelId });
}
