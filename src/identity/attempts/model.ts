import { declarePlatformModel } from '../../platform/declare-model.ts';

/** A counter of attempts, as rate-limiter-flexible writes it. */
interface RateLimitDoc {
  readonly key: string;
  readonly points: number;
  /** When the window or the lock ends. */
  readonly expire: Date;
}

/** Only declares the indexes: without the unique one, two processes would count separately. */
export const rateLimitModel = declarePlatformModel<RateLimitDoc>('rate_limits', {
  key: { type: String, required: true },
  points: Number,
  expire: Date,
});

rateLimitModel.schema.index({ key: 1 }, { unique: true });
rateLimitModel.schema.index({ expire: 1 }, { expireAfterSeconds: 0 });
