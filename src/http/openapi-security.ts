import type { JsonSchema } from './openapi-normalise.ts';
import type { AnyRoute } from './route.ts';

/** How callers prove who they are. */
export const securitySchemes = {
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `accessToken` that sign-up, log-in and refresh return',
  },
  ticket: {
    type: 'apiKey',
    in: 'query',
    name: 'ticket',
    description: 'From `POST /api/events/ticket`: opens one stream, within 30 seconds',
  },
  refreshCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'refreshToken',
    description: 'Set by sign-up, log-in and refresh; sent to `/api/auth` only',
  },
} as const;

export const securityOf = (entry: AnyRoute): readonly JsonSchema[] => {
  if (entry.access !== 'public')
    return [{ accessToken: [] }, ...(entry.acceptsTicket === true ? [{ ticket: [] }] : [])];
  return entry.usesCookie === true ? [{ refreshCookie: [] }] : [];
};
