import type { Client } from '@temporalio/client';
import type { ChannelDirectory } from '../../channels/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { createLoops, whileFound } from '../../platform/loop.ts';
import type { MongoConnection } from '../../platform/mongo.ts';
import type { Spool } from '../../storage/spool.ts';
import type { FileStorage } from '../../storage/storage.ts';
import type { MediaGateway } from '../../whatsapp/media-gateway.ts';
import { createFileArrivals } from './arrivals.ts';
import { createMediaCopies } from './copies.ts';
import { createFetch } from './fetch.ts';
import { createFileKeeper } from './keeper.ts';
import { mediaLoops } from './loops.ts';
import { createFileReading } from './reading.ts';
import { createRemoval } from './removal.ts';
import { createMediaRepository } from './repository.ts';
import { mediaRoutes } from './routes.ts';
import { createMediaStarter } from './starter.ts';
import { createFileStates } from './states-of-messages.ts';
import { createThumbnails } from './thumbnails.ts';
import { createMediaWorkflows } from './workflows.ts';

interface MediaDeps {
  readonly mongo: MongoConnection;
  readonly temporal: Client;
  /** The queue on which the worker runs all workflows. */
  readonly workflowQueue: string;
  readonly channels: ChannelDirectory;
  readonly gateway: MediaGateway;
  readonly storage: FileStorage;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The files of messages. */
export function buildMedia({ mongo, temporal, workflowQueue, ...deps }: MediaDeps) {
  const { channels, gateway, storage, spool, clock } = deps;
  const logger = deps.logger.child({ part: 'media' });
  const files = createMediaRepository(mongo);
  const workflows = createMediaWorkflows(temporal, workflowQueue);
  const keeper = createFileKeeper({ storage, spool, makeThumbnail: createThumbnails(), logger });
  const starter = createMediaStarter({ files, workflows, clock });
  const removal = createRemoval({ files, keeper, clock });
  return {
    files,
    states: createFileStates(files),
    arrivals: createFileArrivals({ files, clock }),
    fetching: createFetch({ files, channels, gateway, spool, keeper, clock }),
    copies: createMediaCopies({ files, channels, gateway, storage, spool, clock }),
    routes: () => mediaRoutes({ reading: createFileReading({ files, storage }) }),
    loops: createLoops(mediaLoops, {
      'media-starter': whileFound(() => starter.startDue()),
      'media-removal': whileFound(() => removal.removeOnce()),
    }),
  };
}
