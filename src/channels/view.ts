import type { ChannelView } from './schemas.ts';
import type { ChannelDoc } from './service.ts';

export const toChannelView = (channel: ChannelDoc): ChannelView => ({
  id: channel._id.toHexString(),
  displayNumber: channel.displayNumber,
  phoneNumberId: channel.phoneNumberId,
  wabaId: channel.wabaId,
  sendsPerSecond: channel.sendsPerSecond,
  state: channel.state,
  stateReason: channel.stateReason ?? null,
  createdAt: channel.createdAt.toISOString(),
});
