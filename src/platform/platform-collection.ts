import type { Connection, mongo } from 'mongoose';
import type { PlatformModel } from './declare-model.ts';
import { databaseOf } from './mongo.ts';

/** The driver's collection of a model that belongs to no client. */
export const openPlatformCollection = <Doc extends mongo.Document>(
  { collection }: PlatformModel<Doc>,
  connection: Connection,
): mongo.Collection<Doc> => databaseOf(connection).collection<Doc>(collection);
