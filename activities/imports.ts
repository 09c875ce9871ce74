import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { Types } from 'mongoose';
import {
  importHeartbeatTimeoutMs,
  sliceMs,
  type ImportActivities,
  type ImportRef,
} from '../src/people/imports/contract.ts';
import type { ImportStep } from '../src/people/imports/lifecycle.ts';
import type { ImportSteps, ImportTarget } from '../src/people/imports/steps.ts';
import { scopeOf } from '../src/platform/mongo.ts';
import type { Shares } from '../src/platform/shares.ts';
import { withHeartbeats } from './heartbeats.ts';

export interface ImportActivityDeps {
  readonly imports: ImportSteps;
  /** The places of one client in this worker. */
  readonly importShares: Shares;
}

const targetOf = ({ clientId, importId }: ImportRef): ImportTarget => ({
  scope: scopeOf(Types.ObjectId.createFromHexString(clientId)),
  id: Types.ObjectId.createFromHexString(importId),
});

const waitForPlaceMs = 2_000;

/** Another import of the client has its place: the attempt ends at once, so that imports of others can use this one. */
const noPlace = (): ApplicationFailure =>
  ApplicationFailure.create({
    message: 'waiting for a place of the client',
    type: 'IMPORT_place',
    nextRetryDelay: waitForPlaceMs,
    category: ApplicationFailureCategory.BENIGN,
  });

/** The activities of imports. All may be repeated, and run twice at once. */
export function createImportActivities({ imports, importShares }: ImportActivityDeps): ImportActivities {
  async function run(step: Exclude<ImportStep, 'idle'>, ref: ImportRef): Promise<ImportStep> {
    const giveBack = importShares.take(ref.clientId);
    if (giveBack === null) throw noPlace();
    const context = Context.current();
    const endsAt = performance.now() + sliceMs;
    let place: unknown;
    const slice = {
      signal: context.cancellationSignal,
      isOver: () => performance.now() >= endsAt,
      beat: (at: unknown) => void (place = at),
    };
    try {
      return await withHeartbeats(
        importHeartbeatTimeoutMs,
        () => imports.run(step, targetOf(ref), slice),
        () => place,
      );
    } finally {
      giveBack();
    }
  }

  return {
    nextImportStep: (ref) => imports.next(targetOf(ref)),
    analyseImport: (ref) => run('analyse', ref),
    applyImport: (ref) => run('apply', ref),
    settleImport: (ref) => run('settle', ref),
    undoImport: (ref) => run('undo', ref),
  };
}
