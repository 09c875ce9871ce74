import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import {
  importContactsType,
  importsQueue,
  importWorkflowIdOf,
  wakeSignal,
  type ImportActivities,
  type ImportContactsInput,
} from '../../src/people/imports/contract.ts';
import type { ImportStep } from '../../src/people/imports/lifecycle.ts';
import { newId } from '../../src/platform/ids.ts';
import { workflowBundlePath } from '../../src/platform/paths.ts';
import { workflowQueue } from '../../src/sending/messages/contract.ts';
import { connectTestTemporal, type TestTemporal } from './temporal.ts';

/** What an activity answers, in turn; an error fails an attempt. */
type Answer = ImportStep | Error;

/** The workflow of imports alone: its activities answer what a test says. */
export interface ImportPlays {
  /** Runs to its end. `onCall` hears of each activity before it answers. */
  play(answers: readonly Answer[], onCall?: (call: ImportCall) => Promise<void>): Promise<ImportPlay>;
  close(): Promise<void>;
}

interface ImportCall {
  readonly name: keyof ImportActivities;
  readonly handle: WorkflowHandle;
}

export interface ImportPlay {
  readonly handle: WorkflowHandle;
  readonly calls: readonly string[];
}

export async function startImportPlays(name: string): Promise<ImportPlays> {
  const temporal = await connectTestTemporal(name);
  const casts = new Map<string, (call: keyof ImportActivities) => Promise<ImportStep>>();
  const activity =
    (call: keyof ImportActivities) =>
    ({ importId }: { readonly importId: string }): Promise<ImportStep> => {
      const cast = casts.get(importId);
      if (cast === undefined) throw new Error('No test plays this import.');
      return cast(call);
    };
  const activities: ImportActivities = {
    nextImportStep: activity('nextImportStep'),
    analyseImport: activity('analyseImport'),
    applyImport: activity('applyImport'),
    settleImport: activity('settleImport'),
    undoImport: activity('undoImport'),
  };
  const stop = await startWorkers(temporal, activities);
  return {
    async play(answers, onCall) {
      const importId = newId().toHexString();
      const calls: string[] = [];
      const rest = answers.values();
      const handle = temporal.client.workflow.getHandle(importWorkflowIdOf(importId));
      casts.set(importId, async (call) => {
        calls.push(call);
        await onCall?.({ name: call, handle });
        const { value = 'idle' } = rest.next();
        if (value instanceof Error) throw value;
        return value;
      });
      const input: ImportContactsInput = { v: 1, clientId: newId().toHexString(), importId };
      await temporal.client.workflow.signalWithStart(importContactsType, {
        workflowId: importWorkflowIdOf(importId),
        taskQueue: workflowQueue,
        args: [input],
        signal: wakeSignal,
        signalArgs: [],
      });
      await handle.result();
      return { handle, calls };
    },
    async close() {
      await stop();
      await temporal.close();
    },
  };
}

async function startWorkers(
  { native: connection, namespace }: TestTemporal,
  activities: ImportActivities,
): Promise<() => Promise<void>> {
  const shared = { connection, namespace, identity: 'test', shutdownForceTime: 2_000 };
  const workflows = { taskQueue: workflowQueue, workflowBundle: { codePath: workflowBundlePath } };
  const workers = [
    await Worker.create({ ...shared, ...workflows }),
    await Worker.create({ ...shared, taskQueue: importsQueue, activities }),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  return async () => {
    for (const worker of workers) worker.shutdown();
    await running;
  };
}

const wakeDuring =
  (name: keyof ImportActivities) =>
  async (call: ImportCall): Promise<void> => {
    if (call.name === name) await call.handle.signal(wakeSignal);
  };

/** Every path through the workflow. */
export const importScenarios: Readonly<Record<string, (plays: ImportPlays) => Promise<ImportPlay>>> = {
  'nothing-to-do': ({ play }) => play(['idle']),
  'analysed-in-two-slices': ({ play }) => play(['analyse', 'analyse', 'idle']),
  'run-to-the-end': ({ play }) => play(['apply', 'apply', 'idle']),
  'canceled-while-it-runs': ({ play }) => play(['apply', 'settle', 'idle']),
  undone: ({ play }) => play(['undo', 'undo', 'idle']),
  'a-slice-that-fails-once': ({ play }) =>
    play(['apply', ApplicationFailure.create({ message: 'the database is away' }), 'idle']),
  'woken-while-it-works': ({ play }) =>
    play(['analyse', 'idle', 'apply', 'idle'], wakeDuring('analyseImport')),
};
