import assert from 'node:assert/strict';
import fc from 'fast-check';
import { useApi } from '../support/api.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { foreignFields, hostileValues, withValue, without, type Json } from '../support/hostile.ts';
import { call, type Answer, type CallOptions } from '../support/http.ts';
import { assertInvalid, assertRefused } from '../support/problems.ts';

/** A request that is good, so that what is spoiled in it is the only thing that is bad. */
interface Sample {
  /** As the route table has it. */
  readonly route: string;
  readonly body?: Json;
  /** Fields that may not be left out. */
  readonly required?: readonly string[];
  /** Places in the body to spoil, dotted; all top-level fields if not given. */
  readonly places?: readonly string[];
  /** `place: name of the hostile value`: what is fine there after all. */
  readonly harmless?: readonly string[];
  /** Query fields that the route knows, with bad values for each. */
  readonly query?: Readonly<Record<string, readonly string[]>>;
}

const badIds = [
  'x',
  '1',
  '0'.repeat(23),
  '0'.repeat(25),
  'A'.repeat(24),
  'null',
  '%24ne',
  '%00',
  '%7B%22%24ne%22%3A1%7D',
];
const badLimits = ['0', '-1', '101', '1.5', 'ten', '', '1e2', '99999999999999999999', '%2B5'];
const badCursors = ['', 'x', 'bnVsbA', 'W10', 'WyJ4IiwieCJd', '%00', 'a'.repeat(2_000)];
const paging = { limit: badLimits, cursor: badCursors };
const signUpBody = {
  fullName: 'Jane',
  email: 'jane@example.com',
  password: 'Secret123!',
  agreeToTerms: true,
};

const samples: readonly Sample[] = [
  {
    route: 'post /api/auth/signup',
    body: { ...signUpBody, companyName: 'Jane & Co', timezone: 'Europe/Berlin' },
    required: ['fullName', 'email', 'password', 'agreeToTerms'],
    harmless: ['agreeToTerms: true'],
  },
  {
    route: 'post /api/auth/login',
    body: { email: 'nobody@example.com', password: 'Secret123!' },
    required: ['email', 'password'],
  },
  { route: 'post /api/auth/refresh' },
  { route: 'post /api/auth/logout' },
  { route: 'get /api/auth/me', query: {} },
  { route: 'get /api/clients/:id', query: {} },
  { route: 'get /api/channels', query: paging },
  {
    route: 'get /api/templates',
    query: { ...paging, status: ['', 'APPROVED', 'any', '$ne'], channelId: badIds },
  },
  {
    route: 'post /api/messages/template',
    body: {
      to: '+4915112345601',
      templateName: 'appointment_reminder',
      language: 'en_US',
      variables: {
        header: { customer: 'Ana' },
        body: { customer: 'Ana', date: '12 May', time: '10:00' },
        buttons: { '0': 'yes' },
      },
      sendAt: '2030-01-01T00:00:00Z',
      expiresAt: '2030-01-02T00:00:00Z',
    },
    required: ['to', 'templateName', 'variables'],
    places: [
      ...['to', 'templateName', 'language', 'sendAt', 'expiresAt', 'variables'],
      ...['contactId', 'leadId', 'conversationId', 'channelId'],
      ...['variables.header', 'variables.body', 'variables.buttons'],
      ...['variables.header.customer', 'variables.body.date', 'variables.buttons.0'],
    ],
    harmless: [
      'variables.buttons: an empty object',
      'variables.header.customer: a NUL',
      'variables.body.date: a NUL',
      ...['an empty text', 'blanks', 'a NUL'].map((name) => `variables.buttons.0: ${name}`),
    ],
  },
  {
    route: 'get /api/messages',
    query: { ...paging, conversationId: badIds, status: ['', 'READ', 'any', '$ne'] },
  },
  { route: 'get /api/messages/:id', query: {} },
  { route: 'post /api/messages/:id/cancel' },
  { route: 'get /api/health', query: {} },
  { route: 'get /healthz', query: {} },
  { route: 'get /readyz', query: {} },
];

const fuzzRuns = 1_000;
const someId = '0123456789abcdef01234567';

describe('api › bad input', function () {
  this.timeout(120_000);
  const api = useApi('bad-input');
  let user: CrmUser;
  let stored: Readonly<Record<string, number>>;

  before(async () => {
    user = await api().signUp();
    stored = await api().countAll();
  });

  /** A test at whose end nothing may have been stored. */
  const itStoresNothing = (title: string, run: () => Promise<void>) =>
    it(title, async () => {
      await run();
      assert.deepEqual(await api().countAll(), stored, 'a refused request has left something behind');
    });

  const request = (sample: Sample, options: CallOptions & { path?: string } = {}): Promise<Answer> => {
    const [method = '', path = ''] = sample.route.split(' ');
    return call(`${api().url}${options.path ?? path.replace(':id', someId)}`, {
      method: method.toUpperCase(),
      token: user.token,
      ...options,
    });
  };

  it('the route table › every route has a sample here', () => {
    const routes = api().api.http.routes.map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(routes.toSorted(), samples.map(({ route }) => route).toSorted());
  });

  for (const sample of samples) {
    const { route, body, required = [], harmless = [], query } = sample;
    if (body !== undefined) {
      const places = sample.places ?? Object.keys(body);

      itStoresNothing(`${route} › a wrong value in any place › refused, and the place is named`, async () => {
        for (const place of places) {
          for (const { name, value } of hostileValues) {
            if (harmless.includes(`${place}: ${name}`)) continue;
            const answer = await request(sample, { json: withValue(body, place, value) });
            assertRefused(answer, `${place} is ${name}`);
            // What is merely not right, as a password or a number that does not exist, has its own answer.
            if (typeof value !== 'string') assertInvalid(answer, [`body.${place}`], `${place} is ${name}`);
          }
        }
      });

      itStoresNothing(`${route} › every field wrong at once › an issue for each`, async () => {
        const wrong = Object.fromEntries(Object.keys(body).map((field) => [field, { $ne: null }]));
        const answer = await request(sample, { json: wrong });
        assertInvalid(
          answer,
          Object.keys(body).map((field) => `body.${field}`),
          'all fields',
        );
      });

      itStoresNothing(`${route} › a missing field › refused by its name`, async () => {
        for (const field of required) {
          const answer = await request(sample, { json: without(body, field) });
          assertInvalid(answer, [`body.${field}`], `without ${field}`);
        }
        assertInvalid(await request(sample, { json: {} }), [], 'an empty object');
        assertInvalid(await request(sample), [], 'no body');
      });

      itStoresNothing(`${route} › a field that is not known › refused by its name`, async () => {
        for (const { name, value } of foreignFields) {
          const answer = await request(sample, { json: { ...body, [name]: value } });
          assertInvalid(answer, [name === '' ? 'body.' : `body.${name}`], `with ${name}`);
        }
        const text = `${JSON.stringify(body).slice(0, -1)},"__proto__":{"isAdmin":true}}`;
        assertRefused(await request(sample, { raw: text, headers: json }), 'with __proto__');
      });

      it(`${route} › ${fuzzRuns} made-up bodies › refused or good, never a fault of ours`, async () => {
        const anywhere = fc.tuple(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 4 }));
        const made = fc.oneof(
          fc.jsonValue({ maxDepth: 5 }),
          anywhere.map(([place, value]) => withValue(body, place, value)),
          fc.tuple(fc.string(), fc.jsonValue()).map(([field, value]) => ({ ...body, [field]: value })),
        );
        const check = async (value: unknown) => {
          const answer = await request(sample, { raw: JSON.stringify(value), headers: json });
          if (answer.status >= 300) assertRefused(answer, JSON.stringify(value).slice(0, 500));
        };
        await fc.assert(fc.asyncProperty(made, check), { numRuns: fuzzRuns });
        stored = await api().countAll();
      });
    }

    if (route.startsWith('post')) {
      itStoresNothing(
        `${route} › not JSON, another type, too much, too deep › 400, 415, 413, 400`,
        async () => {
          const types = [
            'text/plain',
            'application/x-www-form-urlencoded',
            'multipart/form-data; boundary=x',
            'application/xml',
          ];
          for (const type of types) {
            const answer = await request(sample, { raw: '{"a":1}', headers: { 'content-type': type } });
            assertRefused(answer, type);
            assert.equal(answer.status, 415, type);
          }
          for (const text of [
            '{',
            '{"a":}',
            'nothing',
            '"text"',
            '12',
            'null',
            "{'a':1}",
            '{"a":1}{"b":2}',
            '\u0000',
          ]) {
            const answer = await request(sample, { raw: text, headers: json });
            assertRefused(answer, text);
            assert.equal(answer.status, 400, text);
          }
          const long = await request(sample, { json: { a: 'x'.repeat(110_000) } });
          assert.equal(long.status, 413);
          assertRefused(long, 'a long body');
          const deep = await request(sample, {
            raw: `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
            headers: json,
          });
          assert.equal(deep.status, 400);
          assertRefused(deep, 'a deep body');
          const list = await request(sample, { json: [body ?? { a: 1 }] });
          assertInvalid(list, [], 'a list of bodies');
        },
      );

      itStoresNothing(`${route} › a query that it does not know › refused`, async () => {
        const [, path = ''] = route.split(' ');
        const answer = await request(sample, {
          path: `${path.replace(':id', someId)}?force=1`,
          ...(body === undefined ? {} : { json: body }),
        });
        assertInvalid(answer, ['query.force'], 'force=1');
      });
    }

    if (body === undefined && route.startsWith('post')) {
      itStoresNothing(`${route} › a body, which it does not take › refused`, async () => {
        for (const { name, value } of foreignFields.filter(({ name }) => name !== '')) {
          assertInvalid(await request(sample, { json: { [name]: value } }), [`body.${name}`], name);
        }
      });
    }

    if (route.includes(':id')) {
      itStoresNothing(`${route} › anything but an id › 400 or 404, never looked up`, async () => {
        const [, path = ''] = route.split(' ');
        for (const id of [...badIds, 'x'.repeat(5_000), '..%2f..', '%E0%A4%A']) {
          const answer = await request(sample, { path: path.replace(':id', id) });
          assertRefused(answer, id);
          assert.ok(answer.status === 400 || answer.status === 404, id);
        }
      });
    }

    if (query !== undefined) {
      itStoresNothing(
        `${route} › bad, doubled and unknown query fields › refused by their names`,
        async () => {
          const [, path = ''] = route.split(' ');
          const ask = (text: string) => request(sample, { path: `${path.replace(':id', someId)}?${text}` });
          for (const [field, values] of Object.entries(query)) {
            for (const value of values) {
              assertInvalid(await ask(`${field}=${value}`), [`query.${field}`], `${field}=${value}`);
            }
            assertInvalid(await ask(`${field}=1&${field}=2`), [`query.${field}`], `${field} twice`);
            for (const operator of ['[$ne]', '[$gt]', '[]', '[0]', '.$ne']) {
              const name = `${field}${operator}`;
              const answer = await ask(`${encodeURIComponent(name)}=x`);
              assertInvalid(answer, [`query.${name}`], name);
            }
          }
          for (const name of ['unheard', '$where', '__proto__', 'constructor', 'clientId']) {
            assertInvalid(await ask(`${encodeURIComponent(name)}=1`), [`query.${name}`], name);
          }
        },
      );
    }
  }

  itStoresNothing('an Idempotency-Key that is empty, too long or not plain text › refused', async () => {
    const sample = samples.find(({ route }) => route === 'post /api/messages/template');
    assert.ok(sample?.body !== undefined);
    for (const key of ['', 'x'.repeat(256), 'two words', '\u00fc', 'a\tb']) {
      const answer = await request(sample, { json: sample.body, headers: { 'idempotency-key': key } });
      assertInvalid(answer, ['header.idempotency-key'], key);
    }
  });

  itStoresNothing('an Authorization that is none › 401 on every route that wants one', async () => {
    const closed = api().api.http.routes.filter(({ access }) => access !== 'public');
    assert.ok(closed.length >= 8);
    for (const { method, path } of closed) {
      const sample: Sample = { route: `${method} ${path}` };
      for (const authorization of [
        '',
        'Bearer',
        'Bearer x',
        'Basic eDp4',
        `Bearer ${'x'.repeat(6_000)}`,
        'Bearer a b',
      ]) {
        const answer = await call(`${api().url}${path.replace(':id', someId)}`, {
          method: method.toUpperCase(),
          headers: { authorization },
        });
        assertRefused(answer, `${sample.route} with ${authorization.slice(0, 20)}`);
        assert.equal(answer.status, 401);
      }
    }
  });
});

const json = { 'content-type': 'application/json' };
