import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { stepOf, type ImportStep } from './lifecycle.ts';
import type { ImportRepository } from './repository.ts';
import { StaleSlice, type ImportWork, type Slice } from './slices.ts';

export interface ImportTarget {
  readonly scope: ClientScope;
  readonly id: Types.ObjectId;
}

type Work = (work: ImportWork, slice: Slice) => Promise<void>;

interface StepDeps {
  readonly imports: Pick<ImportRepository, 'findById'>;
  readonly work: Readonly<Record<Exclude<ImportStep, 'idle'>, Work>>;
}

export type ImportSteps = ReturnType<typeof createImportSteps>;

/** What the workflow of an import does, slice by slice; each may be repeated, and run twice at once. */
export function createImportSteps({ imports, work }: StepDeps) {
  async function next({ scope, id }: ImportTarget): Promise<ImportStep> {
    const doc = await imports.findById(scope, id);
    return doc === null ? 'idle' : stepOf(doc.state);
  }

  return {
    next,

    /** Does one slice if the state still asks for it; tells what is next. */
    async run(step: Exclude<ImportStep, 'idle'>, target: ImportTarget, slice: Slice): Promise<ImportStep> {
      const doc = await imports.findById(target.scope, target.id);
      if (doc === null || stepOf(doc.state) !== step) return doc === null ? 'idle' : stepOf(doc.state);
      try {
        await work[step]({ scope: target.scope, doc }, slice);
      } catch (error) {
        if (!(error instanceof StaleSlice)) throw error;
      }
      return next(target);
    },
  };
}
