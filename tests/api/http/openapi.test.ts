import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import { apiDescription } from '../../../src/app/api-description.ts';
import { clientRoutes } from '../../../src/identity/clients/routes.ts';
import { authRoutes } from '../../../src/identity/auth/routes.ts';
import { createOpenApiDocument, openApiPath } from '../../../src/http/openapi.ts';
import type { AnyRoute } from '../../../src/http/route.ts';
import type { RawRoute } from '../../../src/http/raw-route.ts';
import { problems } from '../../../src/app/problems.ts';
import { call, type RunningServer, serve } from '../../support/http.ts';
import { sampleRoutes } from './sample-routes.ts';

const webhook: RawRoute = {
  method: 'post',
  path: '/webhook/incoming/:channelKey',
  operationId: 'receiveEvents',
  summary: 'Receive events',
  tag: 'Webhook',
  maxBytes: 10,
  documentation: {
    parameters: [
      { name: 'channelKey', in: 'path', required: true, description: 'The channel’s own secret' },
      { name: 'X-Hub-Signature-256', in: 'header', required: false, description: 'HMAC over the bytes' },
    ],
    request: { contentType: 'application/json', example: {} },
    replies: { 200: { description: 'Stored' } },
    problems: ['invalid-signature'],
  },
  handle: async () => ({ status: 200 }),
};

interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: Record<string, unknown>;
    readonly responses: Record<string, Described>;
  };
}

interface Operation {
  readonly summary: string;
  readonly security: object[];
  readonly parameters?: { name?: string; $ref?: string }[];
  readonly requestBody?: object;
  readonly responses: Record<string, Described & { readonly $ref?: string }>;
}

interface Described {
  readonly description: string;
  readonly content?: Record<string, unknown>;
}

describe('openapi', () => {
  let running: RunningServer;
  let document: Document;

  before(async () => {
    // The handlers are never called here, only described.
    const services = { auth: {}, management: {} } as unknown as Parameters<typeof authRoutes>[0] &
      Parameters<typeof clientRoutes>[0];
    running = await serve({
      routes: [...sampleRoutes, ...authRoutes(services), ...clientRoutes(services)],
      rawRoutes: [webhook],
    });
    document = (await call(`${running.url}/openapi.json`)).body as unknown as Document;
  });
  after(() => running.server.close({ graceMs: 100 }));

  const operation = (method: string, path: string): Operation => {
    const found = document.paths[path]?.[method];
    assert.ok(found !== undefined, `${method} ${path} is not described`);
    return found;
  };

  it('the document › is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(
      structuredClone(document) as unknown as Record<string, unknown>,
    );
    assert.ok(result.valid, JSON.stringify(result.errors));
  });

  it('every route that is mounted › is described, with its own statuses', () => {
    assert.ok(running.server.routes.length >= sampleRoutes.length + 9);
    for (const entry of running.server.routes) {
      const described = operation(entry.method, openApiPath(entry.path));
      for (const status of Object.keys(entry.replies)) assert.ok(status in described.responses);
      assert.equal(described.requestBody !== undefined, entry.body !== undefined);
      assert.equal(described.security.length === 0, entry.access === 'public' && entry.usesCookie !== true);
    }
    operation('post', '/webhook/incoming/{channelKey}');
    for (const path of ['/openapi.json', '/docs', '/docs/{file}', '/problems', '/problems/{code}']) {
      operation('get', path);
    }
  });

  it('errors › listed with their codes under their status', () => {
    const response = (method: string, path: string, status: string): Described | undefined => {
      const described = operation(method, path).responses[status];
      return document.components.responses[described?.$ref?.split('/').at(-1) ?? ''] ?? described;
    };
    const signup = (status: string) => response('post', '/api/auth/signup', status);
    assert.match(signup('409')?.description ?? '', /`email-taken`/);
    assert.match(signup('400')?.description ?? '', /`invalid-input`.*`malformed-json`/);
    assert.match(signup('400')?.description ?? '', /\]\(http:\/\/[^/]+\/problems\/invalid-input\)/);
    assert.ok('application/problem+json' in (signup('413')?.content ?? {}));
    const ready = response('get', '/readyz', '503');
    assert.deepEqual(Object.keys(ready?.content ?? {}).toSorted(), [
      'application/json',
      'application/problem+json',
    ]);
    assert.match(response('post', '/webhook/incoming/{channelKey}', '401')?.description ?? '', /invalid-sig/);
  });

  it('an idempotent route › has the key as a parameter; no other route has', () => {
    const names = (path: string): string[] =>
      (operation('post', path).parameters ?? []).map(
        ({ name, $ref = '' }) => name ?? $ref.split('/').at(-1) ?? '',
      );
    assert.deepEqual(names('/api/things'), ['Idempotency-Key', 'X-Request-Id']);
    assert.deepEqual(names('/api/auth/login'), ['X-Request-Id']);
  });

  it('schemas with an id › written once and referenced; every reference resolves', () => {
    assert.ok('User' in document.components.schemas && 'Problem' in document.components.schemas);
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    );
    for (const name of references) assert.ok(name !== undefined && name in document.components.schemas, name);
    assert.doesNotMatch(text, /passwordHash|\$defs/);
    const code = document.components.schemas['ProblemCode'] as { enum: string[] };
    assert.deepEqual(code.enum, Object.keys(problems));
  });

  it('one method and path, or one operationId, declared twice › is refused', () => {
    const [first] = sampleRoutes;
    assert.ok(first !== undefined);
    const options = {
      about: apiDescription,
      rawRoutes: [],
      pages: [],
      problems,
      publicUrl: 'http://crm.test',
    };
    const describeAll = (...routes: AnyRoute[]) => createOpenApiDocument({ ...options, routes });
    assert.throws(() => describeAll(first, first), /declared twice/);
    assert.throws(
      () => describeAll(first, { ...first, path: '/api/others/:id' }),
      /two operations have the id/i,
    );
  });

  it('the docs page › loads only our own files, no inline script, and each of them is there', async () => {
    const page = await call(`${running.url}/docs`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type') ?? '', /text\/html/);
    const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '');
    assert.equal(links.length, 4);
    for (const link of links) {
      const url = new URL(link, `${running.url}/docs`);
      assert.equal(url.origin, running.url);
      const file = await call(url.href);
      assert.equal(file.status, 200, link);
      assert.ok(file.text.length > 100);
    }
    for (const [, inline] of page.text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g))
      assert.equal(inline, '');
    assert.doesNotMatch(page.text, /<style|style=|onload=/);
    for (const file of ['package.json', '..%2fpackage.json', '__proto__', 'swagger-ui.js']) {
      assert.equal((await call(`${running.url}/docs/${file}`)).status, 404, file);
    }
  });

  it('the problem pages › list all codes and explain one', async () => {
    const list = await call(`${running.url}/problems`);
    for (const code of Object.keys(problems)) assert.match(list.text, new RegExp(`problems/${code}"`));
    const page = await call(`${running.url}/problems/not-found`);
    assert.equal(page.status, 200);
    assert.match(page.text, /HTTP status 404/);
  });

  it('the page of a problem › shows code as code, its own members and the operations that answer it', async () => {
    const { text } = await call(`${running.url}/problems/email-taken`);
    assert.match(text, /<a href="\.\.\/docs#\/Auth\/signUpBusiness">[^<]+<\/a>/);
    assert.match(text, /<a href="\.\.\/docs">/);
    for (const code of Object.keys(problems)) {
      const page = await call(`${running.url}/problems/${code}`);
      assert.doesNotMatch(page.text, /`/, code);
    }
    const exists = await call(`${running.url}/problems/already-exists`);
    assert.match(exists.text, /<code>existingId<\/code>: the object that exists/);
  });
});
