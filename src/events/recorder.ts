import type { ClientSession } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/ids.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { draftEvent } from './drafts.ts';
import type { EventTable, NewEvent } from './declare.ts';
import type { OutboxRepository } from './repository.ts';

export interface EventRecorderDeps {
  readonly outbox: Pick<OutboxRepository, 'insertMany'>;
  readonly table: EventTable;
  readonly clock: Clock;
}

export type EventRecorder = ReturnType<typeof createEventRecorder>;

/** Records facts for the live events, in the transaction of the change that they tell of. */
export function createEventRecorder({ outbox, table, clock }: EventRecorderDeps) {
  const recordMany = async (
    scope: ClientScope,
    session: ClientSession,
    facts: readonly NewEvent[],
  ): Promise<void> => {
    const at = clock.now();
    await outbox.insertMany(
      scope,
      facts.map((fact) => ({ _id: newId(), ...scope, ...draftEvent(table, fact, at) })),
      session,
    );
  };
  return {
    recordMany,
    record: (scope: ClientScope, session: ClientSession, fact: NewEvent): Promise<void> =>
      recordMany(scope, session, [fact]),
  };
}
