import { defineProblems } from '../platform/errors.ts';

export const sendingProblems = defineProblems({
  'already-left': {
    status: 409,
    title: 'Message already sent',
    retry: false,
    advice: 'A message can be canceled only before it is handed to the provider.',
  },
  'already-retried': {
    status: 409,
    title: 'Message already retried',
    retry: false,
    advice: '`detail` names the message that was made in its place; retry that one if it failed too.',
  },
  'may-duplicate': {
    status: 409,
    title: 'May send a duplicate',
    retry: false,
    advice: 'Wait for its receipt, or send `mayDuplicate: true` if getting it twice does no harm.',
  },
  'window-closed': {
    status: 409,
    title: 'Customer service window is closed',
    retry: false,
    advice:
      'Free-form messages are allowed for 24 hours after the contact’s last message. Send one of the `templates` that the answer names, and go on when the contact has answered.',
  },
});

type SendingProblems = typeof sendingProblems;

declare module '../platform/errors.ts' {
  interface ProblemCodes extends SendingProblems {}

  /** Of `window-closed`: the templates that could be sent instead. */
  interface ProblemExtensions {
    readonly templates?: readonly { readonly name: string; readonly language: string }[];
  }
}
