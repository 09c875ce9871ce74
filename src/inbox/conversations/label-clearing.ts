import type { ClientSession, Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { TimerHandler, Timers } from '../../timers/timers.ts';
import type { ConversationRepository } from './repository.ts';

export interface LabelClearingDeps {
  readonly conversations: Pick<ConversationRepository, 'clearLabel'>;
  readonly timers: Pick<Timers, 'arm'>;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

const kind = 'label.clear';
const batchSize = 500;

/** Far below the 15 s that a timer has. */
const maxBatches = 10;

/** Takes a deleted label from the conversations that have it, in batches: there may be a million. */
export function createLabelClearing({ conversations, timers, runInTransaction, clock }: LabelClearingDeps) {
  async function clearLater(scope: ClientScope, subjectId: Types.ObjectId, session: ClientSession) {
    await timers.arm(scope, { kind, subjectId, dueAt: clock.now() }, session);
  }

  /** No conversation gets the label any more (`labels/holder.ts`), so the first batch that is not full is the last. */
  const clear: TimerHandler = async ({ scope, subjectId, complete }) => {
    for (let batch = 0; batch < maxBatches; batch += 1) {
      if ((await conversations.clearLabel(scope, subjectId, batchSize)) < batchSize) return;
    }
    await runInTransaction(async (session) => {
      if (await complete(session)) await clearLater(scope, subjectId, session);
    });
  };

  return { clearLater, handlers: { [kind]: clear } };
}
