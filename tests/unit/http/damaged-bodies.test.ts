import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createDescribedServer } from '../../../scripts/docs/route-tables.ts';
import { exampleOf } from '../../../src/http/openapi.ts';
import type { AnyRoute } from '../../../src/http/route.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What stands where something else should: nothing, another type, too little, too much. */
const oddValue: fc.Arbitrary<Json | undefined> = fc.oneof(
  fc.constantFrom<Json | undefined>(
    undefined,
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'x',
    '\u0000',
    '2026-13-45',
    [],
    {},
  ),
  fc.constantFrom<Json>([[]], [[''], ['', '', '']], { type: 'text' }, ['00:00'], [null, {}], '9'.repeat(400)),
);

interface Damage {
  /** Chooses the place, whatever the size of the body. */
  readonly place: number;
  readonly value: Json | undefined;
}

const damage: fc.Arbitrary<Damage> = fc.record({ place: fc.nat(), value: oddValue });

/** The places of a body that hold something, as paths. */
function placesIn(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => placesIn(item as Json, [...path, key]))];
}

function damaged(body: Json, { place, value }: Damage): Json {
  const places = placesIn(body).slice(1);
  const path = places[place % Math.max(1, places.length)];
  if (path === undefined) return body;
  const copy = structuredClone(body) as Record<string, Json | undefined>;
  let holder = copy;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string, Json | undefined>;
  const last = path.at(-1) ?? '';
  if (value === undefined) Reflect.deleteProperty(holder, last);
  else holder[last] = value;
  return copy as Json;
}

describe('damaged bodies', function () {
  this.timeout(120_000);

  it('of any route, damaged in any places › accepted or refused, and nothing is thrown', async () => {
    const { routes } = await createDescribedServer();
    const withBody = routes.filter(
      (entry): entry is AnyRoute & { readonly body: object } => entry.body !== undefined,
    );
    assert.ok(withBody.length > 60, `${withBody.length} routes have a body`);
    for (const { body: schema, operationId } of withBody) {
      const example = (exampleOf(schema) ?? {}) as Json;
      fc.assert(
        fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
          const body = damages.reduce(damaged, example);
          try {
            schema.safeParse(body);
          } catch (error) {
            throw new Error(`${operationId}: ${JSON.stringify(body)}`, { cause: error });
          }
        }),
        { numRuns: 300 },
      );
    }
  });
});
