import type { AnswerOnce } from '../http/idempotency.ts';
import type { Cipher } from '../platform/cipher.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createAnswerOnce } from './answers.ts';
import { createAnswerRepository } from './repository.ts';

interface IdempotencyDeps {
  readonly mongo: MongoConnection;
  readonly cipher: Cipher;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Repeats the answers of requests with an `Idempotency-Key`. */
export const buildIdempotency = ({ mongo, cipher, clock, logger }: IdempotencyDeps): AnswerOnce =>
  createAnswerOnce({ answers: createAnswerRepository(mongo), cipher, clock, logger });
