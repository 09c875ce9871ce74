import { toNotice } from './events/view.ts';
import type { ChannelEventDoc } from './events/service.ts';
import type { ChannelView } from './schemas.ts';
import type { ChannelDoc } from './directory.ts';
import { contradictedNumber } from './numbers/display.ts';
import { isVerified, ownershipDetailOf, ownershipEndsAt } from './ownership/rules.ts';

const toPauseView = ({ since, until, nextCheckAt, ...why }: NonNullable<ChannelDoc['pause']>) => ({
  class: why.class,
  code: why.code,
  since: since.toISOString(),
  until: until?.toISOString() ?? null,
  nextCheckAt: nextCheckAt.toISOString(),
  relapses: why.relapses ?? 0,
});

const toRestrictionView = ({ code, since, until }: NonNullable<ChannelDoc['restriction']>) => ({
  code,
  since: since.toISOString(),
  until: until?.toISOString() ?? null,
});

function toOwnershipView(channel: ChannelDoc): ChannelView['ownership'] {
  const { ownership } = channel;
  const isOwner = isVerified(channel);
  return {
    state: isOwner ? 'verified' : 'unverified',
    reason: isOwner ? null : (ownership?.gap ?? 'not-checked'),
    detail: ownershipDetailOf(channel),
    checkedAt: ownership?.checkedAt?.toISOString() ?? null,
    endsAt: (ownership === undefined ? null : ownershipEndsAt(ownership))?.toISOString() ?? null,
  };
}

function toMismatchView(channel: ChannelDoc): ChannelView['numberMismatch'] {
  const reported = contradictedNumber(channel);
  if (reported === null) return null;
  const detail = `The provider says that ${channel.phoneNumberId} is ${reported}, not ${channel.displayNumber}. Correct displayNumber, or connect the right number.`;
  return { reported, detail };
}

/** What the provider has reported about the number; nothing while the channel has not proved that it is its own. */
const toReportedView = (channel: ChannelDoc) => {
  const { throughput, messagingLimit, portfolioId, verification } = isVerified(channel) ? channel : noReport;
  return {
    throughput: throughput ?? null,
    messagingLimit: messagingLimit ?? null,
    portfolioId: portfolioId ?? null,
    verification:
      verification === undefined
        ? null
        : {
            at: verification.at.toISOString(),
            displayNumber: verification.displayNumber,
            verifiedName: verification.verifiedName ?? null,
            qualityRating: verification.qualityRating ?? null,
          },
  };
};

const noReport: Pick<ChannelDoc, 'throughput' | 'messagingLimit' | 'portfolioId' | 'verification'> = {};

/** `notices` are the latest important events of the channel. */
export const toChannelView = (channel: ChannelDoc, notices: readonly ChannelEventDoc[]): ChannelView => ({
  id: channel._id.toHexString(),
  displayNumber: channel.displayNumber,
  phoneNumberId: channel.phoneNumberId,
  wabaId: channel.wabaId,
  hasAppSecret: channel.appSecret !== undefined,
  sendsPerSecond: channel.sendsPerSecond,
  state: channel.state,
  stateReason: channel.stateReason ?? null,
  pause: channel.pause === undefined ? null : toPauseView(channel.pause),
  restriction: channel.restriction === undefined ? null : toRestrictionView(channel.restriction),
  ...toReportedView(channel),
  numberMismatch: isVerified(channel) ? toMismatchView(channel) : null,
  ownership: toOwnershipView(channel),
  notices: notices.map(toNotice),
  createdAt: channel.createdAt.toISOString(),
});
