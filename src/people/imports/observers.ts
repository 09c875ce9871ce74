import type { Measured } from '../../platform/metrics.ts';
import type { peopleInstruments } from '../instruments.ts';
import type { ImportState, RowOutcome } from './states.ts';

/** Is told what becomes of imports, after it is stored. */
export interface ImportObserver {
  settled(outcomes: readonly RowOutcome[]): void;
  ended(state: ImportState): void;
}

export const observeImports = ({ instruments }: Measured<typeof peopleInstruments>): ImportObserver => ({
  settled(outcomes) {
    for (const outcome of outcomes) instruments.importRows.add({ outcome });
  },
  ended: (state) => instruments.importsEnded.add({ state }),
});
