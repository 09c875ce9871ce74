import { route } from '../../../http/route.ts';
import { callerOf } from '../caller.ts';
import type { RecoveryService } from './service.ts';
import { ChangePasswordBody, ForgotPasswordBody, ResetPasswordBody } from '../schemas.ts';

const tag = 'Auth';

export const recoveryRoutes = ({ recovery }: { recovery: RecoveryService }) => [
  route({
    method: 'post',
    path: '/api/auth/forgot-password',
    summary: 'Ask for a mail with a link that sets a new password',
    description:
      'The answer is the same whether or not there is an account with this address. The link in the mail opens ' +
      '`/reset-password#token=…` of the frontend (APP_URL) and is good for 30 minutes and once.',
    tag,
    access: 'public',
    body: ForgotPasswordBody,
    replies: { 202: null },
    problems: ['too-many-requests'],
    async handle({ body, request }) {
      await recovery.forgot(body.email, callerOf(request));
      return { status: 202 };
    },
  }),
  route({
    method: 'post',
    path: '/api/auth/reset-password',
    summary: 'Set the password with the link from a mail',
    description:
      'For a forgotten password (30 minutes) and for an invitation (7 days). The link is good once. All sessions of ' +
      'the user end; log in afterwards.',
    tag,
    access: 'public',
    body: ResetPasswordBody,
    replies: { 204: null },
    problems: ['invalid-link', 'too-many-requests', 'overloaded'],
    async handle({ body, request }) {
      await recovery.reset(body, callerOf(request));
      return { status: 204 };
    },
  }),
  route({
    method: 'post',
    path: '/api/auth/change-password',
    summary: 'Change the own password',
    description: 'All other sessions of the user end within a second; this one goes on.',
    tag,
    access: ['admin', 'agent', 'operator'],
    body: ChangePasswordBody,
    replies: { 204: null },
    problems: ['too-many-requests', 'overloaded'],
    async handle({ actor, body, request }) {
      await recovery.change(actor, body, callerOf(request));
      return { status: 204 };
    },
  }),
];
