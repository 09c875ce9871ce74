import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Schema } from 'mongoose';
import { rootDir } from '../../scripts/paths.ts';

/** The common part of tenant and platform models, whatever their documents are. */
export interface AnyModel {
  readonly owner: 'client' | 'platform';
  readonly collection: string;
  readonly schema: Schema;
}

const isModel = (value: unknown): value is AnyModel =>
  typeof value === 'object' && value !== null && 'owner' in value && 'schema' in value;

async function loadModels(): Promise<readonly AnyModel[]> {
  const src = join(rootDir, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (path) => basename(path) === 'model.ts',
  );
  const modules = await Promise.all(files.map((path) => import(join(src, path)) as Promise<object>));
  return modules.flatMap((exported) => Object.values(exported).filter(isModel));
}

/** Every model that a `model.ts` of `src/` declares. */
export const models: readonly AnyModel[] = await loadModels();

/** The collections in which every document belongs to one client. */
export const tenantCollections: ReadonlySet<string> = new Set(
  models.flatMap(({ owner, collection }) => (owner === 'client' ? [collection] : [])),
);
