import type { AccountReport } from '../../whatsapp/account-reports.ts';
import { digitsOf } from '../../platform/phone.ts';

const dayMs = 24 * 60 * 60 * 1_000;

/** Notices of the last 30 days are shown on the channel, and those with a later effect until their day is over. */
export const noticeMs = 30 * dayMs;
export const maxNotices = 5;

/** The newest events are kept. Meta reports a few per week. */
export const maxEventsOfChannel = 1_000;

/** A provider's clock may be ahead by this much; a later time is not believed. */
const maxAheadMs = 60_000;

/** The time of an event: the provider's, unless it is missing or in the future. */
export const timeOfReport = ({ atMs }: Pick<AccountReport, 'atMs'>, now: Date): Date =>
  atMs === null || atMs > now.getTime() + maxAheadMs ? now : new Date(atMs);

interface Numbered {
  /** As a user has written it. */
  readonly displayNumber: string;
  /** As the provider has shown it to the channel's token. */
  readonly verification?: { readonly displayNumber: string };
}

/** What a user writes gives no part in the events of another number of the account. */
const ownDigits = ({ displayNumber, verification }: Numbered): string =>
  digitsOf(verification?.displayNumber ?? displayNumber);

/**
 * The channels of an account that a report concerns: the one whose number it names; all of them if it names none of
 * theirs.
 */
export function channelsConcerned<Channel extends Numbered>(
  { displayNumber }: Pick<AccountReport, 'displayNumber'>,
  ofAccount: readonly Channel[],
): readonly Channel[] {
  if (displayNumber === null) return ofAccount;
  const named = ofAccount.filter((channel) => ownDigits(channel) === displayNumber);
  return named.length > 0 ? named : ofAccount;
}
