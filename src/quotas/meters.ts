import type { WriteMeter } from '../http/write-meter.ts';
import type { Clock } from '../platform/clock.ts';
import { scopeOf, type ClientScope } from '../platform/mongo.ts';
import { fullDay, type Quota } from './quota.ts';

interface MeterDeps {
  readonly quota: Quota;
  /** Whether the business has proved a number. */
  readonly isVerified: (scope: ClientScope) => Promise<boolean>;
  readonly clock: Clock;
}

/**
 * A request stores at most this beside the values of its body: the object, its audit, the event, its key, and their entries in
 * indexes. Measured in documents: up to 2.4 KB, and 4.2 times the body; a test holds that none stores more.
 */
const requestBytes = 6_144;
/** A value is stored in the object, there also as what it is found by, in the audit before and after, and in the event. */
const copies = 5;

/** What a request with so many bytes of body stores at most, beside an answer that is kept. */
export const writtenBytesOf = (bodyBytes: number): number => requestBytes + copies * bodyBytes;

const fullDays = {
  api: 'The business has stored all that it may store today.',
  'unverified-api':
    'The business has stored all that it may store today before it has proved a number. Verify a channel.',
  files: 'The business has uploaded all the files that it may upload today.',
  'unverified-files':
    'The business has uploaded all the files that it may upload today before it has proved a number. Verify a channel.',
} as const;

export type Meters = ReturnType<typeof createMeters>;

/** Counts what users of a business store against its day. */
export function createMeters({ quota, isVerified, clock }: MeterDeps) {
  const kindOf = async <Kind extends 'api' | 'files'>(scope: ClientScope, kind: Kind) =>
    (await isVerified(scope)) ? kind : (`unverified-${kind}` as const);

  async function take(scope: ClientScope, part: 'api' | 'files', bytes: number): Promise<void> {
    const kind = await kindOf(scope, part);
    if (await quota.take(scope, { kind, bytes })) return;
    throw fullDay(fullDays[kind], clock.now());
  }

  const writes: WriteMeter = {
    take: ({ clientId }, bodyBytes) => take(scopeOf(clientId), 'api', writtenBytesOf(bodyBytes)),
    async owe({ clientId }, answerBytes) {
      const scope = scopeOf(clientId);
      quota.owe(scope, { kind: await kindOf(scope, 'api'), bytes: answerBytes });
    },
  };
  return {
    writes,
    /** Takes a file from the day; throws `too-many-requests`. */
    takeFile: (scope: ClientScope, bytes: number): Promise<void> => take(scope, 'files', bytes),
  };
}
