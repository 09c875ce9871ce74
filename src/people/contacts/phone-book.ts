import type { Resource } from '../../audit/resource.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { cleanName } from '../../platform/text.ts';
import { applyChanges } from './changes.ts';
import type { ContactDirectory } from './directory.ts';
import { createContactResource, type ContactDeps } from './resource.ts';
import { identityKeysOf, maxNameLength } from './rules.ts';
import type { ContactIdentity, ContactRecord } from './store/repository.ts';

/** An entry in the address book of the business's phone. */
export interface PhoneBookEntry {
  /** Null if the entry was removed or has no name. */
  readonly name: string | null;
  /** By the provider's clock; null if unknown: then it is the latest. */
  readonly atMs: number | null;
}

interface PhoneBookDeps extends ContactDeps {
  readonly directory: Pick<ContactDirectory, 'findOrCreate' | 'learn'>;
}

export type PhoneBook = ReturnType<typeof createPhoneBook>;

/** Names from the address book of a number that is also used in the WhatsApp Business app. */
export function createPhoneBook({ directory, ...deps }: PhoneBookDeps) {
  const resource: Resource<ContactRecord> = createContactResource(deps);
  return {
    /**
     * Stores the name in the address book. It becomes the contact's name unless somebody has given another one. A removed
     * entry leaves the contact, and its name if that was another. The latest entry counts, in any order of arrival.
     */
    async note(scope: ClientScope, identity: ContactIdentity, entry: PhoneBookEntry): Promise<void> {
      const contact = await directory.findOrCreate(scope, identity, entry.name ?? undefined);
      // An address book has thousands of entries, and one name alone says nothing new.
      if (identityKeysOf(identity).length > 1)
        await directory.learn(scope, { identity, at: timeOf(entry, deps.clock) });
      await resource.changeIfExists(scope, { type: 'system' }, contact._id, {
        action: 'contact.updated',
        decide: (current) => afterEntry(current, entry, deps.clock),
      });
    },
  };
}

function timeOf({ atMs }: Pick<PhoneBookEntry, 'atMs'>, clock: Clock): Date {
  const now = clock.now();
  return atMs === null || atMs > now.getTime() ? now : new Date(atMs);
}

function afterEntry(current: ContactRecord, { name, atMs }: PhoneBookEntry, clock: Clock): ContactRecord {
  const now = clock.now();
  const at = timeOf({ atMs }, clock);
  const known = current.phoneBook;
  if (known !== undefined && known.at >= at) return current;
  const shortName = cleanName(name ?? '', maxNameLength) ?? '';
  const phoneBook = { at, ...(shortName === '' ? {} : { name: shortName }) };
  const isOurs = current.name === undefined || current.name === known?.name;
  const renamed =
    shortName !== '' && isOurs && current.name !== shortName
      ? applyChanges(current, { name: shortName }, { at: now, by: undefined })
      : current;
  return { ...renamed, phoneBook };
}
