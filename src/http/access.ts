import { AppError } from '../platform/errors.ts';
import type { Authenticate, RedeemTicket } from './authenticate.ts';
import type { IsOwnOrigin } from './own-origins.ts';
import type { Access, Actor, AnyRoute, RequestInfo } from './route.ts';

/** Whether the route's `access` lets this actor in. */
export const mayCall = (access: Access, actor: Actor): boolean =>
  access === 'public' ||
  access.some((allowed) => (allowed === 'operator' ? actor.isOperator : allowed === actor.role));

/** What would outlast the access of an operator, or hide it: accounts, and the accesses themselves. They are no agents. */
const closedToOperators = /^\/api\/(?:auth|users|operator-accesses|me)(?:\/|$)/;

const isClosedToOperators = ({ path, method }: AnyRoute): boolean =>
  closedToOperators.test(path) || (path.startsWith('/api/clients') && method !== 'get');

export interface Doors {
  readonly authenticate: Authenticate;
  readonly redeemTicket?: RedeemTicket;
}

/** The actor of a request, undefined on public routes; throws 401 and 403. */
export async function admit(
  route: AnyRoute,
  { request, querystring }: { readonly request: RequestInfo; readonly querystring: string },
  { authenticate, redeemTicket }: Doors,
): Promise<Actor | undefined> {
  if (route.access === 'public') return undefined;
  const authorization = request.header('authorization');
  const ticket =
    route.acceptsTicket === true && authorization === undefined
      ? new URLSearchParams(querystring).get('ticket')
      : null;
  const actor =
    ticket === null || redeemTicket === undefined
      ? await authenticate(authorization)
      : await redeemTicket(ticket);
  if (actor.operatorAccessId !== undefined && isClosedToOperators(route))
    throw new AppError('forbidden', 'An operator who acts in a business cannot call this operation.');
  if (!mayCall(route.access, actor))
    throw new AppError('forbidden', `This operation requires the role ${route.access.join(' or ')}.`);
  return actor;
}

/**
 * Protects cookie routes against cross-site requests: only our own pages and configured frontends may call them.
 * Callers that are not browsers send neither header, and hold no cookie of another user.
 */
export function assertOwnOrigin(request: RequestInfo, isOwnOrigin: IsOwnOrigin): void {
  const site = request.header('sec-fetch-site');
  const origin = request.header('origin');
  if (site === 'same-origin' || site === 'none') return;
  if (origin === undefined && site === undefined) return;
  if (origin !== undefined && isOwnOrigin(origin, request.header('host'))) return;
  throw new AppError('origin-not-allowed', 'The request comes from a page of an origin that is not allowed.');
}
