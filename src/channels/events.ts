import { z } from 'zod';
import { defineEvents } from '../events/declare.ts';
import { ChannelState } from './schemas.ts';

const ChannelFacts = z
  .object({
    state: ChannelState,
    isVerified: z.boolean().meta({ description: 'Whether it has proved to own its number' }),
    isRestricted: z.boolean().meta({ description: 'Whether the provider accepts replies only' }),
  })
  .meta({ id: 'ChannelFacts', examples: [{ state: 'paused', isVerified: true, isRestricted: false }] });

const ofChannel = { entity: 'channel', audience: 'everyone', view: ChannelFacts } as const;

export const channelEvents = defineEvents({
  'channel.created': { summary: 'A channel was connected', ...ofChannel },
  'channel.updated': {
    summary: 'A channel was changed, by a user, the product or the provider',
    ...ofChannel,
  },
  'channel.deleted': { summary: 'A channel was deleted', ...ofChannel },
});

type ChannelEvents = typeof channelEvents;

declare module '../events/declare.ts' {
  interface EventTypes extends ChannelEvents {}
}
