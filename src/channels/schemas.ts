import { z } from 'zod';
import { pageOf, pageQuery } from '../platform/pagination.ts';
import { channelStates } from './model.ts';

export const ListChannelsQuery = z.strictObject({ ...pageQuery });

/** Credentials are written and never read back. */
export const ChannelView = z.object({
  id: z.string(),
  displayNumber: z.string().meta({ examples: ['+15550001000'] }),
  phoneNumberId: z.string(),
  wabaId: z.string(),
  sendsPerSecond: z.number(),
  state: z.enum(channelStates),
  stateReason: z.string().nullable(),
  createdAt: z.iso.datetime(),
});
export type ChannelView = z.input<typeof ChannelView>;

export const ChannelPage = pageOf(ChannelView);
