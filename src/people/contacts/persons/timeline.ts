import {
  arrivedAt,
  formerKeysOf,
  identityKeysOf,
  numberKeysOf,
  usernameKeyOf,
  type Alias,
  type AliasReason,
  type AnyIdentity,
} from '../rules.ts';
import type { ContactIdentity, ContactRecord } from '../store/repository.ts';
import { numberAliases, withAliases } from './aliases.ts';
import { isPossiblePhone } from '../../../platform/phone.ts';

/** Identities that an event names together, at a time of the provider's clock. */
export interface Sighting {
  readonly identity: ContactIdentity;
  /** Undefined if no event named them, but a request: then it only fills in what is missing. */
  readonly at: Date | undefined;
  /** Of a receipt: when its message was sent. Another person may have got the number since then. */
  readonly since?: Date | undefined;
  /** When the person had left the number: it is a former one. */
  readonly leftAt?: Date | undefined;
}

/** WhatsApp says that a person has other identities since `at`. */
export interface IdentityMove {
  readonly reason: Extract<AliasReason, 'number-changed' | 'user-id-changed'>;
  readonly from: AnyIdentity | null;
  /** The new identities; without those that belong to another contact. */
  readonly to: ContactIdentity;
  readonly at: Date;
  /** When the person had left the new number too. */
  readonly leftAt?: Date | undefined;
}

type UserIdField = 'businessScopedUserId' | 'parentUserId';
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The record after a sighting; the same object if nothing is new. The latest time wins, so that late and repeated events
 * end in the same state: an older number or user id becomes an alias.
 */
export function sighted(record: ContactRecord, { identity, at, leftAt }: Sighting): ContactRecord {
  let next =
    leftAt === undefined ? sightedNumber(record, identity, at) : leftNumber(record, identity, { at, leftAt });
  for (const field of ['businessScopedUserId', 'parentUserId'] as const)
    next = sightedUserId(next, { field, value: identity[field] }, at);
  return finished(record, sightedUsername(next, identity.username, at));
}

/** The record after WhatsApp says that the person has moved; the same object if it says nothing new. */
export function moved(record: ContactRecord, move: IdentityMove): ContactRecord {
  const { leftAt } = move;
  if (leftAt !== undefined) {
    const { phoneNumber: _phone, whatsappId: _id, ...to } = move.to;
    const left = moved(record, { ...move, to, leftAt: undefined });
    const arrived = move.from === null ? {} : { arrived: move.at };
    return finished(record, leftNumber(left, move.to, { at: move.at, leftAt, ...arrived }));
  }
  let next =
    move.reason === 'number-changed' ? movedNumber(record, move) : sightedNumber(record, move.to, move.at);
  for (const field of ['businessScopedUserId', 'parentUserId'] as const)
    next = movedUserId(next, field, move);
  return finished(record, sightedUsername(next, move.to.username, move.at));
}

/** Adds an alias for a number that a user has replaced. */
export function corrected(record: ContactRecord, old: AnyIdentity, at: Date): ContactRecord {
  const own = new Set(numberKeysOf(record));
  const wasWrong = (alias: Alias) =>
    alias.reason === 'corrected' && numberKeysOf({ [alias.field]: alias.value }).some((key) => own.has(key));
  const { aliases = [], ...rest } = record;
  const kept = aliases.filter((alias) => !wasWrong(alias));
  const clean = kept.length === 0 ? rest : { ...rest, aliases: kept };
  return withAliases(clean, numberAliases(old, { at, until: at, reason: 'corrected' }));
}

/** With the keys that follow from the identities and the username. */
export function withKeys(record: ContactRecord): ContactRecord {
  const { formerKeys: _old, usernameKey: _shown, ...rest } = record;
  const formerKeys = formerKeysOf(record);
  return {
    ...rest,
    identityKeys: identityKeysOf(record),
    ...(formerKeys.length === 0 ? {} : { formerKeys }),
    ...(rest.username === undefined ? {} : { usernameKey: usernameKeyOf(rest.username) }),
  };
}

const finished = (before: ContactRecord, after: ContactRecord): ContactRecord =>
  after === before ? before : withKeys(after);

function sightedNumber(record: ContactRecord, identity: AnyIdentity, at: Date | undefined): ContactRecord {
  const keys = new Set(numberKeysOf(identity));
  if (keys.size === 0) return record;
  const own = numberKeysOf(record);
  if (own.some((key) => keys.has(key))) return filledNumber(record, identity, at);
  if (at === undefined) return own.length === 0 ? withNumber(record, identity, at) : record;
  if (wasFormerAt(record, keys, at)) return record;
  const since = latestOf(record.numberSince, record.numberSeenAt);
  const isNewer = isSince(since, at, own.length === 0);
  if (!isNewer) {
    const until = since ?? at;
    return withAliases(record, numberAliases(identity, { at, until, reason: 'seen-together' }));
  }
  const old = numberAliases(record, {
    at: record.numberSince ?? record.createdAt,
    until: at,
    reason: 'seen-together',
  });
  return withAliases(withNumber(record, identity, at), old);
}

/** A number that the person had, and that somebody else moved to afterwards. */
function leftNumber(
  record: ContactRecord,
  identity: AnyIdentity,
  left: { readonly at: Date | undefined; readonly leftAt: Date; readonly arrived?: Date },
): ContactRecord {
  const { at, leftAt: until, arrived } = left;
  const keys = new Set(numberKeysOf(identity));
  const isOwn = numberKeysOf(record).some((key) => keys.has(key));
  if (isOwn || (arrived === undefined && wasFormerAt(record, keys, at ?? until))) return record;
  const kept = { at: at ?? until, until, reason: 'seen-together' as const };
  return withAliases(record, numberAliases(identity, arrived === undefined ? kept : { ...kept, arrived }));
}

/** Whether evidence of `at` decides: it is later, or as late as the change that left nothing. */
const isSince = (since: Date | undefined, at: Date, isEmpty: boolean): boolean =>
  since === undefined || at > since || (isEmpty && at.getTime() === since.getTime());

const wasFormerAt = ({ aliases = [] }: ContactRecord, keys: ReadonlySet<string>, at: Date): boolean =>
  aliases.some(
    ({ field, value, until, reason }) =>
      reason !== 'corrected' &&
      until !== undefined &&
      until >= at &&
      numberKeysOf({ [field]: value }).some((key) => keys.has(key)),
  );

/** Fills in the spelling that is missing; replaces digits that the plan forbids by digits that it allows. */
function filledNumber(record: ContactRecord, identity: AnyIdentity, at: Date | undefined): ContactRecord {
  const { phoneNumber, whatsappId } = identity;
  const isRenumbered =
    record.whatsappId !== undefined &&
    whatsappId !== undefined &&
    !isPossiblePhone(`+${record.whatsappId}`) &&
    isPossiblePhone(`+${whatsappId}`);
  const filled = {
    ...(record.phoneNumber === undefined && phoneNumber !== undefined ? { phoneNumber } : {}),
    ...((record.whatsappId === undefined && whatsappId !== undefined) || isRenumbered ? { whatsappId } : {}),
  };
  if (Object.keys(filled).length === 0) return record;
  const isDated = record.numberSince === undefined && at !== undefined;
  return { ...record, ...filled, ...(isDated ? { numberSince: at } : {}) };
}

function withNumber(record: ContactRecord, identity: AnyIdentity, at: Date | undefined): ContactRecord {
  const { phoneNumber: _phone, whatsappId: _id, numberSince: _since, ...others } = record;
  const { numberSeenAt: _seen, numberSuspect: _mark, ...rest } = others;
  return {
    ...rest,
    ...(identity.phoneNumber === undefined ? {} : { phoneNumber: identity.phoneNumber }),
    ...(identity.whatsappId === undefined ? {} : { whatsappId: identity.whatsappId }),
    ...(at === undefined ? {} : { numberSince: at }),
  };
}

function sightedUserId(
  record: ContactRecord,
  { field, value }: { field: UserIdField; value: string | undefined },
  at: Date | undefined,
): ContactRecord {
  const own = record[field];
  if (value === undefined || value === own) return record;
  const known = record.aliases?.find((alias) => alias.field === field && alias.value === value);
  if (known !== undefined && (at === undefined || known.until === undefined || at <= known.until))
    return record;
  if (at === undefined) return own === undefined ? { ...record, [field]: value } : record;
  if (!isSince(record.userIdSince, at, own === undefined))
    return withAliases(record, [{ field, value, at, reason: 'seen-together' }]);
  const old: Alias[] =
    own === undefined
      ? []
      : [{ field, value: own, at: record.userIdSince ?? record.createdAt, reason: 'seen-together' }];
  return withAliases(withUserId(record, { field, value }, at), old);
}

function withUserId(
  record: ContactRecord,
  { field, value }: { field: UserIdField; value: string | undefined },
  at: Date,
): ContactRecord {
  const next: Mutable<ContactRecord> = { ...record };
  delete next[field];
  if (value !== undefined) next[field] = value;
  if (field === 'businessScopedUserId') next.userIdSince = at;
  // An id that is in use again is no alias.
  const aliases = record.aliases?.filter((alias) => alias.field !== field || alias.value !== value);
  if (aliases !== undefined) next.aliases = aliases;
  return next;
}

function sightedUsername(
  record: ContactRecord,
  username: string | undefined,
  at: Date | undefined,
): ContactRecord {
  if (username === undefined || username === record.username) return record;
  if (at === undefined) return record.username === undefined ? { ...record, username } : record;
  return isSince(record.usernameSince, at, false) ? { ...record, username, usernameSince: at } : record;
}

function movedNumber(record: ContactRecord, move: IdentityMove): ContactRecord {
  const { from, to, at, reason } = move;
  const own = numberKeysOf(record);
  const toKeys = new Set(numberKeysOf(to));
  const fromKeys = new Set(numberKeysOf(from ?? {}));
  const isThere = own.some((key) => toKeys.has(key));
  const isOwnOld = own.some((key) => fromKeys.has(key));
  const since = latestOf(record.numberSince, record.numberSeenAt);
  const isNewer = since === undefined || at > since;
  const follows = isOwnOld && record.numberSince?.getTime() === at.getTime();
  let next = isThere ? arrivedAlready(seenNumber(filledNumber(record, to, at), at), move) : record;
  const arrived = arrivedAt(record);
  const left = { at: record.numberSince ?? record.createdAt, until: at, reason };
  const kept = arrived === undefined ? left : { ...left, arrived };
  if (!isThere && (isNewer || follows || own.length === 0) && (isOwnOld || toKeys.size > 0)) {
    next = wasFormerAt(record, toKeys, at) && own.length === 0 ? record : withNumber(record, to, at);
    if (next !== record && own.length > 0) next = withAliases(next, numberAliases(record, kept));
  } else if (!isThere && toKeys.size > 0) {
    const passed = { at, until: since ?? at, reason };
    next = withAliases(next, numberAliases(to, from === null ? passed : { ...passed, arrived: at }));
  }
  const current = new Set(numberKeysOf(next));
  const isStill = [...fromKeys].some((key) => current.has(key));
  return isStill || from === null ? next : withAliases(next, numberAliases(from, { at, until: at, reason }));
}

/** The contact is known at the number from a later message: by this change, it has the number since then, not before. */
function arrivedAlready(record: ContactRecord, { from, at }: IdentityMove): ContactRecord {
  const { numberSince, numberSeenAt } = record;
  if (from === null || numberSince === undefined || at >= numberSince) return record;
  return { ...record, numberSince: at, numberSeenAt: latestOf(numberSeenAt, numberSince) ?? numberSince };
}

/** A move to the number that the contact has already: changes before it cannot take the number away. */
const seenNumber = (record: ContactRecord, at: Date): ContactRecord =>
  at > (latestOf(record.numberSince, record.numberSeenAt) ?? at) ? { ...record, numberSeenAt: at } : record;

const latestOf = (a: Date | undefined, b: Date | undefined): Date | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a;

function movedUserId(record: ContactRecord, field: UserIdField, move: IdentityMove): ContactRecord {
  const { from, to, at, reason } = move;
  const own = record[field];
  const value = to[field];
  const isNewer = isSince(record.userIdSince, at, own === undefined) || own === from?.[field];
  // A user id ends with the number that it was made for.
  const ends = value !== undefined || own === from?.[field] || reason === 'number-changed';
  let next = record;
  if (own !== value && isNewer && ends && (own !== undefined || value !== undefined)) {
    next = withUserId(record, { field, value }, at);
    const since = record.userIdSince ?? record.createdAt;
    if (own !== undefined) next = withAliases(next, [{ field, value: own, at: since, until: at, reason }]);
  } else if (own !== value && value !== undefined) {
    next = withAliases(record, [{ field, value, at, reason }]);
  } else if (reason === 'number-changed' && own === undefined && (record.userIdSince ?? 0) < at) {
    // Ids that late events still name were made for the old number.
    next = { ...record, userIdSince: at };
  }
  const old = from?.[field];
  return old === undefined || old === next[field]
    ? next
    : withAliases(next, [{ field, value: old, at, until: at, reason }]);
}
