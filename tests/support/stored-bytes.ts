import { models } from './models.ts';
import type { RunningApi } from './running-api.ts';

/** The documents of all collections but the outbox of mails and what counts the day, in bytes. */
export async function storedBytes({ connection }: Pick<RunningApi, 'connection'>): Promise<number> {
  const names = new Set(models.map(({ collection }) => collection));
  for (const name of ['outbox_mails', 'webhook_usage']) names.delete(name);
  const sizes = await Promise.all(
    [...names].map(async (name) => {
      const pipeline = [{ $group: { _id: null, bytes: { $sum: { $bsonSize: '$$ROOT' } } } }];
      const [row] = await connection.collection(name).aggregate(pipeline).toArray();
      return Number(row?.['bytes'] ?? 0);
    }),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
