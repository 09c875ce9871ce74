import type { Types } from 'mongoose';
import { tenantCollections } from './models.ts';
import type { RunningApi } from './running-api.ts';
import { waitFor } from './wait.ts';

/** Waits until all changes so far are told as events: the API does that in the background, and writes what it told. */
export async function waitUntilTold(
  { connection }: Pick<RunningApi, 'connection'>,
  clientId: Types.ObjectId,
): Promise<void> {
  const untold = { clientId, $or: [{ isPending: true }, { unpublishedAt: { $exists: true } }] };
  await waitFor('all changes are told', async () => {
    const counts = [...tenantCollections].map((name) => connection.collection(name).countDocuments(untold));
    return (await Promise.all(counts)).every((count) => count === 0);
  });
}

/** Everything that is stored of a client, by collection, as text that can be compared. */
export async function storedOf(
  api: Pick<RunningApi, 'connection'>,
  clientId: Types.ObjectId,
): Promise<Readonly<Record<string, string>>> {
  await waitUntilTold(api, clientId);
  const all: Record<string, string> = {};
  for (const name of [...tenantCollections].toSorted()) {
    // Counts what the client itself sends.
    if (name === 'webhook_usage') continue;
    const found = await api.connection.collection(name).find({ clientId }).sort({ _id: 1 }).toArray();
    all[name] = JSON.stringify(found);
  }
  return all;
}

/** The collections that differ between two of these. */
export const changedBetween = (
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] => Object.keys(before).filter((name) => before[name] !== after[name]);
