import type { WriteMeter } from '../http/write-meter.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { scopeOf, type ClientScope } from '../platform/mongo.ts';
import { secondsToNextDay, type Quota } from './quota.ts';

interface WriteMeterDeps {
  readonly quota: Quota;
  /** Whether the business has proved a number. */
  readonly isVerified: (scope: ClientScope) => Promise<boolean>;
  readonly clock: Clock;
}

/**
 * What a request makes at most beside the values of its body: the object, its audit, the event, the key of the request, and
 * their entries in indexes. Measured in documents: up to 2.4 KB, and 3.4 times the body; a test holds that none stores more.
 */
const requestBytes = 6_144;
/** A value is stored in the object, in the audit before and after, and in the event. */
const copies = 4;

/** What a request with so many bytes of body stores at most, beside an answer that is kept. */
export const writtenBytesOf = (bodyBytes: number): number => requestBytes + copies * bodyBytes;

const fullDays = {
  api: 'The business has stored all that it may store today.',
  'unverified-api':
    'The business has stored all that it may store today before it has proved a number. Verify a channel.',
} as const;

/** A day may end much later, or an operator may raise the limit. */
const maxRetrySeconds = 3_600;

/** Counts what the requests of a business store against its day. */
export function createWriteMeter({ quota, isVerified, clock }: WriteMeterDeps): WriteMeter {
  const shareOf = async (scope: ClientScope, bytes: number) => {
    const kind: keyof typeof fullDays = (await isVerified(scope)) ? 'api' : 'unverified-api';
    return { kind, bytes };
  };
  return {
    async take({ clientId }, bodyBytes) {
      const scope = scopeOf(clientId);
      const share = await shareOf(scope, writtenBytesOf(bodyBytes));
      if (await quota.take(scope, share)) return;
      const retryAfterSeconds = Math.min(secondsToNextDay(clock.now()), maxRetrySeconds);
      throw new AppError('too-many-requests', fullDays[share.kind], { retryAfterSeconds });
    },

    async owe({ clientId }, answerBytes) {
      const scope = scopeOf(clientId);
      quota.owe(scope, await shareOf(scope, answerBytes));
    },
  };
}
