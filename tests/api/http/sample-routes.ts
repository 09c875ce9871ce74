import { z } from 'zod';
import { route } from '../../../src/http/route.ts';
import { AppError } from '../../../src/platform/errors.ts';

const Thing = z.object({ id: z.string(), name: z.string() }).meta({ id: 'Thing' });
const shared = { tag: 'Test', summary: 'For tests' } as const;

/** Sample routes that behave like real ones, and some that break the rules. */
export const sampleRoutes = [
  route({
    ...shared,
    method: 'get',
    path: '/api/things/:id',
    operationId: 'getThingsId',
    access: 'public',
    params: z.strictObject({ id: z.string() }),
    replies: { 200: Thing },
    handle: async ({ params }) => ({
      status: 200,
      body: { id: params.id, name: 'thing', passwordHash: 'canary' },
    }),
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/things/special',
    operationId: 'getThingsSpecial',
    access: 'public',
    replies: { 200: Thing },
    handle: async () => ({ status: 200, body: { id: 'special', name: 'before :id' } }),
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/things',
    operationId: 'postThings',
    access: 'public',
    body: z.strictObject({ name: z.string(), deep: z.unknown().optional() }),
    idempotent: 'by-object',
    replies: { 201: Thing },
    problems: ['email-taken'],
    handle: async ({ body }) => ({
      status: 201,
      body: { id: '1', name: body.name },
      headers: { Location: '/api/things/1' },
      cookies: [{ name: 'crumb', value: 'c', path: '/' }],
    }),
  }),
  route({
    ...shared,
    method: 'delete',
    path: '/api/things/:id',
    operationId: 'deleteThingsId',
    access: ['admin'],
    params: z.strictObject({ id: z.string() }),
    replies: { 204: null },
    handle: async () => ({ status: 204 }),
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/cookie',
    operationId: 'postCookie',
    access: 'public',
    usesCookie: true,
    replies: { 204: null },
    handle: async () => ({ status: 204, cookies: [{ name: 'crumb', value: null, path: '/' }] }),
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/broken/:how',
    operationId: 'getBrokenHow',
    access: 'public',
    params: z.strictObject({ how: z.string() }),
    replies: { 200: Thing },
    handle: async ({ params }) => broken(params.how),
  }),
];

function broken(how: string) {
  if (how === 'misfit') return { status: 200 as const, body: { id: 5, secret: 'canary' } };
  if (how === 'undeclared') return { status: 418 as unknown as 200, body: { secret: 'canary' } };
  if (how === 'known') throw new AppError('email-taken', 'It is taken.');
  if (how === 'away') throw Object.assign(new Error('canary host'), { name: 'MongoNetworkError' });
  throw new Error('canary', { cause: new Error('deeper canary') });
}
