import type { ClientSession, Connection } from 'mongoose';
import { newId, sha256Hex } from '../../platform/ids.ts';
import { pauseAfterLostRace } from '../../platform/lost-race.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { keysIn, withFact, type Fact, type KeptFacts } from './facts.ts';
import type { Heard } from './last-words.ts';
import { addressStopModel, type AddressStopDoc } from './model.ts';

export type AddressFactRepository = ReturnType<typeof createAddressFactRepository>;

/** Attempts against others who add facts of the same identity; each lost race has another winner. */
const maxAttempts = 16;

/** Bounds on what is read of the people around an identity; far more than real people have. */
const maxRounds = 10;
const maxIdentities = 400;

type KeptDoc = Pick<AddressStopDoc, 'key' | 'kind' | 'facts' | 'isFull'>;

/** The facts of each identity: one document, with the facts that name it. */
export function createAddressFactRepository(connection: Connection) {
  const stored = openTenantCollection(addressStopModel, connection);

  /** Adds a fact to one identity; nothing if it is known. False if another worker was faster. */
  async function addTo(
    scope: ClientScope,
    { key, fact }: { key: string; fact: Fact },
    session: ClientSession | undefined,
  ): Promise<boolean> {
    const found = await stored.findOne(scope, { key, kind: 'facts' }, { session });
    const kept: KeptFacts = { facts: found?.facts ?? [], isFull: found?.isFull === true };
    const next = withFact(kept, fact);
    if (next === kept) return true;
    const version = found?.version ?? 0;
    const document = {
      ...{ _id: found?._id ?? newId(), key, kind: 'facts' as const, at: found?.at ?? fact.at },
      ...{ facts: next.facts, isFull: next.isFull, version: version + 1 },
    };
    if (found !== null)
      return stored.replaceVersioned(scope, { _id: document._id, version }, document, session);
    return stored.insertOne(scope, document, { session }).then(
      () => true,
      (error: unknown) => {
        if (session === undefined && isDuplicateKey(error)) return false;
        throw error;
      },
    );
  }

  return {
    /** Idempotent; facts may be added in any order. */
    async add(scope: ClientScope, fact: Fact, session?: ClientSession): Promise<void> {
      const hashed = hashedFact(scope, fact);
      for (const key of keysIn(hashed)) {
        let attempts = 1;
        while (!(await addTo(scope, { key, fact: hashed }, session))) {
          if (attempts === maxAttempts)
            throw new Error('The facts of an identity changed during every attempt.');
          await pauseAfterLostRace(attempts);
          attempts += 1;
        }
      }
    },

    /** All facts of these identities, of those that the facts name, and so on; `read` are the documents read already. */
    async around(scope: ClientScope, keys: readonly string[], read: readonly KeptDoc[]): Promise<Heard> {
      const facts = new Map<string, Fact>();
      const seen = new Set(keys);
      let isComplete = true;
      let documents = read;
      for (let round = 1; ; round += 1) {
        for (const { facts: found = [], isFull } of documents) {
          for (const fact of found) facts.set(JSON.stringify(fact), fact);
          if (isFull === true) isComplete = false;
        }
        const named = new Set(documents.flatMap((document) => (document.facts ?? []).flatMap(keysIn)));
        const next = [...named].filter((key) => !seen.has(key));
        if (next.length === 0) return { facts: [...facts.values()], isComplete };
        if (round > maxRounds || seen.size > maxIdentities)
          return { facts: [...facts.values()], isComplete: false };
        for (const key of next) seen.add(key);
        documents = await stored.find(scope, { key: { $in: next }, kind: 'facts' });
      }
    },
  };
}

/** The identity as facts keep it: its kind in clear, because only numbers change hands. */
export const hashedKey = ({ clientId }: ClientScope, key: string): string =>
  `${key.startsWith('tel:') ? 'tel' : 'id'}:${sha256Hex(`${clientId.toHexString()}:${key}`)}`;

function hashedFact(scope: ClientScope, fact: Fact): Fact {
  const hashed = (keys: readonly string[]) => keys.map((key) => hashedKey(scope, key)).toSorted();
  if (fact.kind === 'said') return { ...fact, key: hashedKey(scope, fact.key) };
  return fact.kind === 'together'
    ? { ...fact, keys: hashed(fact.keys) }
    : { ...fact, from: hashed(fact.from), to: hashed(fact.to) };
}
