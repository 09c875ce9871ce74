import type { ChannelView } from './schemas.ts';
import type { ChannelDoc } from './service.ts';

export const toChannelView = (channel: ChannelDoc): ChannelView => ({
  id: channel._id.toHexString(),
  displayNumber: channel.displayNumber,
  phoneNumberId: channel.phoneNumberId,
  wabaId: channel.wabaId,
  hasAppSecret: channel.appSecret !== undefined,
  sendsPerSecond: channel.sendsPerSecond,
  state: channel.state,
  stateReason: channel.stateReason ?? null,
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
