import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ServerName } from './catalogue.ts';

interface CachedBinary {
  readonly path: string;
  readonly version: string;
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/**
 * Moves a downloaded binary and its hash into the cache. The folder appears in one rename, so two runs on a fresh
 * clone cannot see half a file; the second run keeps the existing folder.
 */
export async function addToCache(
  cacheDir: string,
  name: ServerName,
  version: string,
  fetchedPath: string,
): Promise<string> {
  const finalDir = join(cacheDir, `${name}-${version}`);
  const stagingDir = `${finalDir}.${process.pid}`;
  await mkdir(stagingDir, { recursive: true });
  await rename(fetchedPath, join(stagingDir, name));
  await chmod(join(stagingDir, name), 0o755);
  await writeFile(join(stagingDir, 'sha256'), `${await sha256OfFile(join(stagingDir, name))}\n`);
  await rm(finalDir, { recursive: true, force: true });
  try {
    await rename(stagingDir, finalDir);
  } catch {
    await rm(stagingDir, { recursive: true, force: true });
  }
  return join(finalDir, name);
}

/** The newest cached binary whose hash still matches; a damaged copy is removed and reported. */
export async function findInCache(
  cacheDir: string,
  name: ServerName,
  log: (line: string) => void,
): Promise<CachedBinary | null> {
  const folders = await readdir(cacheDir).catch(() => []);
  const versionFolder = new RegExp(`^${name}-(sdk-)?\\d[\\w.-]*$`);
  const versions = folders.filter((folder) => versionFolder.test(folder));
  versions.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  for (const folder of versions) {
    const path = join(cacheDir, folder, name);
    if (await isIntact(path, join(cacheDir, folder, 'sha256'))) {
      return { path, version: folder.slice(name.length + 1) };
    }
    log(`${name}: the cached copy in ${folder} was damaged and has been removed`);
    await rm(join(cacheDir, folder), { recursive: true, force: true });
  }
  return null;
}

async function isIntact(path: string, hashPath: string): Promise<boolean> {
  try {
    const [expected, actual] = await Promise.all([readFile(hashPath, 'utf8'), sha256OfFile(path)]);
    return expected.trim() === actual;
  } catch {
    return false;
  }
}
