import { createReadStream } from 'node:fs';
import { constants, copyFile, mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newUuid } from '../platform/ids.ts';
import { assertKey, FileMissing, StorageFull, type FileStorage } from './storage.ts';

export interface DiskOptions {
  /** The folder of all files; API and worker share it. */
  readonly folder: string;
  /** A file is refused if the disk would have less room left. */
  readonly minFreeBytes: number;
}

/** Files in a folder. A file appears under its name only when it is complete and on the disk. */
export function createDiskStorage({ folder, minFreeBytes }: DiskOptions): FileStorage {
  const pathOf = (key: string): string => {
    assertKey(key);
    return join(folder, key);
  };

  async function assertRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize - bytes < minFreeBytes)
      throw new StorageFull(`The disk would have less than ${minFreeBytes} bytes left.`);
  }

  return {
    kind: 'disk',

    async put(key, file) {
      const path = pathOf(key);
      const parent = dirname(path);
      await mkdir(parent, { recursive: true });
      await assertRoom(file.bytes);
      const partial = join(parent, `.${newUuid()}`);
      try {
        await copyFile(file.path, partial, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        await flush(partial);
        await rename(partial, path);
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
      await flush(parent);
    },

    async open(key, range) {
      try {
        const handle = await open(pathOf(key), 'r');
        return createReadStream('', { fd: handle, ...range });
      } catch (error) {
        throw isMissing(error) ? new FileMissing(key, { cause: error }) : error;
      }
    },

    async remove(key) {
      await rm(pathOf(key), { force: true });
    },

    async check() {
      await mkdir(folder, { recursive: true });
      await assertRoom(0);
    },

    close: () => undefined,
  };
}

/** A renamed file survives a power loss only if the file and its folder are on the disk. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
