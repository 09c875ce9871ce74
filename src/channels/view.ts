import type { ChannelView } from './schemas.ts';
import type { ChannelDoc } from './directory.ts';

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

export const toChannelView = (channel: ChannelDoc): ChannelView => ({
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
  throughput: channel.throughput ?? null,
  messagingLimit: channel.messagingLimit ?? null,
  portfolioId: channel.portfolioId ?? null,
  verification:
    channel.verification === undefined
      ? null
      : {
          at: channel.verification.at.toISOString(),
          displayNumber: channel.verification.displayNumber,
          verifiedName: channel.verification.verifiedName ?? null,
          qualityRating: channel.verification.qualityRating ?? null,
        },
  createdAt: channel.createdAt.toISOString(),
});
