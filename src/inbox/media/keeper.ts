import { rm } from 'node:fs/promises';
import type { Types } from 'mongoose';
import type { Logger } from '../../platform/logger.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Spool, SpooledFile } from '../../storage/spool.ts';
import { keyOf } from '../../storage/rules.ts';
import type { FileStorage } from '../../storage/storage.ts';
import { readType } from './content.ts';
import { hasPicture } from './kinds.ts';
import type { MediaFileDoc, Thumbnail } from './model.ts';
import { thumbnailKeyOf } from './rules.ts';
import type { MakeThumbnail } from './thumbnails.ts';

interface KeeperDeps {
  readonly storage: Pick<FileStorage, 'put' | 'remove'>;
  readonly spool: Pick<Spool, 'newPath'>;
  readonly makeThumbnail: MakeThumbnail;
  readonly logger: Logger;
}

/** What is known of a stored file. */
export type StoredFile = Required<Pick<MediaFileDoc, 'bytes' | 'sha256'>> &
  Pick<MediaFileDoc, 'mimeType' | 'thumbnail'>;

export type FileKeeper = ReturnType<typeof createFileKeeper>;

/** Puts complete files into the storage, with their thumbnails, and removes them. */
export function createFileKeeper({ storage, spool, makeThumbnail, logger }: KeeperDeps) {
  /** The file counts more than its thumbnail: without one it is shown by its name. */
  async function keepThumbnail(clientId: string, fileId: string, from: string): Promise<Thumbnail | null> {
    const path = await spool.newPath();
    try {
      const made = await makeThumbnail({ clientId, from, to: path });
      if (made === null) return null;
      const { bytes, width, height } = made;
      await storage.put(thumbnailKeyOf(clientId, fileId), { path, bytes, contentType: 'image/webp' });
      return { bytes, width, height };
    } catch (error) {
      logger.warn({ error }, 'thumbnail not stored');
      return null;
    } finally {
      await rm(path, { force: true });
    }
  }

  return {
    /** Resolves once the file survives a crash. */
    async store(
      { _id, clientId, declared }: Pick<MediaFileDoc, '_id' | 'clientId' | 'declared'>,
      { path, bytes, sha256 }: SpooledFile,
      knownType?: string,
    ): Promise<StoredFile> {
      const [client, id] = [clientId.toHexString(), _id.toHexString()];
      const mimeType = knownType ?? (await readType(path, declared));
      const contentType = mimeType ?? 'application/octet-stream';
      await storage.put(keyOf(client, id), { path, bytes, contentType });
      const thumbnail = hasPicture(mimeType) ? await keepThumbnail(client, id, path) : null;
      return {
        bytes,
        sha256,
        ...(mimeType === undefined ? {} : { mimeType }),
        ...(thumbnail === null ? {} : { thumbnail }),
      };
    },

    async remove({ clientId }: ClientScope, fileId: Types.ObjectId): Promise<void> {
      const [client, id] = [clientId.toHexString(), fileId.toHexString()];
      await storage.remove(keyOf(client, id));
      await storage.remove(thumbnailKeyOf(client, id));
    },
  };
}
