import { route } from '../../../http/route.ts';
import { callerOf } from '../caller.ts';
import { ConfirmEmailBody, RequestConfirmationBody } from '../schemas.ts';
import type { ConfirmationUseCases } from './use-cases.ts';

const tag = 'Auth';

export const confirmationRoutes = ({ confirmation }: { confirmation: ConfirmationUseCases }) => [
  route({
    method: 'post',
    path: '/api/auth/confirm-email',
    operationId: 'confirmEmail',
    summary: 'Confirm an e-mail address with the token from a mail',
    description:
      'Works signed in or out, and signs nobody in. The link opens `/confirm-email#token=…` of the frontend ' +
      '(APP_URL), works once and expires after 24 hours. It confirms only the address that it was sent to.',
    tag,
    access: 'public',
    body: ConfirmEmailBody,
    replies: { 204: null },
    problems: ['invalid-link', 'too-many-requests'],
    async handle({ body, request }) {
      await confirmation.confirm(body.token, callerOf(request));
      return { status: 204 };
    },
  }),
  route({
    method: 'post',
    path: '/api/auth/request-confirmation',
    operationId: 'requestEmailConfirmation',
    summary: 'Request a mail with a link that confirms the address',
    description:
      'Sign-up sends the first one. The answer is the same whether or not an account has this address and ' +
      'whether or not it is confirmed; only an unconfirmed account gets a mail.',
    tag,
    access: 'public',
    body: RequestConfirmationBody,
    replies: { 202: null },
    problems: ['too-many-requests'],
    async handle({ body, request }) {
      await confirmation.request(body.email, callerOf(request));
      return { status: 202 };
    },
  }),
];
