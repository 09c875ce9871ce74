import type { ClientSession, Types } from 'mongoose';
import { AppError, type Issue } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { LabelRepository } from './repository.ts';

/** A label that a request names, and where. */
export interface NamedLabel {
  readonly id: Types.ObjectId;
  readonly path: string;
}

export type HoldLabels = ReturnType<typeof createHoldLabels>;

/** Keeps labels from being deleted until the transaction that gives them to a conversation has ended. */
export const createHoldLabels =
  (labels: Pick<LabelRepository, 'hold'>) =>
  /** Throws `not-found` with the path of each label that does not exist. */
  async (scope: ClientScope, named: readonly NamedLabel[], session: ClientSession): Promise<void> => {
    const errors: Issue[] = [];
    for (const { id, path } of named) {
      if (!(await labels.hold(scope, id, session))) errors.push({ path, message: 'There is no such label.' });
    }
    if (errors.length > 0) throw new AppError('not-found', 'There is no such label.', { errors });
  };
