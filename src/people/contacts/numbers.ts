import type { Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import { scopeOf, type ClientScope } from '../../platform/mongo.ts';
import { nextReviewAfter } from './rules.ts';
import type { ContactNumber, SuspectContact, SuspectRepository } from './store/suspects.ts';

export type { ContactNumber } from './store/suspects.ts';

export interface SuspectNumberDeps {
  readonly suspects: SuspectRepository;
  /** Whether a message was delivered to the number, or came from the contact, at or after `since`. */
  readonly hasReached: (
    scope: ClientScope,
    number: { readonly contactId: Types.ObjectId; readonly phoneNumber: string; readonly since: Date },
  ) => Promise<boolean>;
  readonly clock: Clock;
}

export type SuspectNumbers = ReturnType<typeof createSuspectNumbers>;

const maxReviewsPerRound = 50;

/**
 * Marks numbers that the provider could not deliver to. Failures and deliveries arrive out of order, and the latest by
 * the provider's time counts: a failure before a stored delivery makes no mark, and a delivery removes an earlier mark.
 * Later reviews cover a delivery that is stored while a failure of another message is being processed.
 */
export function createSuspectNumbers({ suspects, hasReached, clock }: SuspectNumberDeps) {
  async function review({ _id, clientId, phoneNumber, numberSuspect }: SuspectContact): Promise<void> {
    const { at, reviewAt, reviews = 0 } = numberSuspect ?? {};
    if (phoneNumber === undefined || at === undefined || reviewAt === undefined) return;
    const scope = scopeOf(clientId);
    const now = clock.now();
    const number = { contactId: _id, phoneNumber };
    if (await hasReached(scope, { ...number, since: at })) {
      await suspects.clear(scope, number, { provenAt: at, now });
    } else {
      await suspects.take(scope, _id, { reviewAt, next: nextReviewAfter(reviews + 1, now) });
    }
  }

  return {
    /** Records that the provider could not deliver to the number at `at`. Idempotent. */
    async suspect(
      scope: ClientScope,
      number: ContactNumber,
      { code, at }: { code: string; at: Date },
    ): Promise<void> {
      if (await hasReached(scope, { ...number, since: at })) return;
      const now = clock.now();
      const reviewAt = nextReviewAfter(0, now);
      const numberSuspect = { code, at, ...(reviewAt === null ? {} : { reviewAt }) };
      await suspects.mark(scope, number, { numberSuspect, now });
    },

    /** Records that a message reached the number, or came from it, at `provenAt`. Idempotent. */
    trust: (scope: ClientScope, number: ContactNumber, provenAt: Date): Promise<void> =>
      suspects.clear(scope, number, { provenAt, now: clock.now() }),

    /** Reviews the marks that are due; returns their number. Safe to run in several workers. */
    async reviewDue(): Promise<number> {
      const due = await suspects.findDueAcrossClients(clock.now(), maxReviewsPerRound);
      for (const contact of due) await review(contact);
      return due.length;
    },
  };
}
