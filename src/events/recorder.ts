import type { ClientSession } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import { derivedId, newId } from '../platform/ids.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { draftEvent } from './drafts.ts';
import type { EventTable, NewEvent } from './declare.ts';
import type { OutboxRepository } from './repository.ts';

export interface EventRecorderDeps {
  readonly outbox: Pick<
    OutboxRepository,
    'insertMany' | 'insertNewAcrossClients' | 'findVersionsAcrossClients'
  >;
  readonly table: EventTable;
  readonly clock: Clock;
}

/** A fact of the past, of one client. */
export interface DatedFact {
  readonly scope: ClientScope;
  readonly event: NewEvent;
  readonly at: Date;
  /** Whether it announces the object: that is told once, whatever its version is by then. */
  readonly isFirst: boolean;
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

    /**
     * Records facts of many clients outside a transaction, each once: the first fact of an object has one id, and so has
     * its fact at a version. Returns the version on record for each, which is an older one if the object was announced
     * before. For documents that are marked.
     */
    async recordOnceAcrossClients(facts: readonly DatedFact[]): Promise<readonly number[]> {
      const events = facts.map(({ scope, event, at, isFirst }) => ({
        ...{ _id: idOf(event, isFirst), ...scope },
        ...draftEvent(table, event, at),
      }));
      const known = await outbox.insertNewAcrossClients(events);
      const versions = await outbox.findVersionsAcrossClients(known);
      return events.map(({ _id, version }) => versions.get(_id.toHexString()) ?? version);
    },

    record: (scope: ClientScope, session: ClientSession, fact: NewEvent): Promise<void> =>
      recordMany(scope, session, [fact]),
  };
}

const idOf = ({ entity, version }: NewEvent, isFirst: boolean) =>
  derivedId(`event:${entity.type}:${entity.id.toHexString()}:${isFirst ? 'first' : version}`);
