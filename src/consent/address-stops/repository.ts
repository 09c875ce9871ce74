import type { ClientSession, Connection } from 'mongoose';
import type { ConsentMove } from '../../people/contacts/directory.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { groupedBy } from '../../platform/grouped.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import type { AnyIdentity } from '../../people/contacts/rules.ts';
import { createAddressFactRepository, hashedKey, type AddressFactRepository } from './fact-repository.ts';
import {
  answerOf,
  canonicalKey,
  changeOf,
  statementsOf,
  togetherOf,
  type Answering,
  type Fact,
  type Naming,
} from './facts.ts';
import { createLastWords, type Written } from './last-words.ts';
import { recordedIn } from './recorded.ts';
import { addressStopModel, type AddressStopDoc } from './model.ts';
import {
  kindsIn,
  liftedUntil,
  liftOf,
  stopsIn,
  stopsLeftBehind,
  stopsLifted,
  type AddressMark,
  type LiftedStops,
  type MarkKind,
  type SaidAt,
  type StopKind,
} from './rules.ts';

export type AddressStopRepository = ReturnType<typeof createAddressStopRepository>;

/**
 * Opt-outs that stay at a number or user id after their contact has lost it: whoever gets it next is not messaged until
 * they opt in. While a contact has the identity, the contact itself holds the opt-out.
 */
export function createAddressStopRepository(connection: Connection) {
  const stops = openTenantCollection(addressStopModel, connection);
  const facts = createAddressFactRepository(connection);

  return {
    ...createReading(stops, facts),
    ...createTelling(facts),

    /** An opt-out stays at exactly the address that it came from, whoever it is attributed to. */
    async stoppedAt(scope: ClientScope, { keys, at, contactId }: SaidAt): Promise<void> {
      for (const key of keys) await mark(scope, { key, kind: 'opted-out', at, contactId });
    },

    /**
     * A consent lifts the earlier opt-outs of its kind at the address that it came from, whoever's they are, also those
     * that arrive later.
     */
    async liftedAt(scope: ClientScope, kind: StopKind, { keys, at, contactId }: SaidAt): Promise<void> {
      for (const key of keys) await mark(scope, { key, kind: liftOf(kind), at: liftedUntil(at), contactId });
    },

    /** Follows writes of contacts, inside their transaction; each contact is written once. */
    async consentMoved(
      scope: ClientScope,
      moves: readonly ConsentMove[],
      session: ClientSession,
    ): Promise<void> {
      const left = moves.flatMap((moved) => stopsLeftBehind(moved));
      await stops.updateEach(scope, left.map(updateOf), { session, upsert: true });
      const recorded = moves.flatMap((moved) => recordedIn(moved));
      await facts.addAll(scope, recorded, session);
      const lifted: Mark[] = [];
      for (const moved of moves) lifted.push(...(await marksLifted(scope, moved, session)));
      await stops.updateEach(scope, lifted.map(updateOf), { session, upsert: true });
    },
  };

  async function marksLifted(
    scope: ClientScope,
    moved: ConsentMove,
    session: ClientSession,
  ): Promise<Mark[]> {
    const lifted = stopsLifted(moved);
    if (lifted === null || moved.after === null) return [];
    const { kind, until: at } = lifted;
    const contactId = moved.after._id;
    const keys = await keysLifted(scope, lifted, session);
    return keys.map((key) => ({ key, kind: liftOf(kind), at, contactId }));
  }

  async function keysLifted(
    scope: ClientScope,
    { keys, kind, until, of }: LiftedStops,
    session: ClientSession,
  ): Promise<readonly string[]> {
    if (of === undefined) return keys;
    const own = { key: { $in: [...keys] }, kind, contactId: { $in: [...of] }, at: { $lte: until } };
    const found = await stops.find<AddressMark>(scope, own, { projection: { _id: 0, key: 1 }, session });
    return found.map(({ key }) => key);
  }

  function mark(scope: ClientScope, given: Mark) {
    const { filter, update } = updateOf(given);
    return stops.updateOne(scope, filter, update, { upsert: true });
  }
}

type Mark = AddressMark & Pick<SaidAt, 'contactId'>;

function updateOf({ key, kind, at, contactId }: Mark) {
  // The mark is of the contact whose statement is the latest.
  const isLater = { $gt: [at, { $ifNull: ['$at', new Date(0)] }] };
  const change = { contactId: { $cond: [isLater, contactId, '$contactId'] }, at: { $max: ['$at', at] } };
  return { filter: { key, kind }, update: [{ $set: change }] };
}

/** Reads what is kept of identities. */
function createReading(stops: TenantCollection<AddressStopDoc>, facts: AddressFactRepository) {
  /** What is kept of these identities: marks by the keys themselves, facts by their hashes. */
  async function readAt(scope: ClientScope, keys: readonly string[]) {
    const hashed = keysOf(scope, keys);
    const projection = { _id: 0, key: 1, kind: 1, at: 1, facts: 1, isFull: 1 };
    const found = await stops.find(scope, { key: { $in: [...keys, ...hashed] } }, { projection });
    return { hashed, marks: found.filter(isMark), kept: found.filter(({ kind }) => kind === 'facts') };
  }

  type Found = Awaited<ReturnType<typeof readAt>>;

  async function kindsOf(scope: ClientScope, { marks, hashed, kept }: Found): Promise<ReadonlySet<StopKind>> {
    const kinds = kindsIn(marks);
    if (kept.length === 0) return kinds;
    const { kindsAt } = createLastWords(await facts.around(scope, hashed, kept));
    return new Set([...kinds, ...hashed.flatMap(kindsAt)]);
  }

  return {
    /**
     * The kinds of opt-outs at these identities, and of those of the people who have them now. One query, unless the
     * people have, or had, other identities.
     */
    async kindsAt(scope: ClientScope, keys: readonly string[]): Promise<ReadonlySet<StopKind>> {
      return keys.length === 0 ? new Set() : kindsOf(scope, await readAt(scope, keys));
    },

    /** As `kindsAt` for the identities of each of many people; one query for all of them, unless they have others. */
    async kindsAtEach(
      scope: ClientScope,
      people: readonly (readonly string[])[],
    ): Promise<ReadonlySet<StopKind>[]> {
      const all = people.flat();
      if (all.length === 0) return people.map(() => new Set());
      const { marks, kept } = await readAt(scope, all);
      const [marksAt, keptAt] = [groupedBy(marks, ({ key }) => key), groupedBy(kept, ({ key }) => key)];
      const kinds: ReadonlySet<StopKind>[] = [];
      for (const keys of people) {
        const hashed = keysOf(scope, keys);
        const found = {
          ...{ hashed, marks: keys.flatMap((key) => marksAt.get(key) ?? []) },
          kept: hashed.flatMap((key) => keptAt.get(key) ?? []),
        };
        kinds.push(await kindsOf(scope, found));
      }
      return kinds;
    },

    /**
     * Whether whoever has the address wrote this message, and, with `since`, did so at or after every opt-out that holds at
     * these identities. `address` has one identity, in any spelling.
     */
    async isWriter(
      scope: ClientScope,
      { address, since = [] }: { readonly address: readonly string[]; readonly since?: readonly string[] },
      { keys, at }: Written,
    ): Promise<boolean> {
      const { marks, hashed, kept } = await readAt(scope, [...address, ...since, ...keys]);
      const words = createLastWords(await facts.around(scope, hashed, kept));
      const told = { keys: keysOf(scope, keys), at };
      if (!keysOf(scope, address).some((key) => words.isWriter(key, told))) return false;
      const ofSince = stopsIn(marks, 'opted-out').filter(({ key }) => since.includes(key));
      const stopped = [
        ...ofSince.map((stop) => stop.at),
        ...keysOf(scope, since).flatMap((key) => words.stoppedAt(key, 'opted-out') ?? []),
      ];
      return stopped.every((time) => time <= at);
    },
  };
}

/** The keys of identities as facts keep them. */
const keysOf = (scope: ClientScope, keys: readonly string[]): string[] => [
  ...new Set(keys.map((key) => hashedKey(scope, canonicalKey(key)))),
];

/** Keeps what events tell of identities. */
function createTelling(facts: AddressFactRepository) {
  const addAny = async (scope: ClientScope, fact: Fact | null): Promise<void> => {
    if (fact !== null) await facts.add(scope, fact);
  };

  return {
    /** One person has these identities at that time. A receipt is no exact proof: it may come late. */
    identitiesNamed: (scope: ClientScope, named: Naming): Promise<void> => addAny(scope, togetherOf(named)),

    /** The person answers a message that was sent to another address of theirs. */
    messageAnswered: (scope: ClientScope, answered: Answering): Promise<void> =>
      addAny(scope, answerOf(answered)),

    /** WhatsApp says that a person has other identities since then. */
    async identityChanged(
      scope: ClientScope,
      { from, to, isMove, at }: { from: AnyIdentity | null; to: AnyIdentity; isMove: boolean; at: Date },
    ): Promise<void> {
      await addAny(scope, changeOf(from, to, isMove, at));
    },

    /** A person's statement, where it came from. */
    async heard(
      scope: ClientScope,
      { from, status, at }: { from: AnyIdentity; status: MarkKind; at: Date },
    ): Promise<void> {
      for (const fact of statementsOf(from, { status, at, isRecorded: false })) await facts.add(scope, fact);
    },
  };
}

const isMark = (found: AddressStopDoc): found is AddressStopDoc & AddressMark => found.kind !== 'facts';
