import { route } from '../../../http/route.ts';
import { callerOf } from '../caller.ts';
import type { RecoveryUseCases } from './use-cases.ts';
import { ChangePasswordBody, ForgotPasswordBody, ResetPasswordBody } from '../schemas.ts';

const tag = 'Auth';

export const recoveryRoutes = ({ recovery }: { recovery: RecoveryUseCases }) => [
  route({
    method: 'post',
    path: '/api/auth/forgot-password',
    operationId: 'requestPasswordReset',
    summary: 'Request a mail with a password reset link',
    description:
      'The answer is the same whether or not an account has this address. The link opens ' +
      '`/reset-password#token=…` of the frontend (APP_URL), works once and expires after 30 minutes.',
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
    operationId: 'resetPassword',
    summary: 'Set a password with the token from a mail',
    description:
      'For a forgotten password (30 minutes) and for an invitation (7 days). The token works once. All ' +
      'sessions of the user end; log in afterwards.',
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
    operationId: 'changePassword',
    summary: 'Change your password',
    description: 'Ends all other sessions of the user within a second; the current one continues.',
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
