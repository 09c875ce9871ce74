import type { mongo, Types } from 'mongoose';
import { type ChangeWatch, watchChanges } from '../../platform/change-watch.ts';
import type { Logger } from '../../platform/logger.ts';
import type { PassingEventDoc, PassingEventRepository } from './repository.ts';

/** A passing event with its frame, which all streams share. */
export interface SharedPassing {
  readonly from: Types.ObjectId;
  readonly frame: Buffer;
}

/** As clients see it: without an id, so that the place of a stream stays. */
const toPassingView = ({ type, at, entity, view }: PassingEventDoc) => ({
  type,
  at: at.toISOString(),
  entity: { type: entity.type, id: entity.id.toHexString() },
  view,
});

export const passingFrame = (event: PassingEventDoc): string =>
  `data: ${JSON.stringify(toPassingView(event))}\n\n`;

interface PassingWatchDeps {
  readonly events: Pick<PassingEventRepository, 'watchNewAcrossClients'>;
  /** Called with each new event of a client, by the id of the client. */
  readonly pass: (clientId: string, shared: () => SharedPassing) => void;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Passes the events of all processes on. What comes while the change stream is away is lost: it was about that moment. */
export const watchPassing = ({ events, pass, logger }: PassingWatchDeps): ChangeWatch =>
  watchChanges({
    name: 'passing events',
    open: () => events.watchNewAcrossClients(),
    onChange(change) {
      const event = documentOf(change);
      if (event === undefined) return;
      pass(event.clientId.toHexString(), () => ({
        from: event.from,
        frame: Buffer.from(passingFrame(event)),
      }));
    },
    onOpen: () => undefined,
    logger,
  });

/** The collection holds nothing else. */
const documentOf = (change: mongo.ChangeStreamDocument): PassingEventDoc | undefined =>
  change.operationType === 'insert' ? (change.fullDocument as PassingEventDoc) : undefined;
