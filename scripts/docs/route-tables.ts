import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { eventTable, passingEventTable } from '../../src/app/events.ts';
import { problems } from '../../src/app/problems.ts';
import { apiDescription } from '../../src/app/api-description.ts';
import { createHttpServer, type HttpServer } from '../../src/http/server.ts';
import type { RawRoute } from '../../src/http/raw-route.ts';
import type { AnyRoute } from '../../src/http/route.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { rootDir } from '../paths.ts';

type Table = readonly (AnyRoute | RawRoute)[];

/** The server address in the committed document; a running API uses its PUBLIC_URL. */
const publicUrl = 'http://localhost:4000';

/**
 * Replaces every service of a route table. Building the table may destructure and call it, but no request ever uses
 * it.
 */
const nothing: never = new Proxy((() => nothing) as () => unknown, { get: () => nothing }) as never;

const tables: Readonly<Record<PropertyKey, unknown>> = { eventTable, passingTable: passingEventTable };

/** The same, but with the tables of events: the description of their stream names each type. */
const onlyTables: never = new Proxy((() => nothing) as () => unknown, {
  get: (_, name) => tables[name] ?? nothing,
}) as never;

/** The functions that build route tables, by file: every `routes.ts` under `src/` exports at least one. */
export async function findRouteTables(): Promise<ReadonlyMap<string, readonly string[]>> {
  const tables = new Map<string, readonly string[]>();
  for (const [file, module] of await loadRouteFiles()) {
    tables.set(
      file,
      makersIn(module).map(([name]) => name),
    );
  }
  return tables;
}

/**
 * A server with every route table but without a database, a workflow service or a port: for the API description only.
 */
export async function createDescribedServer(): Promise<Pick<HttpServer, 'openApi' | 'routes'>> {
  const entries: (AnyRoute | RawRoute)[] = [];
  for (const [, module] of await loadRouteFiles()) {
    for (const [, make] of makersIn(module)) entries.push(...make(onlyTables));
  }
  return createHttpServer({
    about: apiDescription,
    routes: entries.filter((entry): entry is AnyRoute => !isRaw(entry)),
    rawRoutes: entries.filter(isRaw),
    authenticate: nothing,
    answerOnce: nothing,
    logger: createLogger({ level: 'silent', name: 'docs' }),
    problems,
    config: {
      host: 'localhost',
      port: 4000,
      publicUrl,
      corsOrigins: [],
      allowsLocalPages: false,
      rateLimitPerMinute: 0,
      bodyMemoryBytes: 0,
      trustedProxies: 0,
      cookies: { domain: undefined, secure: false },
    },
    health: [],
  });
}

const isRaw = (entry: AnyRoute | RawRoute): entry is RawRoute => 'maxBytes' in entry;

type Maker = (deps: never) => Table;

const makersIn = (module: object): [string, Maker][] =>
  Object.entries(module).filter(
    (entry): entry is [string, Maker] => entry[0].endsWith('Routes') && typeof entry[1] === 'function',
  );

async function loadRouteFiles(): Promise<[string, object][]> {
  const source = join(rootDir, 'src');
  const files = (await readdir(source, { recursive: true })).filter((name) =>
    /^([a-z-]+[/\\])+routes\.ts$/.test(name),
  );
  return Promise.all(
    files.toSorted().map(async (name): Promise<[string, object]> => {
      const module = (await import(pathToFileURL(join(source, name)).href)) as object;
      return [name, module];
    }),
  );
}
