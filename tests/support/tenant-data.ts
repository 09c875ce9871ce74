import type { Types } from 'mongoose';
import { tenantCollections } from './models.ts';
import type { RunningApi } from './running-api.ts';

/** Everything that is stored of a client, by collection, as text that can be compared. */
export async function storedOf(
  { connection }: Pick<RunningApi, 'connection'>,
  clientId: Types.ObjectId,
): Promise<Readonly<Record<string, string>>> {
  const all: Record<string, string> = {};
  for (const name of [...tenantCollections].toSorted()) {
    const found = await connection.collection(name).find({ clientId }).sort({ _id: 1 }).toArray();
    all[name] = JSON.stringify(found);
  }
  return all;
}

/** The collections that differ between two of these. */
export const changedBetween = (
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] => Object.keys(before).filter((name) => before[name] !== after[name]);
