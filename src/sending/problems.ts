import { z } from 'zod';
import { defineProblems } from '../platform/errors.ts';

const ProblemTemplate = z.object({ name: z.string(), language: z.string() }).meta({ id: 'ProblemTemplate' });

export const sendingProblems = defineProblems({
  'already-left': {
    status: 409,
    title: 'Message already sent',
    retry: false,
    advice: 'A message can be canceled only before it is handed to the provider.',
    extensions: { state: z.string().meta({ description: 'the present state of the message' }) },
  },
  'already-retried': {
    status: 409,
    title: 'Message already retried',
    retry: false,
    advice: 'Follow the message `retriedBy`, which replaces it; retry that one if it failed too.',
    extensions: { retriedBy: z.string().meta({ description: 'the message that replaces it' }) },
  },
  'contact-unreachable': {
    status: 409,
    title: 'Contact has no address',
    retry: false,
    advice: 'Add a phone number to the contact, then try again.',
  },
  'may-duplicate': {
    status: 409,
    title: 'May send a duplicate',
    retry: false,
    advice: 'Wait for a receipt, or send `mayDuplicate: true` if a duplicate does no harm.',
  },
  'newer-message': {
    status: 409,
    title: 'A newer message exists',
    retry: false,
    advice:
      'Show the message `newerMessageId` to whoever answers, then send again with it as `lastSeenMessageId`, or without the field.',
    extensions: {
      newerMessageId: z.string().meta({ description: 'the latest message that was not seen' }),
    },
  },
  'window-closed': {
    status: 409,
    title: 'Customer service window is closed',
    retry: false,
    advice:
      'Free-form messages are allowed for 24 hours after the contact’s last message, less a minute: until `windowExpiresAt` of the conversation. Send one of the `templates` in the response, and continue once the contact answers.',
    extensions: {
      templates: z
        .array(ProblemTemplate)
        .meta({ description: 'up to 20 approved templates of the channel to send instead' }),
    },
  },
});

type SendingProblems = typeof sendingProblems;

declare module '../platform/errors.ts' {
  interface ProblemCodes extends SendingProblems {}

  interface ProblemExtensions {
    readonly newerMessageId?: string;
    readonly retriedBy?: string;
    readonly templates?: readonly z.output<typeof ProblemTemplate>[];
  }
}
