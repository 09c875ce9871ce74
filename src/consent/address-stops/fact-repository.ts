import type { ClientSession, Connection, Types } from 'mongoose';
import { newId, sha256Hex } from '../../platform/ids.ts';
import { pauseAfterLostRace } from '../../platform/lost-race.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import type { Unscoped } from '../../platform/tenant-queries.ts';
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
  async function addTo(scope: ClientScope, { key, fact }: { key: string; fact: Fact }): Promise<boolean> {
    const found = (await stored.findOne(scope, { key, kind: 'facts' })) ?? undefined;
    const document = withFactAdded(found, { key, fact });
    if (document === null) return true;
    const version = found?.version ?? 0;
    if (found !== undefined) return stored.replaceVersioned(scope, { _id: document._id, version }, document);
    return stored.insertOne(scope, document).then(
      () => true,
      (error: unknown) => {
        if (isDuplicateKey(error)) return false;
        throw error;
      },
    );
  }

  return {
    /** Idempotent; facts may be added in any order. */
    async add(scope: ClientScope, fact: Fact): Promise<void> {
      const hashed = hashedFact(scope, fact);
      for (const key of keysIn(hashed)) {
        let attempts = 1;
        while (!(await addTo(scope, { key, fact: hashed }))) {
          if (attempts === maxAttempts)
            throw new Error('The facts of an identity changed during every attempt.');
          await pauseAfterLostRace(attempts);
          attempts += 1;
        }
      }
    },

    addAll: createAddAll(stored),

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

type FactDoc = Unscoped<AddressStopDoc> & { readonly _id: Types.ObjectId };

/**
 * Adds facts in a transaction, by few commands. Throws if somebody else adds facts of the same identities
 * meanwhile; the transaction is then repeated.
 */
const createAddAll =
  (stored: TenantCollection<AddressStopDoc>) =>
  async (scope: ClientScope, added: readonly Fact[], session: ClientSession): Promise<void> => {
    const named = added.flatMap((fact) => {
      const hashed = hashedFact(scope, fact);
      return keysIn(hashed).map((key) => ({ key, fact: hashed }));
    });
    if (named.length === 0) return;
    const keys = [...new Set(named.map(({ key }) => key))];
    const found = await stored.find(scope, { key: { $in: keys }, kind: 'facts' }, { session });
    const before = new Map(found.map((doc) => [doc.key, doc]));
    const after = new Map<string, FactDoc>();
    for (const { key, fact } of named) {
      const next = withFactAdded(after.get(key) ?? before.get(key), { key, fact });
      // Its version counts writes, and all facts of the transaction are one.
      if (next !== null) after.set(key, { ...next, version: (before.get(key)?.version ?? 0) + 1 });
    }
    const fresh = [...after.values()].filter(({ key }) => !before.has(key));
    const replaced = [...after.values()].flatMap((next) => {
      const { _id, version = 0 } = before.get(next.key) ?? {};
      return _id === undefined ? [] : [{ current: { _id, version }, next }];
    });
    await stored.insertMany(scope, fresh, { session });
    if (!(await stored.replaceEachVersioned(scope, replaced, session)))
      throw new Error('The facts of an identity changed during a transaction.');
  };

/** The document of an identity with one more fact; null if it is known. */
function withFactAdded(
  found: Unscoped<AddressStopDoc> | undefined,
  { key, fact }: { readonly key: string; readonly fact: Fact },
): FactDoc | null {
  const kept: KeptFacts = { facts: found?.facts ?? [], isFull: found?.isFull === true };
  const next = withFact(kept, fact);
  if (next === kept) return null;
  return {
    ...{ _id: found?._id ?? newId(), key, kind: 'facts', at: found?.at ?? fact.at },
    ...{ facts: next.facts, isFull: next.isFull, version: (found?.version ?? 0) + 1 },
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
