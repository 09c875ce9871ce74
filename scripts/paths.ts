import { join, resolve } from 'node:path';

/** The folder that holds package.json: every other path is derived from it. */
export const rootDir = resolve(import.meta.dirname, '..');

export const distDir = join(rootDir, 'dist');
export const dataDir = join(rootDir, '.data');
export const serverCacheDir = join(rootDir, '.cache', 'servers');
