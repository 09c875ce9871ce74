import assert from 'node:assert/strict';
import { createDescribedServer } from '../../scripts/docs/route-tables.ts';
import { apiDescription } from '../../src/app/api-description.ts';
import { exampleOf } from '../../src/http/openapi.ts';
import type { AnyRoute } from '../../src/http/route.ts';

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly 'x-access'?: readonly string[];
  readonly tags: readonly string[];
  readonly security: readonly Json[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly example?: unknown; readonly examples?: Json }>>;

interface Document {
  readonly info: Json;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>;
    readonly responses?: Readonly<Record<string, Json>>;
    readonly examples?: Json;
  };
}

const { openApi, routes } = await createDescribedServer();
const document = openApi() as unknown as Document;
const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
const { schemas, responses = {}, examples = {} } = document.components;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** These hold values and not schemas. */
const valueKeywords = new Set(['example', 'examples', 'default', 'const', 'enum']);

/** Every object below a value that is no value of an example, with its path. */
function* objectsIn(value: unknown, path: string): Generator<readonly [string, Json]> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* objectsIn(item, `${path}/${index}`);
  } else if (isObject(value)) {
    yield [path, value];
    for (const [key, part] of Object.entries(value)) {
      if (path.endsWith('/properties') || !valueKeywords.has(key)) yield* objectsIn(part, `${path}/${key}`);
    }
  }
}

const everyObject = [...objectsIn(document.paths, '/paths'), ...objectsIn(schemas, '/components/schemas')];
const wordsOf = (name: string): string[] => name.split(/(?=[A-Z])/);

/** What the first word of an operationId may be; a new verb is added here once it says something new. */
const verbs = new Set([
  ...[
    'list',
    'get',
    'create',
    'update',
    'delete',
    'send',
    'preview',
    'render',
    'submit',
    'sync',
    'verify',
    'replace',
    'start',
    'undo',
  ],
  ...[
    'pause',
    'unpause',
    'resume',
    'cancel',
    'reschedule',
    'retry',
    'assign',
    'snooze',
    'mark',
    'invite',
    'resend',
    'end',
    'stream',
  ],
  ...[
    'sign',
    'log',
    'refresh',
    'request',
    'reset',
    'change',
    'confirm',
    'reject',
    'receive',
    'upload',
    'open',
  ],
  ...['choose', 'take', 'return', 'run'],
]);

describe('architecture › the API description', () => {
  it('operationId › is a verb and a noun, and unique', () => {
    const ids = operations.map(({ operationId }) => operationId);
    const odd = ids.filter((id) => {
      const [verb = '', ...nouns] = wordsOf(id);
      return !/^[a-zA-Z]+$/.test(id) || !verbs.has(verb) || nouns.length === 0;
    });
    assert.deepEqual(odd, []);
    assert.equal(new Set(ids).size, ids.length);
    for (const method of ['sendTemplateMessage', 'listContacts', 'pauseChannel'])
      assert.ok(ids.includes(method));
  });

  it('verbs › each one › is used', () => {
    const used = new Set(operations.map(({ operationId }) => wordsOf(operationId)[0]));
    assert.deepEqual(
      [...verbs].filter((verb) => !used.has(verb)),
      [],
    );
  });

  it('tags › those of the operations and those described › are the same, in reading order', () => {
    assert.deepEqual(document.tags, apiDescription.tags);
    const used = new Set(operations.flatMap(({ tags }) => tags));
    assert.deepEqual([...used].toSorted(), document.tags.map(({ name }) => name).toSorted());
  });

  it('4xx answers › every operation but the pages without input › describes one', () => {
    const without = operations.filter(
      ({ responses }) => !Object.keys(responses).some((status) => status.startsWith('4')),
    );
    assert.deepEqual(
      without.map(({ operationId }) => operationId),
      ['getOpenApiDocument', 'getDocsPage', 'listProblems'],
    );
  });

  it('operations that not every user may call › say who may, first and once', () => {
    const limited = operations.filter((operation) => operation['x-access']?.includes('agent') === false);
    assert.ok(limited.length >= 30);
    for (const { operationId, description = '' } of operations) {
      const isLimited = limited.some((one) => one.operationId === operationId);
      assert.equal(
        /^(Admins|Operators|Admins and operators) only\./.test(description),
        isLimited,
        operationId,
      );
      assert.ok((description.match(/(Admins|perators) only/g) ?? []).length <= 1, operationId);
    }
  });

  it('components › their names › are nouns, and bodies and inputs are apart from answers', () => {
    const odd = Object.keys(schemas).filter((name) => !/^([A-Z][a-z]+)+$/.test(name));
    assert.deepEqual(odd, []);
    const answered = everyObject.filter(
      ([path, { $ref }]) =>
        path.includes('/responses/') && typeof $ref === 'string' && /(Body|Input)$/.test($ref),
    );
    assert.deepEqual(answered, []);
    for (const name of ['Message', 'MessageListItem', 'TemplateComponent', 'MessagePage', 'Problem'])
      assert.ok(name in schemas, name);
  });

  it('bodies › of every request and answer of JSON › are components', () => {
    const anonymous = everyObject.filter(
      ([path, { schema }]) =>
        path.endsWith('/content/application/json') &&
        !path.startsWith('/paths//webhook/') &&
        !path.startsWith('/paths//openapi.json/') &&
        !(isObject(schema) && '$ref' in schema),
    );
    assert.deepEqual(
      anonymous.map(([path]) => path),
      [],
    );
  });

  it('shapes › objects and enums that occur twice › have a name', () => {
    const places = new Map<string, string[]>();
    for (const [path, schema] of everyObject) {
      const isShape =
        (schema['type'] === 'object' && isObject(schema['properties'])) ||
        (Array.isArray(schema['enum']) && schema['enum'].length > 2);
      if (!isShape) continue;
      const text = JSON.stringify(schema, (key, value: unknown) =>
        key === 'description' ? undefined : value,
      );
      places.set(text, [...(places.get(text) ?? []), path]);
    }
    assert.ok(places.size > 100);
    assert.deepEqual(
      [...places.values()].filter((paths) => paths.length > 1),
      [],
    );
  });

  it('null › has one form: the last member of an anyOf', () => {
    const odd = everyObject.filter(([path, schema]) => {
      const { type, anyOf, oneOf, nullable } = schema;
      const members = [...(Array.isArray(anyOf) ? anyOf : []), ...(Array.isArray(oneOf) ? oneOf : [])];
      const isNull = (member: unknown) => isObject(member) && member['type'] === 'null';
      if (type === 'null') return !/\/anyOf\/\d+$/.test(path);
      if (path.endsWith('/properties')) return false;
      return Array.isArray(type) || nullable !== undefined || members.slice(0, -1).some(isNull);
    });
    assert.deepEqual(
      odd.map(([path]) => path),
      [],
    );
  });

  it('names that become more › types, gates, classes and codes › are listed, and no generated client refuses another', () => {
    const known = {
      MessageType: ['text', 'template', 'ctaUrl', 'call', 'order', 'unsupported'],
      GateName: ['channel', 'quiet-hours', 'rate'],
      MessageFailureClass: ['sender', 'retry-later', 'internal'],
      MessageFailureCode: ['131026', '131047', 'window-closed', 'not-reached', 'workflow-closed'],
      SkippedMessageCode: ['already-retried', 'contact-opted-out'],
    };
    for (const [name, values] of Object.entries(known)) {
      const [listed = {}, any] = (schemas[name] ?? {})['anyOf'] as readonly Json[];
      assert.deepEqual(any, { type: 'string' }, name);
      for (const value of values) assert.ok((listed['enum'] as unknown[]).includes(value), value);
    }
    const usedBy = (name: string) =>
      everyObject.filter(([, { $ref }]) => $ref === `#/components/schemas/${name}`);
    for (const name of Object.keys(known)) assert.notDeepEqual(usedBy(name), [], name);
  });

  it('unions of kinds › each oneOf › has a discriminator that names every member', () => {
    const unions = everyObject.filter(([, { oneOf }]) => Array.isArray(oneOf));
    assert.ok(unions.length >= 6);
    for (const [path, { oneOf, discriminator }] of unions) {
      const { mapping } = discriminator as { readonly mapping: Readonly<Record<string, string>> };
      const members = (oneOf as readonly Json[]).map(({ $ref }) => $ref);
      assert.deepEqual([...new Set(Object.values(mapping))], members, path);
    }
  });

  it('references › none › leads back to where it began', () => {
    const referencesOf = (name: string): string[] =>
      [...objectsIn(schemas[name], '')].flatMap(([, { $ref }]) =>
        typeof $ref === 'string' ? [$ref.split('/').at(-1) ?? ''] : [],
      );
    const walk = (name: string, above: readonly string[]): void => {
      assert.ok(!above.includes(name), [...above, name].join(' → '));
      for (const next of referencesOf(name)) walk(next, [...above, name]);
    };
    for (const name of Object.keys(schemas)) walk(name, []);
    assert.deepEqual(Object.keys(schemas['JsonValue'] ?? {}), ['description']);
  });
});

describe('architecture › examples of the API description', () => {
  const named = ({ operationId }: AnyRoute, part: string) => `${operationId} ${part}`;

  it('requests and good answers › each › has one', () => {
    const without = operations.flatMap(({ operationId, requestBody, responses }) => {
      const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      const contents = [requestBody?.content, ...good.map(([, { content }]) => content)];
      const media = contents.flatMap((content = {}) => Object.values(content));
      return media
        .filter(({ example, examples }) => (example ?? examples) === undefined)
        .map(() => operationId);
    });
    assert.deepEqual(without, []);
  });

  it('requests › each example › is taken by the route', () => {
    for (const route of routes) {
      if (route.body === undefined) continue;
      const named = Object.values(route.bodyExamples ?? {}).map(({ value }) => value);
      for (const example of [exampleOf(route.body), ...named]) {
        const parsed = route.body.safeParse(example);
        assert.ok(parsed.success, `${route.operationId} body: ${parsed.error?.message}`);
      }
    }
  });

  it('POST /api/messages › each kind of content › has one named example', () => {
    const { mapping } = (schemas['MessageContentInput'] ?? {})['discriminator'] as { readonly mapping: Json };
    const { examples = {} } =
      document.paths['/api/messages']?.['post']?.requestBody?.content['application/json'] ?? {};
    assert.deepEqual(Object.keys(examples).toSorted(), Object.keys(mapping).toSorted());
  });

  it('problems › each answer of each operation › shows examples of its own codes, and equal answers are one', () => {
    const places = [...objectsIn({ ...document.paths, ...responses }, '')];
    const media = places.filter(([path]) => path.endsWith('/content/application/problem+json'));
    assert.ok(media.length > 40, String(media.length));
    for (const [path, { examples }] of media) {
      const shown = Object.entries(examples as Readonly<Record<string, Json>>);
      assert.ok(shown.length > 0, path);
      for (const [code, { $ref }] of shown) assert.equal($ref, `#/components/examples/${code}`, path);
    }
    const few = places.filter(
      ([path, { content }]) =>
        /\/responses\/\d+$/.test(path) &&
        isObject(content) &&
        JSON.stringify(content).split('$ref').length <= 5,
    );
    const texts = few
      .filter(([, { content }]) => Object.keys(content as Json).join() === 'application/problem+json')
      .map(([, response]) => JSON.stringify(response));
    assert.equal(new Set(texts).size, texts.length);
    assert.ok(Object.keys(responses).length > 10);
    const shown = media.flatMap(([, { examples }]) => Object.keys(examples as Json));
    assert.deepEqual(
      [...new Set(shown)].toSorted(),
      Object.keys(examples).toSorted(),
      'no example is unused',
    );
  });

  it('answers › each example › is one that the route could give, without a field too many', () => {
    for (const route of routes) {
      for (const [status, schema] of Object.entries(route.replies)) {
        if (schema === null || !status.startsWith('2')) continue;
        const example = exampleOf(schema);
        const parsed = schema.safeParse(example);
        assert.ok(parsed.success, `${named(route, status)}: ${parsed.error?.message}`);
        assert.deepEqual(parsed.data, example, named(route, status));
      }
    }
  });

  it('resources › whatever has an id and is listed or got › shows when it was created', () => {
    const views = routes
      .filter(({ operationId }) => /^(list|get|create|update)/.test(operationId))
      .flatMap(({ replies }) => Object.values(replies))
      .flatMap((schema) => {
        const example = schema === null ? undefined : exampleOf(schema);
        if (!isObject(example)) return [];
        return Array.isArray(example['items']) ? (example['items'] as unknown[]) : [example];
      });
    const resources = views.filter((view) => isObject(view) && 'id' in view && !('entries' in view));
    assert.ok(resources.length > 20);
    for (const resource of resources)
      assert.ok(isObject(resource) && 'createdAt' in resource, JSON.stringify(resource));
  });
});
