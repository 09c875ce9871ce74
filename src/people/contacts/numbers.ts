import type { Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import { scopeOf, type ClientScope } from '../../platform/mongo.ts';
import { nextReviewAfter } from './rules.ts';
import type { ContactNumber, SuspectContact, SuspectRepository } from './store/suspects.ts';

export type { ContactNumber } from './store/suspects.ts';

export interface SuspectNumberDeps {
  readonly suspects: SuspectRepository;
  /** Whether a message to the number was delivered, or one came from the contact, at this time or after it. */
  readonly hasReached: (
    scope: ClientScope,
    number: { readonly contactId: Types.ObjectId; readonly phoneNumber: string; readonly since: Date },
  ) => Promise<boolean>;
  readonly clock: Clock;
}

export type SuspectNumbers = ReturnType<typeof createSuspectNumbers>;

const reviewedAtOnce = 50;

/**
 * Numbers that the provider could not deliver to. What it said last by its own time counts, whatever the order in which
 * it is heard: a mark is not made when a later proof is stored already, a proof takes an earlier mark away, and since the
 * receipt of one message may be stored while the failure of another is followed, a mark is compared once more later.
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
    /** The provider could not deliver to the number at `at`; may be repeated. */
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

    /** Something has reached the number, or came from it, at `provenAt`; may be repeated. */
    trust: (scope: ClientScope, number: ContactNumber, provenAt: Date): Promise<void> =>
      suspects.clear(scope, number, { provenAt, now: clock.now() }),

    /** Compares marks whose time has come with what is stored since; answers how many. Safe in several workers. */
    async reviewDue(): Promise<number> {
      const due = await suspects.findDueAcrossClients(clock.now(), reviewedAtOnce);
      for (const contact of due) await review(contact);
      return due.length;
    },
  };
}
