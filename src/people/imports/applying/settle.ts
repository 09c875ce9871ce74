import type { Clock } from '../../../platform/clock.ts';
import type { ImportChanges } from '../changes.ts';
import type { ImportRowRepository } from '../stored-rows/repository.ts';
import type { ImportWork, Slice } from '../slices.ts';

export interface SettleDeps {
  readonly rows: Pick<ImportRowRepository, 'cancelSome' | 'countOutcomes'>;
  readonly changes: Pick<ImportChanges, 'moveOn'>;
  readonly clock: Clock;
}

const pageSize = 2_000;

/** Marks the rows that a canceled import has not come to, so that the counts of all rows still add up. */
export const createSettling =
  ({ rows, changes, clock }: SettleDeps) =>
  async ({ scope, doc }: ImportWork, slice: Slice): Promise<void> => {
    const set = { importId: doc._id, analysis: doc.analysis };
    for (;;) {
      slice.signal.throwIfAborted();
      const count = await rows.cancelSome(scope, set, pageSize);
      if (count === 0) break;
      slice.beat({ canceled: count });
      if (slice.isOver()) return;
    }
    const outcomes = await rows.countOutcomes(scope, set);
    const fields = { outcomes, countedAt: clock.now(), contentKey: undefined };
    await changes.moveOn(scope, doc, 'settled', fields);
  };
