import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import { openApiPath } from '../../src/http/openapi.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { call, type Answer } from '../support/http.ts';
import { createSchemaCheck, type OpenApiSchema } from '../support/schema-check.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, OpenApiSchema>> };
}

interface Operation {
  readonly security: readonly object[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: OpenApiSchema }>> }>
  >;
}

describe('api › the OpenAPI document', function () {
  this.timeout(60_000);
  const api = useApi('openapi');
  let document: Document;
  let user: CrmUser;

  before(async () => {
    document = (await call(`${api().url}/openapi.json`)).body as unknown as Document;
    user = await api().signUp();
  });

  it('the document › is valid OpenAPI 3.1 and the one that the server was made with', async () => {
    const result = await new Validator().validate(
      structuredClone(document) as unknown as Record<string, unknown>,
    );
    assert.ok(result.valid, JSON.stringify(result.errors));
    assert.deepEqual(document, JSON.parse(JSON.stringify(api().api.http.openApi)));
  });

  it('every route that is mounted › is in it, closed ones as closed; the webhook too', () => {
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

  it('real answers, good and bad › fit what is described for their status', async () => {
    const check = createSchemaCheck(document.components.schemas);
    const sent = await user.send({ to: phoneEndingIn('01') });
    const signUp = { fullName: 'Jane', email: 'x', password: 'x', agreeToTerms: true };
    const credentials = { email: user.email, password: user.password };
    const asked: readonly (readonly [string, string, unknown?, string?])[] = [
      [
        'post',
        '/api/auth/signup',
        { ...signUp, email: `jane-${sent.id}@example.com`, password: 'Secret123!' },
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
    const seen = new Set<string>();
    for (const [method, path, json, id = ''] of asked) {
      const answer = await call(`${api().url}${path.replace('{id}', id)}`, {
        method: method.toUpperCase(),
        token: user.token,
        ...(json === undefined ? {} : { json }),
      });
      seen.add(`${method} ${path}`);
      assert.deepEqual(
        check(schemaFor(method, path, answer), answer.body),
        [],
        `${method} ${path} ${answer.text}`,
      );
    }
    const routes = api().api.http.routes.map(({ method, path }) => `${method} ${openApiPath(path)}`);
    assert.deepEqual(
      routes.filter((route) => !seen.has(route)),
      [],
      'routes whose answers nobody has looked at',
    );
  });

  /** The schema for this answer; a status or content type that is not described fails. */
  function schemaFor(
    method: string,
    path: string,
    { status, headers, text }: Answer,
  ): OpenApiSchema | undefined {
    const response = document.paths[path]?.[method]?.responses[String(status)];
    assert.ok(response !== undefined, `${method} ${path} answers ${status}, which is not described: ${text}`);
    if (status === 204) return undefined;
    const type = (headers.get('content-type') ?? '').split(';')[0] ?? '';
    const content = response.content?.[type];
    assert.ok(content?.schema !== undefined, `${method} ${path} ${status}: ${type} is not described`);
    return content.schema;
  }
});
