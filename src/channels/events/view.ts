import type { ChannelEventView, ChannelNotice } from './schemas.ts';
import type { ChannelEventDoc } from './service.ts';

export const toNotice = (event: ChannelEventDoc): ChannelNotice => ({
  id: event._id.toHexString(),
  field: event.field,
  word: event.word ?? null,
  severity: event.severity,
  effectiveAt: event.effectiveAt?.toISOString() ?? null,
  at: event.at.toISOString(),
});

export const toChannelEventView = (event: ChannelEventDoc): ChannelEventView => ({
  ...toNotice(event),
  details: event.details.map(({ name, value }) => ({ name, value })),
  createdAt: event.receivedAt.toISOString(),
});
