import type { Clock } from '../platform/clock.ts';
import type { StorageConfig } from './config.ts';
import { createDiskStorage } from './disk.ts';
import { createSpool } from './spool.ts';
import type { FileStorage } from './storage.ts';

interface StorageDeps {
  readonly config: StorageConfig;
  readonly clock: Clock;
}

/** The storage that the configuration names, and the folder for files on their way. */
export async function buildStorage({ config, clock }: StorageDeps) {
  return { storage: await openStorage(config), spool: createSpool(config.spoolFolder, clock) };
}

async function openStorage({ kind, folder, minFreeBytes, s3 }: StorageConfig): Promise<FileStorage> {
  if (kind === 'disk') return createDiskStorage({ folder, minFreeBytes });
  // Loaded only where it is used: the SDK takes 20 MB of memory.
  const { createS3Storage } = await import('./s3.ts');
  return createS3Storage(s3);
}
