import assert from 'node:assert/strict';
import fc from 'fast-check';
import { useApi } from '../support/api.ts';
import { badIds } from '../support/bad-queries.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { makeOperator } from '../support/colleagues.ts';
import { foreignFields, hostileValues, withValue, without } from '../support/hostile.ts';
import { call, type Answer, type CallOptions } from '../support/http.ts';
import { assertInvalid, assertRefused } from '../support/problems.ts';
import { type Sample, samples, someId } from '../support/request-samples.ts';

/** Per route. A run with FUZZ_RUNS=1000 is the large edition. */
const fuzzRuns = Number(process.env['FUZZ_RUNS'] ?? 20);

/** Its values have names: `customField[city]` is the value `city` of `customField`. */
const namedField = 'customField';

const pathOfOperator = (field: string, operator: string): string => {
  const [, name] = /^\[(.+)\]$/.exec(operator) ?? [];
  return field === namedField && name !== undefined ? `${field}.${name}` : `${field}${operator}`;
};

describe('api › bad input', function () {
  this.timeout(120_000);
  const api = useApi('bad-input');
  let user: CrmUser;
  let stored: Readonly<Record<string, number>>;

  before(async () => {
    user = await api().signUp();
    await makeOperator(api(), user);
    stored = await api().countStored();
  });

  /** A test that must not have stored anything. */
  const itStoresNothing = (title: string, run: () => Promise<void>) =>
    it(title, async () => {
      await run();
      assert.deepEqual(await api().countStored(), stored, 'a refused request has stored something');
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
            // Values that are well-formed but wrong, such as a password or an unknown number, have their own answers.
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
        if (sample.mayBeEmpty === true) {
          assert.equal(
            (await request(sample)).body['code'],
            'not-found',
            'no body is as good as an empty object',
          );
          return;
        }
        assertInvalid(await request(sample, { json: {} }), [], 'an empty object');
        assertInvalid(await request(sample), [], 'no body');
      });

      itStoresNothing(`${route} › a field that is not known › refused by its name`, async () => {
        for (const { name, value } of foreignFields.filter((field) => !Object.hasOwn(body, field.name))) {
          const answer = await request(sample, { json: { ...body, [name]: value } });
          assertInvalid(answer, [name === '' ? 'body.' : `body.${name}`], `with ${name}`);
        }
        const text = `${JSON.stringify(body).slice(0, -1)},"__proto__":{"isAdmin":true}}`;
        assertRefused(await request(sample, { raw: text, headers: json }), 'with __proto__');
      });

      it(`${route} › ${fuzzRuns} made-up bodies › refused or accepted, never an internal error`, async () => {
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
        stored = await api().countStored();
      });
    }

    // A DELETE takes no body: the body is not read.
    const takesBody = sample.takesFile !== true && /^(?:post|patch) /.test(route);
    if (takesBody) {
      itStoresNothing(
        `${route} › not JSON, wrong type, too large, too deep › 400, 415, 413, 400`,
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
    }

    if (!route.startsWith('get')) {
      itStoresNothing(`${route} › an unknown query field › refused`, async () => {
        const [, path = ''] = route.split(' ');
        const answer = await request(sample, {
          path: `${path.replace(':id', someId)}?force=1`,
          ...(body === undefined ? {} : { json: body }),
        });
        assertInvalid(answer, ['query.force'], 'force=1');
      });
    }

    if (body === undefined && takesBody) {
      itStoresNothing(`${route} › an unexpected body › refused`, async () => {
        for (const { name, value } of foreignFields.filter(({ name }) => name !== '')) {
          assertInvalid(await request(sample, { json: { [name]: value } }), [`body.${name}`], name);
        }
      });
    }

    if (route.includes(':id')) {
      itStoresNothing(`${route} › an invalid id › 400 or 404, never looked up`, async () => {
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
              assertInvalid(answer, [`query.${pathOfOperator(field, operator)}`], name);
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

  itStoresNothing('an invalid Authorization header › 401 on every route that needs one', async () => {
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
