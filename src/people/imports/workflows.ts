import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { deadlineIn } from '../../platform/clock.ts';
import { importContactsType, importWorkflowIdOf, wakeSignal, type ImportContactsInput } from './contract.ts';
import type { ImportDoc } from './repository.ts';

/** The port to the workflows of imports. */
export interface ImportWorkflows {
  /** Starts the workflow, or tells the one that runs to look again. May be repeated. */
  wake(doc: Pick<ImportDoc, '_id' | 'clientId'>): Promise<void>;
}

/** After this long without an answer from Temporal the start is left to the timer. */
const startDeadlineMs = 3_000;

const clientKey = defineSearchAttributeKey('ClientId', SearchAttributeType.KEYWORD);

/** `workflowQueue` is the queue on which the worker runs all workflows. */
export const createImportWorkflows = (temporal: Client, workflowQueue: string): ImportWorkflows => ({
  async wake({ _id, clientId: client }) {
    const [clientId, importId] = [client.toHexString(), _id.toHexString()];
    const input: ImportContactsInput = { v: 1, clientId, importId };
    await temporal.withDeadline(deadlineIn(startDeadlineMs), () =>
      temporal.workflow.signalWithStart(importContactsType, {
        workflowId: importWorkflowIdOf(importId),
        taskQueue: workflowQueue,
        args: [input],
        signal: wakeSignal,
        signalArgs: [],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        typedSearchAttributes: new TypedSearchAttributes([{ key: clientKey, value: clientId }]),
        staticSummary: 'import of contacts',
        // Clients take turns.
        priority: { fairnessKey: clientId },
      }),
    );
  },
});
