import { z } from 'zod';
import type { ChangeContext, UnreadableChange } from './change-reader.ts';
import { SharedValue } from './phone-messages.ts';
import { invalidItem, Timestamp, toEpochMs } from './webhook-fields.ts';

/** A change in the address book of the business's phone. */
export interface ContactSyncItem {
  readonly kind: 'contact-sync';
  readonly phoneNumberId: string | null;
  /** Digits, with or without `+`. Absent if only the user id is known. */
  readonly waId?: string;
  readonly userId?: string;
  /** The name in the address book; null if the entry was removed or has no name. */
  readonly name: string | null;
  /** Null if the provider gives no readable time. */
  readonly atMs: number | null;
}

const text = z.string().optional().catch(undefined);

const StateSync = SharedValue.extend({ state_sync: z.array(z.unknown()) });

const Entry = z.looseObject({
  type: z.literal('contact'),
  action: z.string().max(32),
  contact: z.looseObject({
    full_name: text,
    first_name: text,
    phone_number: z.string().min(1).max(64).optional().catch(undefined),
    user_id: z.string().min(1).max(160).optional().catch(undefined),
  }),
  metadata: z
    .looseObject({ timestamp: Timestamp.optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

/** Reads `smb_app_state_sync`; null for every other field. */
export function readContactSync(
  field: string,
  value: unknown,
  { path }: ChangeContext,
): Iterable<ContactSyncItem | UnreadableChange> | null {
  if (field !== 'smb_app_state_sync') return null;
  const sync = StateSync.safeParse(value).data;
  if (sync === undefined) return [{ kind: 'invalid', reason: `${path} is not readable` }];
  return readEntries(sync, path);
}

function* readEntries(
  { metadata, state_sync: entries }: z.output<typeof StateSync>,
  path: string,
): Generator<ContactSyncItem | UnreadableChange> {
  const phoneNumberId = metadata?.phone_number_id ?? null;
  for (const [index, entry] of entries.entries()) {
    yield readEntry(entry, phoneNumberId, `${path}.state_sync[${index}]`);
  }
}

function readEntry(
  given: unknown,
  phoneNumberId: string | null,
  path: string,
): ContactSyncItem | UnreadableChange {
  const entry = Entry.safeParse(given);
  if (!entry.success) return invalidItem(path, entry.error);
  const { action, contact, metadata } = entry.data;
  const { phone_number: waId, user_id: userId } = contact;
  if (waId === undefined && userId === undefined)
    return { kind: 'invalid', reason: `${path} names no person` };
  const name = contact.full_name ?? contact.first_name ?? null;
  return {
    kind: 'contact-sync',
    phoneNumberId,
    ...(waId === undefined ? {} : { waId }),
    ...(userId === undefined ? {} : { userId }),
    name: action === 'remove' ? null : name,
    atMs: metadata?.timestamp === undefined ? null : toEpochMs(metadata.timestamp),
  };
}
