import assert from 'node:assert/strict';
import { z } from 'zod';
import { createDescribedServer } from '../../scripts/docs/route-tables.ts';
import type { AnyRoute } from '../../src/http/route.ts';
import { paging } from './bad-queries.ts';
import type { Json } from './hostile.ts';
import type { Owner, Place } from './owned-places.ts';
import type { Sample } from './request-samples.ts';

/*
 * The requests of a plain resource follow from its routes: their examples are good bodies, and an object is made by a
 * POST to the path before `/:id`. So only routes that need more have a row of their own.
 */

const { routes } = await createDescribedServer();

const nameOf = ({ method, path }: AnyRoute): string => `${method} ${path}`;

const rowNeeded = (entry: AnyRoute, why: string): Error =>
  new Error(`${nameOf(entry)} needs a row of its own in tests/support: ${why}`);

function exampleOf(entry: AnyRoute): Readonly<Record<string, Json>> | undefined {
  if (entry.body === undefined) return undefined;
  const examples: unknown = z.globalRegistry.get(entry.body)?.['examples'];
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  if (typeof example !== 'object' || example === null) throw rowNeeded(entry, 'its body has no example');
  return example as Readonly<Record<string, Json>>;
}

const requiredIn = (body: AnyRoute['body']): string[] =>
  body instanceof z.ZodObject
    ? Object.entries(body.shape)
        .filter(([, field]) => !(field as z.ZodType).safeParse(undefined).success)
        .map(([name]) => name)
    : [];

function queryOf(entry: AnyRoute): Pick<Sample, 'query'> {
  const { method, query } = entry;
  if (query === undefined) return method === 'get' ? { query: {} } : {};
  const names = query instanceof z.ZodObject ? Object.keys(query.shape) : [];
  if (names.length !== 2 || !names.every((name) => name in paging))
    throw rowNeeded(entry, 'its query has more than a page');
  return { query: paging };
}

function sampleOf(entry: AnyRoute): Sample {
  const body = exampleOf(entry);
  const isPatch = entry.method === 'patch';
  return {
    route: nameOf(entry),
    ...queryOf(entry),
    ...(body === undefined ? {} : { body, required: isPatch ? [] : requiredIn(entry.body) }),
  };
}

/** A sample for each route that has no row. */
export function plainSamples(rows: readonly Sample[]): Sample[] {
  const written = new Set(rows.map(({ route }) => route));
  return routes.filter((entry) => !written.has(nameOf(entry))).map(sampleOf);
}

/** Makes an object by the example of its POST; takes the one that is there when no second may be like it. */
const objectAt =
  (path: string) =>
  async ({ user }: Owner): Promise<string> => {
    const post = routes.find((entry) => nameOf(entry) === `post ${path}`);
    assert.ok(post, `no POST makes an object of ${path}`);
    const made = await user.call<{ id: string }>(path, { body: exampleOf(post) ?? {} });
    if (made.status === 201) return made.body.id;
    assert.equal(made.status, 409, JSON.stringify(made.body));
    const { body: page } = await user.call<{ items: { id: string }[] }>(path);
    return page.items[0]?.id ?? assert.fail(`${path} says that an object exists and lists none`);
  };

function placeOf(entry: AnyRoute): Place {
  const [collection = '', rest] = entry.path.split('/:id');
  if (rest !== '') throw rowNeeded(entry, 'its path goes on after the id');
  const body = exampleOf(entry);
  return {
    route: nameOf(entry),
    what: 'the object in the path',
    idOf: objectAt(collection),
    ownStatus: Math.min(...Object.keys(entry.replies).map(Number)),
    ...(body === undefined ? {} : { body: () => body }),
  };
}

/** A place for each route with an id in its path that has no row. The token of a link is no id: it is signed. */
export function plainPlaces(rows: readonly Place[]): Place[] {
  const written = new Set(rows.map(({ route }) => route));
  return routes.filter((entry) => entry.path.includes('/:id') && !written.has(nameOf(entry))).map(placeOf);
}
