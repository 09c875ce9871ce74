import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { rootDir } from '../../scripts/paths.ts';
import { platformCollections } from '../../src/platform/declare-model.ts';
import { models } from '../support/models.ts';
import { files } from './imports.ts';

const sources = files
  .filter((file) => file.startsWith('src/'))
  .map((file) => ({ file, text: readFileSync(join(rootDir, file), 'utf8') }));

const opensTenantData = /\bopenTenantCollection\(/;
const wrapper = 'src/platform/tenant-collection.ts';

interface Ban {
  readonly says: string;
  readonly pattern: RegExp;
  /** The only files that may. */
  readonly among: readonly string[];
}

const bans: readonly Ban[] = [
  {
    says: 'only the platform opens a collection',
    pattern: /\.collections?\s*[(<[]|\.collection\.\w/g,
    among: [
      wrapper,
      'src/platform/platform-collection.ts',
      'src/platform/migrations.ts',
      'src/platform/migration-lock.ts',
    ],
  },
  {
    says: 'a model is a declaration: nobody makes one that can be queried',
    pattern: /\.models?\s*[(<[]|\bmongoose\.model\b/g,
    among: [],
  },
  {
    says: 'the database is for the platform, the health check and the library that counts attempts',
    pattern: /\bdatabaseOf\(|\.db\b|\.getClient\(\)\.db\b/g,
    among: [
      'src/platform/mongo.ts',
      wrapper,
      'src/platform/platform-collection.ts',
      'src/platform/migrations.ts',
      'src/platform/migration-lock.ts',
      'src/app/dependencies.ts',
      'src/identity/attempts/limiter.ts',
    ],
  },
  {
    says: 'the time of a search is bounded, and its end answered, in one place',
    pattern: /\bwithinSearchTime\(|\bmaxSearchMs\b/g,
    among: [wrapper, 'src/platform/search-time.ts'],
  },
  {
    says: 'a collection or a schema is never what a cast says',
    pattern: /\bas\s+(?:unknown\s+as\s+)?(?:mongo(?:ose)?\.)?(?:Collection|Schema|Model|TenantCollection)\b/g,
    among: [],
  },
  {
    says: 'the door across clients is opened where it is used, not kept under another name',
    pattern: /\{[^{}]*\bacrossClients\b[^{}]*\}\s*=|=\s*[\w.]+\.acrossClients\b(?!\.)/g,
    among: [],
  },
];

const breaches = ({ pattern, among }: Ban, { file, text }: { file: string; text: string }): string[] =>
  among.includes(file) ? [] : [...text.matchAll(pattern)].map(([found]) => `${file}: ${found}`);

/** A connection that opens collections which are never asked. */
const noDatabase = { db: { collection: () => ({}) } } as unknown as Connection;

type Query = (...given: never[]) => unknown;

const isQuery = (value: unknown): value is Query => typeof value === 'function';

/** Every function of every repository of tenant data, by its name. */
async function loadQueries(): Promise<readonly (readonly [string, Query])[]> {
  const stores = sources.filter(({ file, text }) => file !== wrapper && opensTenantData.test(text));
  const found = await Promise.all(
    stores.map(async ({ file }) => {
      const exported = (await import(join(rootDir, file))) as Record<string, unknown>;
      const factories = Object.entries(exported).filter(([name]) =>
        /^create\w+(Repository|Measures)$/.test(name),
      );
      assert.ok(factories.length > 0, `${file} opens tenant data and exports no repository`);
      return factories.flatMap(([, create]) =>
        Object.entries((create as Query)(noDatabase as never) as object),
      );
    }),
  );
  return found.flat().filter((entry): entry is [string, Query] => isQuery(entry[1]));
}

const takesScope = (query: Query): boolean =>
  /^(?:async\s+)?(?:(?:function\s*)?\w*\s*\(\s*)?scope\b/.test(String(query));

const crosses = (name: string): boolean => name.endsWith('AcrossClients');

/** What is wrong with a repository's function; null is good. */
function judge(name: string, query: Query): string | null {
  if (crosses(name))
    return takesScope(query) ? `${name} takes a scope and says that it crosses clients` : null;
  if (!takesScope(query)) return `${name} takes no scope first`;
  return String(query).includes('acrossClients') ? `${name} crosses clients and does not say so` : null;
}

describe('architecture › tenancy', () => {
  for (const ban of bans) {
    it(`${ban.says} › is kept`, () => {
      assert.deepEqual(
        sources.flatMap((source) => breaches(ban, source)),
        [],
      );
    });
  }

  it('a repository of tenant data › takes the scope first, or says that it crosses clients', async () => {
    const queries = await loadQueries();
    assert.ok(queries.length > 100, `${queries.length} functions`);
    assert.deepEqual(
      queries.map(([name, query]) => judge(name, query)).filter((problem) => problem !== null),
      [],
    );
  });

  it('the list of collections without an owner › names those that there are, each with its reason', () => {
    const ofPlatform = models.flatMap(({ owner, collection }) => (owner === 'platform' ? [collection] : []));
    assert.deepEqual(ofPlatform.toSorted(), Object.keys(platformCollections).toSorted());
  });

  it('a model of tenant data › has an owner in its schema, and each collection has one model', () => {
    const collections = models.map(({ collection }) => collection);
    assert.equal(new Set(collections).size, collections.length);
    assert.ok(models.length > 20, `${models.length} models`);
    for (const { owner, schema, collection } of models) {
      assert.equal(schema.path('clientId') !== undefined, owner === 'client', collection);
    }
  });
});

describe('architecture › the judgement of tenancy', () => {
  const breaks = (says: string, text: string): boolean => {
    const ban = bans.find((candidate) => candidate.says.startsWith(says));
    assert.ok(ban);
    return breaches(ban, { file: 'src/people/leads/repository.ts', text }).length > 0;
  };
  const examples: readonly [string, string][] = [
    ['only the platform opens', "connection.collection<LeadDoc>('leads').find({})"],
    ['only the platform opens', 'leadModel(connection).collection.find({})'],
    ['a model is a declaration', "connection.model('Lead', schema).find({})"],
    ['the database is for', 'databaseOf(connection)'],
    ['the database is for', 'connection.db?.listCollections()'],
    ['a collection or a schema', 'raw as unknown as mongo.Collection<LeadDoc>'],
    ['a collection or a schema', 'leadSchema as unknown as Schema<LeadDoc>'],
    ['the door across clients', 'const all = leads.acrossClients;'],
    ['the door across clients', 'const { acrossClients } = leads;'],
  ];
  for (const [says, text] of examples) {
    it(`${text} › is noticed`, () => assert.ok(breaks(says, text)));
  }

  it('a function of a repository › by its first parameter, its name and what it does', () => {
    const leads = { acrossClients: { find: () => [] }, find: () => [] };
    const scoped = (scope: object) => [scope, leads.find()];
    const unscoped = () => leads.find();
    const crossing = () => leads.acrossClients.find();
    const disguised = (scope: object) => [scope, leads.acrossClients.find()];
    assert.deepEqual(
      [
        judge('list', scoped),
        judge('listAcrossClients', crossing),
        judge('list', unscoped),
        judge('list', disguised),
        judge('listAcrossClients', scoped),
      ].map((problem) => problem === null),
      [true, true, false, false, false],
    );
  });
});
