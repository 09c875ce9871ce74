import type { Types } from 'mongoose';
import type { Lease } from '../../platform/leases/lease.ts';
import type { BackgroundWork } from '../../platform/loop.ts';
import type { NewEvent } from '../declare.ts';
import type { DatedFact, EventRecorder } from '../recorder.ts';
import { createTurns, type ListWaiting } from '../turns.ts';
import type { Marked } from './mark.ts';

export interface MarkedDoc extends Marked {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
}

/** A mark that is dealt with: it is only removed if the document has not changed since. */
export interface PublishedMark {
  readonly clientId: Types.ObjectId;
  readonly _id: Types.ObjectId;
  /** The revision that is on record. */
  readonly revision: number;
  /** Whether the document is known now, so that its next event is that of a change. */
  readonly isAnnounced: boolean;
}

/** The marked documents of one collection. */
export interface MarkSource<Doc extends MarkedDoc> {
  readonly marks: {
    /** By client, those marked first; of clients beyond `after` only. */
    readonly findMarkedAcrossClients: ListWaiting<Doc>;
    unmarkAcrossClients(published: readonly PublishedMark[]): Promise<void>;
  };
  /** The events of the present states, in their order; null if nobody is told of a document yet. */
  eventsOf(docs: readonly Doc[]): readonly (NewEvent | null)[] | Promise<readonly (NewEvent | null)[]>;
}

interface MarkPublisherDeps {
  readonly recorder: Pick<EventRecorder, 'recordOnceAcrossClients'>;
  readonly lease: Lease;
}

const maxRound = 500;

/**
 * Turns marked documents into events. An event has an id made of the object and its revision, and the first one of the
 * object alone, so a round that is repeated after a crash records none twice. A mark is removed by compare-and-set on the
 * revision that is on record, so no change goes unseen.
 */
export function createMarkPublisher<Doc extends MarkedDoc>(
  { marks, eventsOf }: MarkSource<Doc>,
  { recorder, lease }: MarkPublisherDeps,
): BackgroundWork {
  const takeMarked = createTurns<Doc>(marks.findMarkedAcrossClients, maxRound);
  return {
    async step() {
      if (!(await lease.hold())) return 'idle';
      const { taken: marked, isFull } = await takeMarked();
      if (marked.length > 0)
        await marks.unmarkAcrossClients(await record(recorder, marked, await eventsOf(marked)));
      return isFull ? 'more' : 'idle';
    },
    finish: () => lease.release(),
  };
}

/** Records the events of a round; returns the marks that are dealt with. */
async function record<Doc extends MarkedDoc>(
  recorder: MarkPublisherDeps['recorder'],
  marked: readonly Doc[],
  events: readonly (NewEvent | null)[],
): Promise<readonly PublishedMark[]> {
  const facts: DatedFact[] = [];
  const untold: PublishedMark[] = [];
  for (const [index, doc] of marked.entries()) {
    const { _id, clientId, revision = 0, unpublishedAt: at = new Date(0), isUnannounced } = doc;
    const event = events[index] ?? null;
    if (event === null) untold.push({ clientId, _id, revision, isAnnounced: false });
    else facts.push({ scope: { clientId }, event, at, isFirst: isUnannounced === true });
  }
  const versions = await recorder.recordOnceAcrossClients(facts);
  const told = facts.map(({ scope: { clientId }, event }, index) => ({
    ...{ clientId, _id: event.entity.id, revision: versions[index] ?? event.version },
    isAnnounced: true,
  }));
  return [...untold, ...told];
}
