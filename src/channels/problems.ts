import { defineProblems } from '../platform/errors.ts';

export const channelProblems = defineProblems({
  'channel-disconnected': {
    status: 409,
    title: 'Channel disconnected',
    retry: false,
    advice: 'Reconnect the channel; its `stateReason` says why it is disconnected.',
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
