import { join, resolve } from 'node:path';

/** The folder of package.json; all other paths derive from it. */
export const rootDir = resolve(import.meta.dirname, '..');

export const distDir = join(rootDir, 'dist');
export const dataDir = join(rootDir, '.data');
export const serverCacheDir = join(rootDir, '.cache', 'servers');
