import type { Client } from '@temporalio/client';
import type { ClientSession, Types } from 'mongoose';
import type { AuditService } from '../audit/service.ts';
import type { ChannelDirectory } from '../channels/directory.ts';
import { createMarkPublisher } from '../events/marks/publisher.ts';
import type { EventRecorder } from '../events/recorder.ts';
import type { Clock } from '../platform/clock.ts';
import { createLease } from '../platform/leases/lease.ts';
import type { Logger } from '../platform/logger.ts';
import { createLoops, type RunnableLoop, whileFound } from '../platform/loop.ts';
import type { ClientScope, MongoConnection } from '../platform/mongo.ts';
import type { Secret } from '../platform/secret.ts';
import type { Spool } from '../storage/spool.ts';
import type { FileStorage } from '../storage/storage.ts';
import type { MediaGateway } from '../whatsapp/media-gateway.ts';
import { createFileArrivals } from './media/arrivals.ts';
import { createMediaCopies } from './media/copies.ts';
import { mediaEventOf } from './media/events.ts';
import { createFetch } from './media/fetch.ts';
import { createFileKeeper } from './media/keeper.ts';
import { createFileLinks } from './media/links.ts';
import { mediaEventLoops, mediaLoops } from './media/loops.ts';
import { createFileReading } from './media/reading.ts';
import { createRemoval } from './media/removal.ts';
import { createMediaRepository } from './media/repository.ts';
import type { MediaRouteDeps } from './media/routes.ts';
import { createFileSends } from './media/sends.ts';
import { createShares } from '../platform/shares.ts';
import { createMediaStarter } from './media/starter.ts';
import { createFileStates } from './media/states-of-messages.ts';
import { createThumbnails } from './media/thumbnails.ts';
import { createUploads, type UploadDeps } from './media/uploads.ts';
import { createMediaWorkflows } from './media/workflows.ts';

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

interface FileUseCaseDeps {
  readonly audit: AuditService;
  /** A secret from which the key of links is derived. */
  readonly linkKey: Secret;
  readonly publicUrl: string;
  readonly takeBytes: UploadDeps['takeBytes'];
}

/** At the same time in one process. */
const maxUploads = 8;
const maxUploadsPerClient = 3;

/** An upload is answered without a thumbnail if the turn of its picture does not come in this time. */
const maxThumbnailWaitMs = 5_000;

/** The files of messages. */
export function buildMedia(deps: MediaDeps) {
  const { mongo, temporal, workflowQueue, channels, gateway, storage, spool, clock } = deps;
  const logger = deps.logger.child({ part: 'media' });
  const files = createMediaRepository(mongo);
  const workflows = createMediaWorkflows(temporal, workflowQueue);
  const makeThumbnail = createThumbnails();
  const keeper = createFileKeeper({ storage, spool, makeThumbnail, logger });
  const starter = createMediaStarter({ files, workflows, clock });
  const removal = createRemoval({ files, keeper, clock });
  return {
    storage,
    removal,
    states: createFileStates(files),
    sends: createFileSends({ files, workflows, clock }),
    arrivals: createFileArrivals({ files, clock }),
    fetching: createFetch({ files, channels, gateway, spool, keeper, clock }),
    copies: createMediaCopies({ files, channels, gateway, storage, spool, clock }),
    eraseOfContact: (scope: ClientScope, contactId: Types.ObjectId, session: ClientSession): Promise<void> =>
      files.eraseOfContact(scope, contactId, { at: clock.now(), session }),

    /** What the routes of files need. */
    useCases({ audit, takeBytes, linkKey, publicUrl }: FileUseCaseDeps): MediaRouteDeps {
      const shares = createShares(maxUploadsPerClient);
      const allShares = createShares(maxUploads);
      const uploadKeeper = createFileKeeper({
        ...{ storage, spool, logger },
        makeThumbnail: (job) => makeThumbnail({ ...job, maxWaitMs: maxThumbnailWaitMs }),
      });
      return {
        reading: createFileReading({ files, storage }),
        uploads: createUploads({
          ...{ files, spool, shares, allShares, takeBytes, audit, clock },
          keeper: uploadKeeper,
        }),
        links: createFileLinks({ key: linkKey, clock }),
        clock,
        publicUrl,
      };
    },

    /** Tells what the marked files have become; the API runs it. */
    eventLoops: (recorder: EventRecorder): readonly RunnableLoop[] =>
      createLoops(mediaEventLoops, {
        'media-events': createMarkPublisher(
          { marks: files, eventsOf: (docs) => docs.map(mediaEventOf) },
          {
            recorder,
            lease: createLease({ connection: mongo, name: 'media-events', leaseMs: 5_000, clock }),
          },
        ),
      }),

    loops: createLoops(mediaLoops, {
      'media-starter': whileFound(() => starter.startDue()),
      'media-removal': whileFound(() => removal.removeOnce()),
    }),
  };
}
