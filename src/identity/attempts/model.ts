import { type Connection, type Model, Schema } from 'mongoose';
import { schemaOptions } from '../../platform/mongo.ts';

/** One count of attempts, as rate-limiter-flexible writes it; the key says of what, in hashes. */
interface RateLimitDoc {
  readonly key: string;
  readonly points: number;
  /** When the window or the lock ends. */
  readonly expire: Date;
}

export const rateLimitCollection = 'rate_limits';

const rateLimitSchema = new Schema(
  { key: { type: String, required: true }, points: Number, expire: Date },
  { ...schemaOptions, collection: rateLimitCollection },
);

rateLimitSchema.index({ key: 1 }, { unique: true });
rateLimitSchema.index({ expire: 1 }, { expireAfterSeconds: 0 });

/** Nothing is read or written through it; it declares the indexes without which two processes would count apart. */
export const rateLimitModel = (connection: Connection): Model<RateLimitDoc> =>
  connection.model<RateLimitDoc>('RateLimit', rateLimitSchema as unknown as Schema<RateLimitDoc>);
