import type { ClientSession, Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { hashOf } from '../../whatsapp/media-api.ts';
import type { InboundMedia } from '../../whatsapp/inbound-content.ts';
import type { DeclaredFile } from './model.ts';
import type { MediaRepository } from './repository.ts';
import { fetchByOf } from './rules.ts';

/** A stored message that has a file. */
export interface MessageWithFile {
  readonly messageId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  readonly media: InboundMedia;
}

interface ArrivalDeps {
  readonly files: Pick<MediaRepository, 'keep'>;
  readonly clock: Clock;
}

export type FileArrivals = ReturnType<typeof createFileArrivals>;

/**
 * Keeps the files of messages. It stores only the row; a loop starts the workflow, so that messages are taken in while
 * Temporal is away.
 */
export function createFileArrivals({ files, clock }: ArrivalDeps) {
  return {
    /** Stores that the file is to be fetched, with the message or after it. May be repeated. */
    async keep(scope: ClientScope, message: MessageWithFile, session?: ClientSession): Promise<void> {
      const { media, ...ids } = message;
      const now = clock.now();
      const file = {
        _id: newId(),
        ...ids,
        state: 'pending',
        providerMediaId: media.id,
        declared: declaredOf(media),
        fetchBy: fetchByOf(now),
        createdAt: now,
        startAt: now,
      } as const;
      await files.keep(scope, file, session);
    },
  };
}

function declaredOf({ mimeType, filename, sha256 }: InboundMedia): DeclaredFile {
  const hash = sha256 === undefined ? null : hashOf(sha256);
  return {
    ...(mimeType === undefined ? {} : { mimeType }),
    ...(filename === undefined ? {} : { filename }),
    ...(hash === null ? {} : { sha256: hash }),
  };
}
