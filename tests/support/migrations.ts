import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type mongo, Types } from 'mongoose';
import { rootDir } from '../../scripts/paths.ts';
import { isDuplicateKey } from '../../src/platform/mongo.ts';
import type { TestDatabase } from './mongo.ts';

/** The step forward of a migration, by the name of its file. */
export async function migrationOf(file: string): Promise<(db: mongo.Db) => Promise<void>> {
  const { up } = (await import(pathToFileURL(join(rootDir, 'migrations', file)).href)) as {
    up: (db: mongo.Db) => Promise<void>;
  };
  return up;
}

/** The database as a migration gets it: mongoose has a driver of its own, with the same types. */
export const databaseOf = ({ connection }: Pick<TestDatabase, 'connection'>): mongo.Db =>
  connection.db as unknown as mongo.Db;

/** Stores documents with these fields and others, as far as the unique indexes allow. */
export const inserterInto =
  (collection: mongo.Collection, common: object) =>
  async (fields: object): Promise<'stored' | 'refused'> => {
    try {
      await collection.insertOne({ _id: new Types.ObjectId(), ...common, ...fields });
      return 'stored';
    } catch (error) {
      if (isDuplicateKey(error)) return 'refused';
      throw error;
    }
  };
