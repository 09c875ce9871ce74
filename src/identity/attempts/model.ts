import { declarePlatformModel } from '../../platform/declare-model.ts';

/** One count of attempts, as rate-limiter-flexible writes it; the key says of what, in hashes. */
interface RateLimitDoc {
  readonly key: string;
  readonly points: number;
  /** When the window or the lock ends. */
  readonly expire: Date;
}

/** Nothing is read or written through it; it declares the indexes without which two processes would count apart. */
export const rateLimitModel = declarePlatformModel<RateLimitDoc>('rate_limits', {
  key: { type: String, required: true },
  points: Number,
  expire: Date,
});

rateLimitModel.schema.index({ key: 1 }, { unique: true });
rateLimitModel.schema.index({ expire: 1 }, { expireAfterSeconds: 0 });
