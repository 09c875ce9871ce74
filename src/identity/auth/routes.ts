import { route, type SetCookie } from '../../http/route.ts';
import { callerOf } from './caller.ts';
import { LoginBody, MeView, SignedInView, SignupBody } from './schemas.ts';
import type { AuthUseCases } from './use-cases.ts';
import type { RefreshCookie } from '../sessions/sessions.ts';
import { toSignedInView } from './view.ts';
import { toClientView } from '../clients/view.ts';
import { toUserView } from '../users/view.ts';

const cookieName = 'refreshToken';
/** The browser sends the cookie only to these routes. */
const cookiePath = '/api/auth';

const setCookie = ({ value, maxAgeMs }: RefreshCookie): SetCookie => ({
  name: cookieName,
  value,
  path: cookiePath,
  maxAgeMs,
});

const clearedCookie: SetCookie = { name: cookieName, value: null, path: cookiePath };

interface AuthRouteOptions {
  readonly auth: AuthUseCases;
}

export const authRoutes = (options: AuthRouteOptions) => [
  ...signInRoutes(options),
  ...sessionRoutes(options),
];

const signInRoutes = ({ auth }: AuthRouteOptions) => [
  route({
    method: 'post',
    path: '/api/auth/signup',
    operationId: 'signUpBusiness',
    summary: 'Sign up a business and its first admin',
    description:
      'Sets the refresh cookie. In sandbox mode the business starts with a channel and sample templates. A mail ' +
      'with a link confirms the address; until then `emailConfirmedAt` is null, and the user cannot invite others ' +
      'or connect a real number.',
    tag: 'Auth',
    access: 'public',
    body: SignupBody,
    replies: { 201: SignedInView },
    problems: ['email-taken', 'too-many-requests', 'overloaded'],
    async handle({ body, request }) {
      const signedIn = await auth.signUp(body, callerOf(request));
      return {
        status: 201,
        body: toSignedInView(signedIn),
        headers: { Location: `/api/clients/${signedIn.client._id.toHexString()}` },
        cookies: [setCookie(signedIn.refreshCookie)],
      };
    },
  }),
  route({
    method: 'post',
    path: '/api/auth/login',
    operationId: 'logInUser',
    summary: 'Log in',
    description: 'Sets the refresh cookie.',
    tag: 'Auth',
    access: 'public',
    body: LoginBody,
    replies: { 200: SignedInView },
    problems: ['invalid-credentials', 'too-many-requests', 'overloaded'],
    async handle({ body, request }) {
      const signedIn = await auth.logIn(body, callerOf(request));
      return { status: 200, body: toSignedInView(signedIn), cookies: [setCookie(signedIn.refreshCookie)] };
    },
  }),
];

const sessionRoutes = ({ auth }: AuthRouteOptions) => [
  route({
    method: 'post',
    path: '/api/auth/refresh',
    operationId: 'refreshAccessToken',
    summary: 'Get a new access token with the refresh cookie',
    description:
      'Each cookie works once, and the answer sets the next one. The previous cookie still works for 10 s ' +
      'in case an answer was lost; any other reuse ends the session.',
    tag: 'Auth',
    access: 'public',
    usesCookie: true,
    replies: { 200: SignedInView },
    problems: ['unauthenticated', 'too-many-requests'],
    async handle({ request }) {
      const signedIn = await auth.refresh(request.cookie(cookieName), callerOf(request));
      return { status: 200, body: toSignedInView(signedIn), cookies: [setCookie(signedIn.refreshCookie)] };
    },
  }),
  route({
    method: 'post',
    path: '/api/auth/logout',
    operationId: 'logOutUser',
    summary: 'Log out',
    description: 'Ends the session everywhere within a second. Without a session nothing happens.',
    tag: 'Auth',
    access: 'public',
    usesCookie: true,
    replies: { 204: null },
    async handle({ request }) {
      await auth.logOut(request.cookie(cookieName));
      return { status: 204, cookies: [clearedCookie] };
    },
  }),
  route({
    method: 'get',
    path: '/api/auth/me',
    operationId: 'getCurrentUser',
    summary: 'Get the signed-in user and their client',
    description: 'The answer is the same as at log-in, without the token.',
    tag: 'Auth',
    access: ['admin', 'agent', 'operator'],
    replies: { 200: MeView },
    async handle({ actor }) {
      const { user, client } = await auth.me(actor);
      return { status: 200, body: { user: toUserView(user), client: toClientView(client) } };
    },
  }),
];
