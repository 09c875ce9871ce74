import { continueAsNew, defineSignal, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import {
  importHeartbeatTimeoutMs,
  importsQueue,
  sliceTimeoutMs,
  wakeSignal,
  type ImportActivities,
  type ImportContactsInput,
} from '../src/people/imports/contract.ts';

const slices = proxyActivities<ImportActivities>({
  taskQueue: importsQueue,
  startToCloseTimeout: sliceTimeoutMs,
  heartbeatTimeout: importHeartbeatTimeoutMs,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

const wake = defineSignal(wakeSignal);

/**
 * Drives one import: slice after slice until its state leaves nothing to do. Users change the state in the database, and
 * wake the run, or start another one.
 */
export async function importContacts(input: ImportContactsInput): Promise<void> {
  const { clientId, importId } = input;
  const ref = { clientId, importId };
  let wakes = 0;
  setHandler(wake, () => void (wakes += 1));
  const work = {
    analyse: slices.analyseImport,
    apply: slices.applyImport,
    settle: slices.settleImport,
    undo: slices.undoImport,
  };
  for (;;) {
    const wakesBefore = wakes;
    let step = await slices.nextImportStep(ref);
    while (step !== 'idle') {
      if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof importContacts>(input);
      step = await work[step](ref);
    }
    if (wakes === wakesBefore) return;
  }
}
