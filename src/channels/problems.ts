import { defineProblems } from '../platform/errors.ts';

export const channelProblems = defineProblems({
  'channel-disconnected': {
    status: 409,
    title: 'Channel disconnected',
    retry: false,
    advice: 'Reconnect the channel; its `stateReason` says why it is disconnected.',
  },
  'channel-limit': {
    status: 409,
    title: 'Too many channels',
    retry: false,
    advice: 'Delete an unused channel, or ask the operator to raise CHANNELS_MAX_PER_CLIENT.',
  },
  'channel-unverified': {
    status: 409,
    title: 'Channel not verified',
    retry: false,
    advice: 'Verify the channel; its `ownership` says which proof is missing.',
  },
});

type ChannelProblems = typeof channelProblems;

declare module '../platform/errors.ts' {
  interface ProblemCodes extends ChannelProblems {}
}
