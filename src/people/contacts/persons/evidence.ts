import { createCache } from '../../../platform/cache.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { ContactDeps } from '../resource.ts';
import { identityFields } from '../rules.ts';
import type { ContactDoc } from '../store/repository.ts';
import type { Answered } from './decide.ts';
import type { AnnouncedChange, createPersons, RecogniseOptions } from './persons.ts';
import type { Sighting } from './timeline.ts';

type Persons = ReturnType<typeof createPersons>;
type SeenAt = Parameters<Persons['follow']>[2];
type EvidenceDeps = Pick<ContactDeps, 'dependents' | 'clock'>;

/** Most messages name identities that were named together moments ago. */
const known = { ttlMs: 10 * 60_000, maxEntries: 10_000 };
/** The times of events and of moves are compared to the minute, so within one minute an event says nothing new. */
const minuteMs = 60_000;
const minuteOf = (at: Date): number => Math.floor(at.getTime() / minuteMs);

/**
 * Keeps what every event says of identities, apart from the contacts: a contact is found by what is known when the event
 * arrives, but whose last word was a stop must not depend on that. It is kept first, so that it counts even if the
 * contact cannot be changed.
 */
export function withEvidence({ recognise, learn, follow }: Persons, { dependents, clock }: EvidenceDeps) {
  const kept = createCache<void>({ ...known, clock });

  async function keep(
    scope: ClientScope,
    { identity, at, since }: Pick<Sighting, 'identity' | 'at' | 'since'>,
    isExact: boolean,
  ): Promise<void> {
    const names = identityFields.map((field) => identity[field]);
    if (at === undefined || names.filter((name) => name !== undefined).length < 2) return;
    const minutes = [since ?? at, at].map(minuteOf);
    const key = JSON.stringify([scope.clientId, names, isExact, minutes]);
    const sent = since === undefined ? {} : { since };
    await kept.get(key, () => dependents.identitiesNamed(scope, { identity, at, isExact, ...sent }));
  }

  async function keepAnswer(
    scope: ClientScope,
    { identity, at }: Sighting,
    answered: Answered | undefined,
  ): Promise<void> {
    if (at === undefined || answered === undefined) return;
    const { address, sentAt } = answered;
    await dependents.messageAnswered(scope, { identity, at, address, sentAt });
  }

  return {
    async recognise(scope: ClientScope, sighting: Sighting, options?: RecogniseOptions): Promise<ContactDoc> {
      await keep(scope, sighting, true);
      await keepAnswer(scope, sighting, options?.answered);
      return recognise(scope, sighting, options);
    },

    /** `isExact` unless a receipt or an address book says so, which may be late. */
    async learn(
      scope: ClientScope,
      sighting: Sighting,
      { isExact = false }: { readonly isExact?: boolean } = {},
    ): Promise<ContactDoc | null> {
      await keep(scope, sighting, isExact);
      return learn(scope, sighting);
    },

    async follow(scope: ClientScope, change: AnnouncedChange, seen: SeenAt): Promise<ContactDoc> {
      const { from, to, reason } = change;
      const isMove = reason === 'number-changed';
      await dependents.identityChanged(scope, { from, to, isMove, at: seen.at });
      return follow(scope, change, seen);
    },
  };
}
