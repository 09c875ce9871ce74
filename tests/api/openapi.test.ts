import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Types } from 'mongoose';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { MessageDoc } from '../../src/sending/messages/store/repository.ts';
import { rootDir } from '../../scripts/paths.ts';
import { openApiPath } from '../../src/http/openapi.ts';
import { useApi } from '../support/api.ts';
import { makeOperator } from '../support/colleagues.ts';
import { defineFields } from '../support/custom-fields.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { call, type Answer } from '../support/http.ts';
import { askPlace, makeOwner, places } from '../support/owned-places.ts';
import { samples, someId } from '../support/request-samples.ts';
import { createSchemaCheck, type OpenApiSchema } from '../support/schema-check.ts';
import { setWindow } from '../support/windows.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, OpenApiSchema>>;
    readonly responses: Readonly<Record<string, Response>>;
  };
}

interface NamedExample {
  readonly value: { readonly content: object };
}

interface Operation {
  readonly requestBody?: {
    readonly content: Readonly<
      Record<
        string,
        { readonly example?: unknown; readonly examples?: Readonly<Record<string, NamedExample>> }
      >
    >;
  };
  readonly security: readonly object[];
  readonly responses: Readonly<Record<string, Response & { readonly $ref?: string }>>;
}

interface Response {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema?: OpenApiSchema }>>;
}

const describedHeaders = [
  ...['x-request-id', 'etag', 'location', 'retry-after', 'ratelimit', 'ratelimit-policy', 'www-authenticate'],
] as const;

describe('api › the OpenAPI document', function () {
  this.timeout(240_000);
  const api = useApi('openapi', {
    env: { WHATSAPP_API_URL: 'http://127.0.0.1:9', RATE_LIMIT_PER_MINUTE: '100000' },
  });
  let document: Document;
  let user: CrmUser;

  before(async () => {
    document = (await call(`${api().url}/openapi.json`)).body as unknown as Document;
    user = await api().signUp();
  });

  it('the committed document › describes the API that runs', async () => {
    const committed = JSON.parse(await readFile(join(rootDir, 'docs', 'openapi.json'), 'utf8')) as Document;
    assert.deepEqual(Object.keys(document.paths).toSorted(), Object.keys(committed.paths).toSorted());
    const schemas = (of: Document) => Object.keys(of.components.schemas).toSorted();
    assert.deepEqual(schemas(document), schemas(committed));
  });

  it('the document › valid OpenAPI 3.1, identical to the server’s', async () => {
    const result = await new Validator().validate(
      structuredClone(document) as unknown as Record<string, unknown>,
    );
    assert.ok(result.valid, JSON.stringify(result.errors));
    assert.deepEqual(document, JSON.parse(JSON.stringify(api().api.http.openApi())));
  });

  it('every route that is mounted › described, protected ones with security; the webhook too', () => {
    for (const { method, path, access, replies } of api().api.http.routes) {
      const operation = document.paths[openApiPath(path)]?.[method];
      assert.ok(operation !== undefined, `${method} ${path} is not described`);
      const wantsToken = operation.security.some((scheme) => 'accessToken' in scheme);
      assert.equal(wantsToken, access !== 'public', `${method} ${path}`);
      for (const status of Object.keys(replies))
        assert.ok(status in operation.responses, `${path} ${status}`);
    }
    for (const path of ['/webhook/incoming', '/webhook/incoming/{channelKey}']) {
      assert.deepEqual(Object.keys(document.paths[path] ?? {}).toSorted(), ['get', 'post']);
    }
  });

  it('real answers, good and bad › match the schema of their status', async () => {
    const check = createSchemaCheck(document.components.schemas);
    const sent = await user.send({ to: phoneEndingIn('01') });
    const signUp = { fullName: 'Jane', email: 'x', password: 'x', agreeToTerms: true };
    const credentials = { email: user.email, password: user.password };
    const asked: readonly (readonly [string, string, unknown?, string?])[] = [
      [
        'post',
        '/api/auth/signup',
        { ...signUp, email: `jane-${sent.id}@example.com`, password: 'Seven-otters-like-tea' },
      ],
      ['post', '/api/auth/signup', signUp],
      ['post', '/api/auth/signup', { ...signUp, ...credentials }],
      ['post', '/api/auth/login', credentials],
      ['post', '/api/auth/login', { ...credentials, password: 'wrong' }],
      ['post', '/api/auth/refresh'],
      ['post', '/api/auth/logout'],
      ['get', '/api/auth/me'],
      ['get', '/api/clients/{id}', undefined, user.clientId],
      ['get', '/api/clients/{id}', undefined, sent.id],
      ['get', '/api/channels'],
      ['get', '/api/templates'],
      ['post', '/api/messages/template', { to: phoneEndingIn('02'), templateName: 'hello_world' }],
      ['post', '/api/messages/template', { to: 1 }],
      ['get', '/api/messages'],
      ['get', '/api/messages/{id}', undefined, sent.id],
      ['get', '/api/messages/{id}', undefined, user.clientId],
      ['post', '/api/messages/{id}/cancel', undefined, sent.id],
      ['get', '/api/health'],
      ['get', '/healthz'],
      ['get', '/readyz'],
    ];
    for (const [method, path, json, id = ''] of asked) {
      const answer = await call(`${api().url}${path.replace('{id}', id)}`, {
        method: method.toUpperCase(),
        token: user.token,
        ...(json === undefined ? {} : { json }),
      });
      assert.deepEqual(
        check(schemaFor(method, path, answer), answer.body),
        [],
        `${method} ${path} ${answer.text}`,
      );
    }
  });

  it('every route › its answers on success, without a token, for a wrong query and an unknown id › match the schema', async () => {
    const check = createSchemaCheck(document.components.schemas);
    const { routes } = api().api.http;
    const owner = await makeOwner(api());
    await makeOperator(api(), owner.user);
    const { token } = owner.user;
    await defineFields((path, json) => call(`${api().url}${path}`, { token, json }), { city: 'text' });
    const isGoodSeen = new Set<string>();
    const look = (route: string, answer: Answer) => {
      const [method = '', path = ''] = route.split(' ');
      // The events of a stream are compared in tests/api/events.
      const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
      const problems = isStream ? [] : check(schemaFor(method, openApiPath(path), answer), answer.body);
      assert.deepEqual(problems, [], `${route} ${answer.status} ${answer.text}`);
      if (answer.status < 300) isGoodSeen.add(route);
    };

    for (const { method, path } of routes) {
      const route = `${method} ${path}`;
      const body = samples.find((sample) => sample.route === route)?.body;
      const json = body === undefined ? {} : { json: body };
      const url = `${api().url}${path.replace(':id', someId)}`;
      look(route, await call(url, { method: method.toUpperCase(), ...json }));
      look(route, await call(`${url}?unheard=1`, { method: method.toUpperCase(), token, ...json }));
      look(route, await call(url, { method: method.toUpperCase(), token, ...json }));
    }
    for (const place of places) {
      const answer = await askPlace(api().url, place, { id: await place.idOf(owner), as: owner, token });
      assert.equal(answer.status, place.ownStatus, answer.text);
      look(place.route, answer);
    }
    const { conversationId } = owner.message;
    await setWindow(api(), conversationId, 60_000);
    const free = { conversationId, content: { type: 'text', body: 'Yes' } };
    look('post /api/messages', await call(`${api().url}/api/messages`, { token, json: free }));
    const { password: currentPassword } = owner.user;
    const credentials = { email: owner.user.email, password: currentPassword };
    look('post /api/auth/login', await call(`${api().url}/api/auth/login`, { json: credentials }));
    const wanted = { newEmail: `new-${owner.user.email}`, currentPassword };
    const requested = await call(`${api().url}/api/auth/email-change`, { token, json: wanted });
    look('post /api/auth/email-change', requested);
    const json = { currentPassword, newPassword: `${currentPassword}!` };
    const changed = await call(`${api().url}/api/auth/change-password`, { token, json });
    look('post /api/auth/change-password', changed);

    const unseen = routes
      .map(({ method, path }) => `${method} ${path}`)
      .filter((route) => !isGoodSeen.has(route));
    // They need a cookie, a file, a worker that has read one, a signed link, a link from a mail, or a provider that answers.
    const elsewhere = [
      'get /api/media-links/:token',
      'post /api/auth/confirm-email',
      'post /api/auth/confirm-email-change',
      'post /api/auth/refresh',
      'post /api/auth/reject-email-change',
      'post /api/auth/reset-password',
      'post /api/channels/:id/verify',
      ...['post /api/imports', 'post /api/imports/:id/pause', 'post /api/imports/:id/resume'],
      ...['post /api/imports/:id/start', 'post /api/imports/:id/undo'],
      'post /api/media',
      'post /api/templates/:id/submit',
      'post /api/templates/:id/unpause',
      'post /api/templates/sync',
    ];
    assert.deepEqual(unseen.toSorted(), elsewhere);
  });

  it('“try it out” on POST /api/messages › each named example, and that of a template › is accepted', async () => {
    const read = (path: string) =>
      document.paths[path]?.['post']?.requestBody?.content['application/json'] ?? {};
    const post = (path: string, json: unknown) => call(`${api().url}${path}`, { token: user.token, json });
    const sent = await post('/api/messages/template', read('/api/messages/template').example);
    assert.equal(sent.status, 201, sent.text);
    const { id, conversationId } = sent.body as { readonly id: string; readonly conversationId: string };
    // The contact of the examples has written, as the one of the demo has, and WhatsApp has the message to react to.
    await api()
      .collection<MessageDoc>('messages')
      .updateOne({ _id: new Types.ObjectId(id) }, { $set: { providerMessageId: `wamid.${id}` } });
    await setWindow(api(), conversationId, 600_000);
    for (const [kind, { value }] of Object.entries(read('/api/messages').examples ?? {})) {
      const { content } = value;
      const body = kind === 'reaction' ? { ...value, content: { ...content, messageId: id } } : value;
      const { status, text } = await post('/api/messages', body);
      assert.equal(status, 201, `${kind}: ${text}`);
    }
  });

  /** Every header that is sent is described, and every described one is sent, except those of single problem codes. */
  function checkHeaders(place: string, { headers: described = {} }: Response, sent: Headers): void {
    const expected = Object.keys(described).map((name) => name.toLowerCase());
    const found = describedHeaders.filter((name) => sent.has(name));
    const missing = expected.filter(
      (name) => !sent.has(name) && !['retry-after', 'www-authenticate'].includes(name),
    );
    const undescribed = found.filter((name) => !expected.includes(name));
    assert.deepEqual({ missing, undescribed }, { missing: [], undescribed: [] }, place);
  }

  /** The schema for this answer; a status or content type that is not described fails. */
  function schemaFor(
    method: string,
    path: string,
    { status, headers, text }: Answer,
  ): OpenApiSchema | undefined {
    const named = document.paths[path]?.[method]?.responses[String(status)];
    const response = document.components.responses[named?.$ref?.split('/').at(-1) ?? ''] ?? named;
    assert.ok(response !== undefined, `${method} ${path} answers ${status}, which is not described: ${text}`);
    checkHeaders(`${method} ${path} ${status}`, response, headers);
    if (response.content === undefined && text === '') return undefined;
    if (response.content?.['*/*'] !== undefined) return undefined;
    const type = (headers.get('content-type') ?? '').split(';')[0] ?? '';
    const content = response.content?.[type];
    assert.ok(content?.schema !== undefined, `${method} ${path} ${status}: ${type} is not described`);
    return content.schema;
  }
});
