import type { Types } from 'mongoose';
import { sha256Hex } from '../platform/ids.ts';

/** The channel whose own address got a body, and its business. */
export interface Addressee {
  readonly channelId: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  /** Whether the channel has proved its number. */
  readonly isVerified: boolean;
}

/** A source with due events. */
export interface DueSource {
  /** Null for events of older versions. */
  readonly source: string | null;
  readonly dueAt: Date;
  /** Of the body that is longest due; null if an older version stored it. */
  readonly bytes: number | null;
}

const verifiedPrefix = 'client:';
const unverifiedPrefix = 'unverified:';

/**
 * Where an event comes from. Events of one source are processed in their order, and sources take turns, so that the flood
 * of one business does not delay another. All secret addresses of a business are one source, whatever their bodies name:
 * anyone who knows an address can post there. Those of its unverified channels are a source of their own.
 */
export function sourceOf(
  body: string,
  addressee: Pick<Addressee, 'clientId' | 'isVerified'> | undefined,
): string {
  if (addressee === undefined) return numberIn(body) ?? accountIn(body) ?? unnamed;
  return sourceOfClient(addressee);
}

const sourceOfClient = ({ clientId, isVerified }: Pick<Addressee, 'clientId' | 'isVerified'>): string =>
  `${isVerified ? verifiedPrefix : unverifiedPrefix}${clientId.toHexString()}`;

const sourceOfNumber = (phoneNumberId: string): string => `number:${phoneNumberId}`;
const sourceOfAccount = (wabaId: string): string => `account:${wabaId}`;

/** What events must come from, or name, to concern a business. */
export interface OwnEvents {
  readonly sources: readonly string[];
  /** Of bodies that name several numbers. */
  readonly numbers: readonly string[];
}

/** The events of a business: those of its own addresses, and those of the numbers and accounts that it has proved. */
export function ownEventsOf(
  clientId: Types.ObjectId,
  proved: readonly { readonly phoneNumberId: string; readonly wabaId: string }[],
): OwnEvents {
  const small = new Set([
    ...[true, false].map((isVerified) => sourceOfClient({ clientId, isVerified })),
    ...proved.map(({ phoneNumberId: id }) => sourceOfNumber(id)),
    ...proved.map(({ wabaId }) => sourceOfAccount(wabaId)),
  ]);
  return {
    sources: [...small].flatMap((source) => [source, largeSourceOf(source)]),
    numbers: proved.map(({ phoneNumberId: id }) => id),
  };
}

/** Whether nothing has proved that the source is a business: anyone may sign up and make such sources. */
export const isUnverifiedSource = (source: string | null): boolean =>
  source?.startsWith(unverifiedPrefix) === true;

const largePrefix = 'large:';

/** The large bodies of a source are a source of their own, so that its small ones need not wait for them. */
export const largeSourceOf = (source: string | null): string => `${largePrefix}${source ?? unnamed}`;

export const isLargeSource = (source: string | null): boolean => source?.startsWith(largePrefix) === true;

/** Matches the sources of large bodies; `;` follows `:`. */
export const largeSources = { $gte: largePrefix, $lt: 'large;' };

/** Whose log lines and unknown names are bounded together: strangers can make any number of sources. */
export function originOf(source: string | null): string {
  const origin = source?.startsWith(largePrefix) === true ? source.slice(largePrefix.length) : source;
  return isUnverifiedSource(origin) ? unverifiedOrigin : (origin ?? unnamed);
}

const unverifiedOrigin = 'unverified';

/** Whether the bodies came to the address of a channel, where whoever knows it writes what they like. */
export const isAddressOrigin = (origin: string): boolean =>
  origin === unverifiedOrigin || origin.startsWith(verifiedPrefix);

/** Bodies that name neither a number nor an account. */
const unnamed = 'unnamed';

const severalPrefix = 'numbers:';

/** Match the sources of bodies that name several numbers. */
export const sourcesOfSeveral = { $gte: severalPrefix, $lt: 'numbers;' };
export const largeSourcesOfSeveral = { $gte: `${largePrefix}${severalPrefix}`, $lt: 'large:numbers;' };

/** Bodies of Meta with events of the same numbers: they wait for the flood of no other number. */
const sourceOfNumbers = (numbers: ReadonlySet<string>): string =>
  `${severalPrefix}${sha256Hex([...numbers].toSorted().join()).slice(0, 32)}`;

/** Meta names the account in the first line of the body. */
const searchedLength = 16_384;

const phoneNumberId = /"phone_number_id"\s{0,9}:\s{0,9}"([^"\\]{1,64})"/g;
const accountId = /"entry"\s{0,9}:\s{0,9}\[\s{0,9}\{\s{0,9}"id"\s{0,9}:\s{0,9}"([^"\\]{1,64})"/;

/** Meta bundles at most 1,000 events. */
const maxNumbers = 1_000;

/** The ids of the business numbers that a body names. */
export function numbersIn(body: string): ReadonlySet<string> {
  const numbers = new Set<string>();
  for (const [, id = ''] of body.matchAll(phoneNumberId)) {
    if (numbers.size < maxNumbers) numbers.add(id);
  }
  return numbers;
}

function numberIn(body: string): string | null {
  const numbers = numbersIn(body);
  const [first] = numbers;
  if (first === undefined) return null;
  return numbers.size === 1 ? sourceOfNumber(first) : sourceOfNumbers(numbers);
}

function accountIn(body: string): string | null {
  const id = accountId.exec(body.slice(0, searchedLength))?.[1];
  return id === undefined ? null : sourceOfAccount(id);
}
