import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { deadlineIn } from '../../platform/clock.ts';
import {
  copyMediaType,
  copyWorkflowIdOf,
  fetchMediaType,
  fetchWorkflowIdOf,
  type CopyMediaInput,
  type FetchMediaInput,
} from './contract.ts';
import type { MediaFileDoc } from './model.ts';

/** The port to the workflows of files. Every start may be repeated: a second one finds the run of the first. */
export interface MediaWorkflows {
  startFetch(file: MediaFileDoc): Promise<void>;
  startCopy(file: Pick<MediaFileDoc, '_id' | 'clientId'>, channelId: string): Promise<void>;
}

/** After this long without an answer from Temporal the start is left to the sweep. */
const startDeadlineMs = 3_000;

const clientKey = defineSearchAttributeKey('ClientId', SearchAttributeType.KEYWORD);

interface WorkflowStart {
  readonly workflowId: string;
  readonly clientId: string;
  readonly summary: string;
  readonly args: [FetchMediaInput | CopyMediaInput];
}

/** `workflowQueue` is the queue on which the worker runs all workflows. */
export function createMediaWorkflows(temporal: Client, workflowQueue: string): MediaWorkflows {
  async function start(type: string, { workflowId, clientId, summary, args }: WorkflowStart): Promise<void> {
    await temporal.withDeadline(deadlineIn(startDeadlineMs), () =>
      temporal.workflow.start(type, {
        workflowId,
        taskQueue: workflowQueue,
        args,
        // A run that was terminated by hand starts again: fetching twice harms nothing.
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        typedSearchAttributes: new TypedSearchAttributes([{ key: clientKey, value: clientId }]),
        staticSummary: summary,
        // Clients take turns.
        priority: { fairnessKey: clientId },
      }),
    );
  }

  return {
    async startFetch({ _id, clientId: client, messageId, fetchBy }) {
      if (messageId === undefined || fetchBy === undefined)
        throw new Error('Only the file of a message is fetched.');
      const [clientId, fileId] = [client.toHexString(), _id.toHexString()];
      await start(fetchMediaType, {
        workflowId: fetchWorkflowIdOf(messageId.toHexString()),
        clientId,
        summary: 'file of a message',
        args: [{ v: 1, clientId, fileId, fetchByMs: fetchBy.getTime() }],
      });
    },

    async startCopy({ _id, clientId: client }, channelId) {
      const [clientId, fileId] = [client.toHexString(), _id.toHexString()];
      await start(copyMediaType, {
        workflowId: copyWorkflowIdOf(fileId, channelId),
        clientId,
        summary: 'copy of a file for a send',
        args: [{ v: 1, clientId, fileId, channelId }],
      });
    },
  };
}
