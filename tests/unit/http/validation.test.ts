import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { type AnyRoute, route } from '../../../src/http/route.ts';
import { parseInput, type RawInput } from '../../../src/http/validation.ts';
import { AppError } from '../../../src/platform/errors.ts';
import { oneOrMoreOf } from '../../../src/platform/fields.ts';

const sample = route({
  method: 'post',
  path: '/things/:id',
  operationId: 'createThing',
  summary: 'A thing',
  tag: 'Test',
  access: 'public',
  params: z.strictObject({ id: z.string().regex(/^\d+$/) }),
  query: z.strictObject({ limit: z.string().optional() }),
  body: z.strictObject({
    name: z.string(),
    parts: z.array(z.strictObject({ size: z.number() })).optional(),
    target: z.union([z.strictObject({ to: z.string() }), z.strictObject({ id: z.number() })]).optional(),
  }),
  idempotent: 'by-object',
  replies: { 204: null },
  handle: async () => ({ status: 204 }),
});

const bare = route({
  method: 'post',
  path: '/bare',
  operationId: 'postBare',
  summary: 'Takes nothing',
  tag: 'Test',
  access: 'public',
  replies: { 204: null },
  handle: async () => ({ status: 204 }),
});

const raw = (overrides: Partial<RawInput> = {}): RawInput => ({
  params: { id: '1' },
  querystring: '',
  body: { name: 'x' },
  idempotencyKey: undefined,
  ...overrides,
});

function issuesOf(entry: AnyRoute, input: RawInput): { path: string; message: string }[] {
  try {
    parseInput(entry, input);
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'invalid-input');
    return [...error.errors];
  }
  return [];
}

const pathsOf = (entry: AnyRoute, input: RawInput): string[] =>
  issuesOf(entry, input).map(({ path }) => path);

describe('input', () => {
  it('valid input › parsed', () => {
    assert.deepEqual(parseInput(sample, raw({ querystring: 'limit=5', idempotencyKey: 'key-1' })), {
      params: { id: '1' },
      query: { limit: '5' },
      body: { name: 'x' },
      idempotencyKey: 'key-1',
    });
  });

  it('all three parts wrong › every issue of all of them, each with its path', () => {
    const input = raw({
      params: { id: 'x' },
      querystring: 'limits=5',
      body: { parts: [{ size: 1 }, { size: 'big' }], a: 1, b: 2 },
      idempotencyKey: 'two words',
    });
    assert.deepEqual(pathsOf(sample, input), [
      'params.id',
      'query.limits',
      'body.name',
      'body.parts.1.size',
      'body.a',
      'body.b',
      'header.idempotency-key',
    ]);
  });

  it('a query name given twice › is refused', () => {
    assert.deepEqual(pathsOf(sample, raw({ querystring: 'limit=1&limit=2' })), ['query.limit']);
  });

  it('a field of named values › an object; a name twice, without a name or twice named is refused', () => {
    const named: AnyRoute = {
      ...bare,
      query: z.strictObject({ tag: z.string().optional(), by: z.record(z.string(), z.string()).optional() }),
    };
    assert.deepEqual(
      parseInput(named, raw({ querystring: 'by[a]=1,2&tag=x&by%5Bb.c%5D=3', body: undefined })).query,
      {
        ...{ by: { a: '1,2', 'b.c': '3' }, tag: 'x' },
      },
    );
    for (const [querystring, path] of [
      ['by[a]=1&by[a]=2', 'query.by[a]'],
      ['by=1', 'query.by'],
      ['by[]=1', 'query.by[]'],
      ['by[a][b]=1', 'query.by[a][b]'],
      ['by[__proto__]=1', 'query.by[__proto__]'],
      ['tag[a]=1', 'query.tag[a]'],
    ] as const)
      assert.deepEqual(pathsOf(named, raw({ querystring, body: undefined })), [path], querystring);
  });

  it('a field of several values, repeated, separated by commas, or both › the same values', () => {
    const several: AnyRoute = {
      ...sample,
      query: z.strictObject({ status: oneOrMoreOf(z.enum(['open', 'pending', 'closed'])).optional() }),
    };
    for (const querystring of [
      'status=open,closed',
      'status=open&status=closed',
      'status=open&status=closed,open',
    ])
      assert.deepEqual(parseInput(several, raw({ querystring })).query, { status: ['open', 'closed'] });
    assert.deepEqual(pathsOf(several, raw({ querystring: 'status=open&status=&status=x' })), [
      'query.status',
    ]);
  });

  it('operators in the query › are unknown fields', () => {
    assert.deepEqual(pathsOf(sample, raw({ querystring: 'limit[$ne]=1&__proto__=2' })), [
      'query.limit[$ne]',
      'query.__proto__',
    ]);
  });

  it('a union › the issues of the closest alternative', () => {
    assert.deepEqual(pathsOf(sample, raw({ body: { name: 'x', target: { to: 5 } } })), ['body.target.to']);
  });

  it('a missing body › an issue with the path `body`', () => {
    assert.deepEqual(issuesOf(sample, raw({ body: undefined })), [
      { path: 'body', message: 'This is required.' },
    ]);
  });

  it('a route without schemas › takes no query and no body, an empty object is fine', () => {
    assert.deepEqual(pathsOf(bare, raw({ querystring: 'a=1', body: { b: 1 } })), ['query.a', 'body.b']);
    assert.deepEqual(pathsOf(bare, raw({ body: {} })), []);
    assert.deepEqual(pathsOf(bare, raw({ body: undefined })), []);
  });

  it('thousands of unknown fields › at most 200 issues, long names cut', () => {
    const body = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`field${index}`, 1]));
    assert.equal(issuesOf(sample, raw({ body })).length, 200);
    const [, issue] = issuesOf(sample, raw({ body: { ['n'.repeat(50_000)]: 1 } }));
    assert.ok((issue?.path.length ?? 0) < 200);
  });

  for (const [situation, key, isTaken] of [
    ['255 characters', 'k'.repeat(255), true],
    ['256 characters', 'k'.repeat(256), false],
    ['none', '', false],
    ['not ASCII', 'schlüssel', false],
    ['two headers joined', 'a, b', false],
  ] as const) {
    it(`an idempotency key of ${situation} › ${isTaken ? 'taken' : 'refused'}`, () => {
      assert.equal(pathsOf(sample, raw({ idempotencyKey: key })).length, isTaken ? 0 : 1);
    });
  }

  it('an idempotency key where none is read › is ignored', () => {
    assert.equal(
      parseInput(bare, raw({ body: undefined, idempotencyKey: 'two words' })).idempotencyKey,
      undefined,
    );
  });

  it('any body and query › parsed or refused as invalid input, never another error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (body, querystring) => {
        pathsOf(sample, raw({ body, querystring }));
      }),
      { numRuns: 500 },
    );
  });
});

describe('input › messages', () => {
  const wrong = route({
    ...{
      method: 'post',
      path: '/wrong',
      operationId: 'postWrong',
      summary: 'Wrong',
      tag: 'Test',
      access: 'public',
    },
    body: z.strictObject({
      text: z.string().min(1).max(3).optional(),
      count: z.int().min(2).max(5).optional(),
      items: z.array(z.string()).max(1).optional(),
      kind: z.enum(['a', 'b']).optional(),
      what: z
        .discriminatedUnion('type', [
          z.strictObject({ type: z.literal('x') }),
          z.strictObject({ type: z.literal('y') }),
        ])
        .optional(),
      at: z.iso.datetime({ offset: true }).optional(),
      mail: z.email().optional(),
    }),
    replies: { 204: null },
    handle: async () => ({ status: 204 as const }),
  });
  const cases: readonly [string, object, string][] = [
    ['another type', { text: 1 }, 'This must be text.'],
    ['a text that is too long', { text: 'long' }, 'This must have at most 3 characters.'],
    ['an empty text', { text: '' }, 'This must not be empty.'],
    ['a number that is too big', { count: 9 }, 'This must be at most 5.'],
    ['a number that is too small', { count: 1 }, 'This must be at least 2.'],
    ['a fraction', { count: 2.5 }, 'This must be a whole number.'],
    ['too many items', { items: ['a', 'b'] }, 'This must have at most 1 items.'],
    ['none of the words', { kind: 'c' }, 'This must be one of: a, b.'],
    ['an unknown kind', { what: { type: 'z' } }, 'This must be one of: x, y.'],
    ['no kind', { what: {} }, 'This must be one of: x, y.'],
    ['not a time', { at: 'soon' }, 'This must be a time with its zone, such as 2026-11-28T09:30:00Z.'],
    ['not an address', { mail: 'ana' }, 'This must be an e-mail address.'],
  ];
  for (const [what, body, message] of cases) {
    it(`${what} › “${message}”`, () => {
      assert.deepEqual(
        issuesOf(wrong, raw({ params: {}, body })).map((issue) => issue.message),
        [message],
      );
    });
  }

  it('no body, and every field is optional › as an empty object; null › refused', () => {
    assert.deepEqual(parseInput(wrong, raw({ params: {}, body: undefined })).body, {});
    assert.deepEqual(pathsOf(wrong, raw({ params: {}, body: null })), ['body']);
  });

  it('no body, and a field is required › refused', () => {
    assert.deepEqual(pathsOf(sample, raw({ body: undefined })), ['body']);
  });
});
