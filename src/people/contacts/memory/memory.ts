import { createHash } from 'node:crypto';
import type { ClientSession, Types } from 'mongoose';
import type { Clock } from '../../../platform/clock.ts';
import { newId } from '../../../platform/ids.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import { decidingEntryOf, lastWordOf } from '../consent.ts';
import { identitiesInKeys, keysInAnySpelling, numberKeysOf } from '../rules.ts';
import { isSilenced, withConsentOf } from '../persons/shared-consent.ts';
import type { ConsentEntry, ContactRecord } from '../store/repository.ts';
import type { OptOutMemoryRepository } from './repository.ts';

export interface OptOutMemoryDeps {
  /** A contact that may have waiting messages becomes opted out, or without marketing. */
  stopInherited(scope: ClientScope, contactId: Types.ObjectId, session: ClientSession): Promise<void>;
  readonly clock: Clock;
}

export type OptOutMemory = ReturnType<typeof createOptOutMemory>;

/**
 * Remembers opt-outs and blocks of deleted contacts, so that a person who comes back, by an import or a message, under
 * any of the identities that the contact had, is not sent what they have refused.
 */
export function createOptOutMemory(
  memory: OptOutMemoryRepository,
  { stopInherited, clock }: OptOutMemoryDeps,
) {
  return {
    /** In the transaction that deletes the contact: replaces what is remembered of its identities. */
    async remember(scope: ClientScope, contact: ContactRecord, session: ClientSession): Promise<void> {
      const hashes = contact.identityKeys.map((key) => hashOf(scope, key));
      const consentLog = refusalsOf(contact);
      const isBlocked = contact.isBlocked === true;
      const { blockedAt } = contact;
      const kept = { consentLog, isBlocked, ...(blockedAt === undefined ? {} : { blockedAt }) };
      const isRefusal = consentLog.length > 0 || isBlocked;
      const deletedAt = clock.now();
      const documents = hashes.map((keyHash) => ({ _id: newId(), keyHash, ...kept, deletedAt }));
      await memory.replace(scope, hashes, isRefusal ? documents : [], session);
    },

    /**
     * The record with what is remembered of the identities that it has and `before` had not, and of the numbers that the
     * person has left by WhatsApp's word; null for a new contact. The same object if nothing is.
     */
    async recall(scope: ClientScope, recalled: Recalled, session?: ClientSession): Promise<ContactRecord> {
      const [record = recalled.record] = await recallEach(scope, [recalled], session);
      return record;
    },

    /** As `recall` for several, in their order; one query for all of them. */
    recallEach,
  };

  async function recallEach(
    scope: ClientScope,
    records: readonly Recalled[],
    session?: ClientSession,
  ): Promise<ContactRecord[]> {
    const asked = records.map((each) => ({ ...each, hashes: gainedHashes(scope, each) }));
    const hashes = [...new Set(asked.flatMap((each) => each.hashes))];
    const found = hashes.length === 0 ? [] : await memory.find(scope, hashes, session);
    const byHash = new Map(found.map((remembered) => [remembered.keyHash, remembered]));
    const next: ContactRecord[] = [];
    for (const { record, before, hashes: own } of asked) {
      const recalled = own
        .flatMap((hash) => byHash.get(hash) ?? [])
        .reduce((given, remembered) => withConsentOf(given, remembered, clock.now()), record);
      // A new contact has no messages yet.
      if (before !== null && session !== undefined && isSilenced(record, recalled))
        await stopInherited(scope, record._id, session);
      next.push(recalled);
    }
    return next;
  }
}

interface Recalled {
  readonly record: ContactRecord;
  readonly before: ContactRecord | null;
}

function gainedHashes(scope: ClientScope, { record, before }: Recalled): string[] {
  const had = new Set(before === null ? [] : heldKeysOf(before));
  const gained = heldKeysOf(record).filter((key) => !had.has(key));
  // An earlier version may have stored a number in a spelling that was canonical then.
  const keys = gained.flatMap((key) => [key, ...otherSpellingsOf(key)]);
  return [...new Set(keys)].map((key) => hashOf(scope, key));
}

/** The identities of the person, and the numbers that they have moved from. A deleted contact may have had those. */
const heldKeysOf = ({ identityKeys, aliases = [] }: ContactRecord): string[] => [
  ...identityKeys,
  ...aliases
    .filter(({ reason }) => reason === 'number-changed')
    .flatMap(({ field, value }) => numberKeysOf({ [field]: value })),
];

const otherSpellingsOf = (key: string): string[] =>
  identitiesInKeys([key]).phoneNumbers.flatMap((phoneNumber) => keysInAnySpelling({ phoneNumber }));

const hashOf = ({ clientId }: ClientScope, key: string): string =>
  createHash('sha256').update(`${clientId.toHexString()}:${key}`).digest('hex');

/** The id of an event may contain a number. */
const hiddenIdOf = (eventId: string): string =>
  `remembered:${createHash('sha256').update(eventId).digest('hex')}`;

/** The entries that decide a refusal; nothing for a contact who may get messages. */
const refusalsOf = (contact: ContactRecord): ConsentEntry[] =>
  [
    refusalOf(contact),
    contact.marketingStopped === true ? decidingEntryOf(contact.consentLog, true) : undefined,
  ].flatMap((entry) => {
    if (entry === undefined) return [];
    const { wording: _said, by: _user, saidAt: _where, eventId, ...rest } = entry;
    return [{ ...rest, ...(eventId === undefined ? {} : { eventId: hiddenIdOf(eventId) }) }];
  });

/** Also the person's opt-out if a user has set the status to unknown since. */
function refusalOf({ consentLog, optInStatus }: ContactRecord): ConsentEntry | undefined {
  if (optInStatus === 'opted-out') return decidingEntryOf(consentLog, false);
  const word = lastWordOf(consentLog);
  return word?.status === 'opted-out' ? word : undefined;
}
