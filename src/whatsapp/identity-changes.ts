import { z } from 'zod';
import type { ChangeContext, UnreadableChange } from './change-reader.ts';
import { readPerson, type PersonIdentity } from './identity.ts';
import { readShownPerson, type BodyContacts } from './shown-person.ts';
import { Timestamp, toEpochMs } from './webhook-fields.ts';

/** WhatsApp says that a person has a new number or user id. */
export interface IdentityChange {
  readonly reason: 'number-changed' | 'user-id-changed';
  /** Null if the event does not name the old identity. */
  readonly from: PersonIdentity | null;
  readonly to: PersonIdentity;
}

/** A change that comes in a field of its own, without a message. */
export interface IdentityItem extends IdentityChange {
  /** The channel's number; null if the event names only the account. */
  readonly phoneNumberId: string | null;
  readonly wabaId: string | null;
  readonly timestampMs: number;
}

const System = z.looseObject({
  type: z.string(),
  body: z.string().optional().catch(undefined),
  wa_id: z.unknown().optional(),
  /** The older name of `wa_id`. */
  new_wa_id: z.unknown().optional(),
  user_id: z.unknown().optional(),
  parent_user_id: z.unknown().optional(),
  customer: z.unknown().optional(),
});

const SystemMessage = z.looseObject({
  from: z.unknown().optional(),
  from_user_id: z.unknown().optional(),
  from_parent_user_id: z.unknown().optional(),
  system: System,
});

/** Older versions say `customer_`. */
const changeTypes = new Map<string, IdentityChange['reason']>([
  ['user_changed_number', 'number-changed'],
  ['customer_changed_number', 'number-changed'],
  ['user_changed_user_id', 'user-id-changed'],
  ['customer_changed_user_id', 'user-id-changed'],
]);

/** A new security code: the person is the same, and the notice may name them by more than its sender. */
const noticeTypes: ReadonlySet<string> = new Set(['customer_identity_changed', 'user_identity_changed']);

/** The sender of a message, completed from a notice of a new security code that names the same person. */
export function completedByNotice(sender: PersonIdentity | null, message: unknown): PersonIdentity | null {
  const system = SystemMessage.safeParse(message).data?.system;
  if (system === undefined || !noticeTypes.has(system.type)) return sender;
  const { wa_id: number, user_id: userId, parent_user_id: parentUserId } = system;
  const named = readPerson({ number, userId, parentUserId });
  if (named === null || sender === null) return sender ?? named;
  const isSame =
    sender.whatsappId !== undefined
      ? named.whatsappId === undefined || named.whatsappId === sender.whatsappId
      : named.businessScopedUserId === sender.businessScopedUserId;
  return isSame ? { ...named, ...sender } : sender;
}

/** The last resort for the old number: Meta writes "User A changed from 15550001 to 15550002". */
const oldNumberIn = (body: string | undefined): string | undefined =>
  /\bfrom \+?(\d{5,20})\b/.exec(body ?? '')?.[1];

/** The change that a `system` message announces; null for all other messages. A change of the security code is none. */
export function readSystemChange(message: unknown): IdentityChange | null {
  const parsed = SystemMessage.safeParse(message).data;
  const reason = parsed === undefined ? undefined : changeTypes.get(parsed.system.type);
  if (parsed === undefined || reason === undefined) return null;
  const { system, from, from_user_id, from_parent_user_id } = parsed;
  const to = readPerson({
    number: firstOf(system.wa_id, system.new_wa_id),
    userId: system.user_id,
    parentUserId: system.parent_user_id,
  });
  if (to === null) return null;
  const old = readPerson({
    number: firstOf(from, system.customer, oldNumberIn(system.body)),
    userId: from_user_id,
    parentUserId: from_parent_user_id,
  });
  const other = readPerson({ number: firstOf(system.customer, oldNumberIn(system.body)) });
  // Some versions put the new number into `from`.
  const isNewNumber = old?.whatsappId !== undefined && old.whatsappId === to.whatsappId;
  const before = isNewNumber ? { ...old, ...other } : old;
  const after = reason === 'user-id-changed' ? { ...numberIn(before), ...to } : to;
  return { reason, from: without(before, after), to: after };
}

/** A new user id leaves the person's number as it is. */
const numberIn = (person: PersonIdentity | null): PersonIdentity => ({
  ...(person?.phoneNumber === undefined ? {} : { phoneNumber: person.phoneNumber }),
  ...(person?.whatsappId === undefined ? {} : { whatsappId: person.whatsappId }),
});

/** The first value that is neither missing nor empty. */
const firstOf = (...given: readonly unknown[]): unknown =>
  given.find((value) => value !== undefined && value !== null && value !== '');

/** The old identities that differ from the new ones. */
function without(old: PersonIdentity | null, to: PersonIdentity): PersonIdentity | null {
  if (old === null) return null;
  const { username: _shown, ...names } = old;
  const left = Object.entries(names).filter(([field, value]) => to[field as keyof PersonIdentity] !== value);
  return left.length === 0 ? null : Object.fromEntries(left);
}

const Value = z.looseObject({
  metadata: z
    .looseObject({ phone_number_id: z.string().min(1).max(64) })
    .optional()
    .catch(undefined),
  contacts: z.array(z.unknown()).optional().catch(undefined),
  user_id_update: z.array(z.unknown()),
});

const OldAndNew = z.looseObject({ previous: z.unknown().optional(), current: z.unknown().optional() });

const Update = z.looseObject({
  wa_id: z.unknown().optional(),
  user_id: OldAndNew.optional().catch(undefined),
  parent_user_id: z.union([OldAndNew, z.string()]).optional().catch(undefined),
  timestamp: Timestamp,
});

type Read = ({ readonly kind: 'identity' } & IdentityItem) | UnreadableChange;

/** Reads each change of the field `user_id_update`; null for every other field. */
export function readUserIdUpdates(
  field: string,
  given: unknown,
  { wabaId, path }: ChangeContext,
): readonly Read[] | null {
  if (field !== 'user_id_update') return null;
  const listed = Value.safeParse(Array.isArray(given) ? { user_id_update: given } : given);
  if (!listed.success) return [{ kind: 'invalid', reason: `${path} is not readable` }];
  const { metadata, contacts = [], user_id_update: updates } = listed.data;
  const place = { wabaId, phoneNumberId: metadata?.phone_number_id ?? null };
  const beside = { contacts, isAlone: false };
  return updates.map((update, index): Read => {
    const change = readUpdate(update, beside);
    return change === null
      ? { kind: 'invalid', reason: `${path}.user_id_update[${index}] is not readable` }
      : { kind: 'identity', ...place, ...change };
  });
}

function readUpdate(
  given: unknown,
  beside: BodyContacts,
): (IdentityChange & { readonly timestampMs: number }) | null {
  const update = Update.safeParse(given).data;
  if (update === undefined) return null;
  const { wa_id: number, user_id: userId = {}, parent_user_id: parent, timestamp } = update;
  const parents = typeof parent === 'object' ? parent : { current: parent };
  const named = { number, userId: userId.current, parentUserId: parents.current };
  // `contacts` may name only the old id, which is not the person's any more.
  const to = readPerson(named) === null ? null : readShownPerson(named, beside).person;
  if (to === null) return null;
  const old = readPerson({ userId: userId.previous, parentUserId: parents.previous });
  if (old === null && !hasUserId(to)) return null;
  return { reason: 'user-id-changed', from: without(old, to), to, timestampMs: toEpochMs(timestamp) };
}

const hasUserId = ({ businessScopedUserId, parentUserId }: PersonIdentity): boolean =>
  businessScopedUserId !== undefined || parentUserId !== undefined;
