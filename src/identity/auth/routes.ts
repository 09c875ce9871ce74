import { route, type SetCookie } from '../../http/route.ts';
import { callerOf } from './caller.ts';
import { LoginBody, MeView, SignedInView, SignupBody } from './schemas.ts';
import type { AuthService } from './service.ts';
import type { RefreshCookie } from '../sessions/service.ts';
import { toSignedInView } from './view.ts';
import { toClientView } from '../clients/view.ts';
import { toUserView } from '../users/view.ts';

const cookieName = 'refreshToken';
/** The cookie goes to these routes only. */
const cookiePath = '/api/auth';

const setCookie = ({ value, maxAgeMs }: RefreshCookie): SetCookie => ({
  name: cookieName,
  value,
  path: cookiePath,
  maxAgeMs,
});

const clearedCookie: SetCookie = { name: cookieName, value: null, path: cookiePath };

interface AuthRouteOptions {
  readonly auth: AuthService;
}

export const authRoutes = (options: AuthRouteOptions) => [
  ...signInRoutes(options),
  ...sessionRoutes(options),
];

const signInRoutes = ({ auth }: AuthRouteOptions) => [
  route({
    method: 'post',
    path: '/api/auth/signup',
    summary: 'Sign up a business with its first admin',
    description: 'Sets the refresh cookie. In sandbox mode the business gets a channel and templates to try.',
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
    summary: 'Get a new access token for the refresh cookie',
    description:
      'Each cookie is good once: the answer sets the next one. The last one may come back within 10 s, for an answer that was lost; any other reuse ends the session.',
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
    summary: 'Log out',
    description: 'Ends the session everywhere within a second. Without a session it does nothing.',
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
    summary: 'Who is signed in',
    tag: 'Auth',
    access: ['admin', 'agent', 'operator'],
    replies: { 200: MeView },
    async handle({ actor }) {
      const { user, client } = await auth.me(actor);
      return { status: 200, body: { user: toUserView(user), client: toClientView(client) } };
    },
  }),
];
