import { type Actor, route } from '../../../http/route.ts';
import { idParams } from '../../../platform/fields.ts';
import { callerOf } from '../caller.ts';
import { ConfirmEmailBody, EmailChangeProgressView, RequestEmailChangeBody } from '../schemas.ts';
import type { EmailChangeUseCases } from './use-cases.ts';

interface EmailChangeRouteDeps {
  readonly emailChanges: EmailChangeUseCases;
}

const tag = 'Auth';
const everyUser = ['admin', 'agent', 'operator'] as const;

export const emailChangeRoutes = (deps: EmailChangeRouteDeps) => [
  ...requestRoutes(deps),
  ...linkRoutes(deps),
];

const ownOf = ({ userId }: Actor) => userId;

const requestRoutes = ({ emailChanges }: EmailChangeRouteDeps) => [
  route({
    method: 'post',
    path: '/api/auth/email-change',
    operationId: 'requestEmailChange',
    summary: 'Request a change of your e-mail address',
    description:
      'Sends a mail with a link to the old address and one to the new address. The address changes once both links ' +
      'are used within 24 hours; then all your sessions end. The answer is the same whether or not an account ' +
      'has the new address. A newer request replaces an older one, and a new password ends it. `emailChange` of ' +
      '`GET /api/auth/me` shows it.',
    tag,
    access: everyUser,
    body: RequestEmailChangeBody,
    replies: { 202: null },
    problems: ['email-not-confirmed', 'wrong-state', 'too-many-requests', 'overloaded'],
    async handle({ actor, body, request }) {
      await emailChanges.request(actor, ownOf(actor), body, callerOf(request));
      return { status: 202 };
    },
  }),
  route({
    method: 'delete',
    path: '/api/auth/email-change',
    operationId: 'cancelEmailChange',
    summary: 'Cancel the change of your e-mail address',
    description: 'Its links stop working. Without a change nothing happens.',
    tag,
    access: everyUser,
    replies: { 204: null },
    async handle({ actor }) {
      await emailChanges.cancel(actor);
      return { status: 204 };
    },
  }),
  route({
    method: 'post',
    path: '/api/users/:id/email-change',
    operationId: 'requestUserEmailChange',
    summary: "Request a change of a user's e-mail address",
    description:
      'With your own password, for a user who no longer reads the old mailbox. Only the link in the ' +
      'mail to the new address has to be used; the mail to the old address can stop the change. Not for your own ' +
      'address, and not for platform staff.',
    tag: 'Users',
    access: ['admin'],
    params: idParams,
    body: RequestEmailChangeBody,
    replies: { 202: null },
    problems: ['email-not-confirmed', 'wrong-state', 'too-many-requests', 'overloaded'],
    async handle({ actor, params, body, request }) {
      await emailChanges.requestForOther(actor, params.id, body, callerOf(request));
      return { status: 202 };
    },
  }),
];

const linkRoutes = ({ emailChanges }: EmailChangeRouteDeps) => [
  route({
    method: 'post',
    path: '/api/auth/confirm-email-change',
    operationId: 'confirmEmailChange',
    summary: 'Confirm a change of the e-mail address with the token from a mail',
    description:
      'Works signed in or out, and signs nobody in. The link opens `/confirm-email-change#token=…` of the frontend ' +
      '(APP_URL) and works once, within 24 hours of the request. `email-taken`: another account got the address ' +
      'meanwhile.',
    tag,
    access: 'public',
    body: ConfirmEmailBody,
    replies: { 200: EmailChangeProgressView },
    problems: ['invalid-link', 'email-taken', 'too-many-requests'],
    async handle({ body, request }) {
      const state = await emailChanges.confirm(body.token, callerOf(request));
      return { status: 200, body: { state } };
    },
  }),
  route({
    method: 'post',
    path: '/api/auth/reject-email-change',
    operationId: 'rejectEmailChange',
    summary: 'Reject a change of the e-mail address with the token from a mail',
    description:
      'Works signed in or out, until the address has changed. The link is in the mail to the old address and opens ' +
      '`/reject-email-change#token=…` of the frontend (APP_URL). All links of the change stop working.',
    tag,
    access: 'public',
    body: ConfirmEmailBody,
    replies: { 204: null },
    problems: ['invalid-link', 'too-many-requests'],
    async handle({ body, request }) {
      await emailChanges.reject(body.token, callerOf(request));
      return { status: 204 };
    },
  }),
];
