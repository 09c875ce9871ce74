import type { mongo } from 'mongoose';

/** Webhooks that are stored and not processed. */
export const countOpenEvents = (database: mongo.Db): Promise<number> =>
  database.collection('webhook_events').countDocuments({ status: { $ne: 'done' } });
