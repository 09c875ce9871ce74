import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { Types, type mongo } from 'mongoose';
import { rootDir } from '../../scripts/paths.ts';
import { newId } from '../../src/platform/ids.ts';
import { runMigrations } from '../../src/platform/migrations.ts';
import { databaseOf } from '../../src/platform/mongo.ts';
import { buildMessage } from '../support/messages.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

const folder = join(rootDir, 'docs/runbooks');
const someId = '64b000000000000000000000';

interface Snippet {
  readonly page: string;
  readonly code: string;
}

/** All that the pages tell to type into mongosh: blocks, and code in sentences that reads a collection. */
function readSnippets(): Snippet[] {
  return readdirSync(folder).flatMap((page) => {
    const text = readFileSync(join(folder, page), 'utf8');
    const blocks = [...text.matchAll(/^ *```js\n([\s\S]*?)^ *```/gm)].map(([, code = '']) => code);
    const inline = [
      ...text.replaceAll(/^ *```[\s\S]*?^ *```/gm, '').matchAll(/`(db\.\w+\.\w+\([^`]*)`/g),
    ].map(([, code = '']) => code);
    return [...blocks, ...inline].map((code) => ({ page, code }));
  });
}

type Command = mongo.Document;

/** What mongosh's shell offers, as far as the pages use it; it records the commands instead of running them. */
function createShell(ids: readonly Types.ObjectId[]) {
  const commands: Command[] = [];
  const cursorOf = (command: Command) => {
    commands.push(command);
    const cursor = {
      sort: (sort: Command) => (Object.assign(command, { sort }), cursor),
      limit: (limit: number) => (Object.assign(command, { limit }), cursor),
      next: () => ({ seq: 1, seal: { hash: '' } }),
    };
    return cursor;
  };
  const collection = (name: string) => ({
    find: (filter: Command = {}, projection: Command = {}) => cursorOf({ find: name, filter, projection }),
    findOne(filter: Command = {}, projection: Command = {}) {
      commands.push({ find: name, filter, projection, limit: 1 });
      return { body: '{"phone_number_id":"1"}' };
    },
    aggregate: (pipeline: Command[]) => void commands.push({ aggregate: name, pipeline, cursor: {} }),
    /** What an update reads. */
    updateOne: (filter: Command) => void commands.push({ find: name, filter, limit: 1 }),
    countDocuments: (query: Command = {}) =>
      void commands.push({ aggregate: name, pipeline: [{ $match: query }, { $count: 'n' }], cursor: {} }),
    distinct(key: string, query: Command = {}) {
      commands.push({ distinct: name, key, query });
      return ids;
    },
  });
  const db = new Proxy({}, { get: (_target, name) => collection(String(name)) });
  return { commands, db, ObjectId: (id: string) => new Types.ObjectId(id), Date };
}

/** The commands of a snippet, with examples in place of `<id>`, `<gate>` and `…`. */
function commandsOf({ code }: Snippet, ids: readonly Types.ObjectId[]): Command[] {
  const shell = createShell(ids);
  const filled = code
    .replaceAll(/ObjectId\('[^']*'\)/g, `ObjectId('${someId}')`)
    .replaceAll('<gate>', 'template');
  runInNewContext(filled, shell);
  return shell.commands;
}

interface Scan {
  readonly stage: string;
  readonly indexBounds?: Readonly<Record<string, readonly string[]>>;
  readonly isSparse?: boolean;
  readonly isPartial?: boolean;
}

/** The stages of the plans that the server has chosen. */
function stagesIn(plan: unknown, isChosen = false): Scan[] {
  if (typeof plan !== 'object' || plan === null) return [];
  const own = isChosen && 'stage' in plan && typeof plan.stage === 'string' ? [plan as Scan] : [];
  const below = Object.entries(plan).flatMap(([key, value]) =>
    stagesIn(value, isChosen || key === 'winningPlan'),
  );
  return [...own, ...below];
}

/** Reads documents that it does not need: a whole collection, or a whole index that holds all of it. */
function readsTooMuch({ stage, indexBounds = {}, isSparse = false, isPartial = false }: Scan): boolean {
  if (stage === 'COLLSCAN') return true;
  const [first = []] = Object.values(indexBounds);
  return stage === 'IXSCAN' && !isSparse && !isPartial && first.join() === '[MinKey, MaxKey]';
}

describe('runbook queries', () => {
  const snippets = readSnippets();
  const ids = Array.from({ length: 3 }, newId);
  let database: TestDatabase;

  before(async function () {
    this.timeout(60_000);
    database = await connectTestDatabase('runbook_queries', []);
    await runMigrations(database.connection);
    const statuses = ['read', 'read', 'read', 'sent', 'failed', 'queued', 'unknown'] as const;
    const messages = Array.from({ length: 700 }, (_value, index) =>
      buildMessage({
        clientId: ids[index % ids.length] ?? newId(),
        status: statuses[index % statuses.length] ?? 'read',
      }),
    );
    await databaseOf(database.connection).collection('messages').insertMany(messages);
  });
  after(() => database?.close());

  const explain = async (command: Command): Promise<Scan[]> =>
    stagesIn(await database.connection.db?.command({ explain: command, verbosity: 'queryPlanner' }));

  it('the pages › were read, each query is a query', () => {
    assert.ok(snippets.length >= 18, `${snippets.length} snippets`);
    for (const snippet of snippets) assert.ok(commandsOf(snippet, ids).length > 0, snippet.page);
  });

  for (const [index, snippet] of snippets.entries())
    it(`${snippet.page}, ${index + 1} › on-call types it at night › it reads by an index, and no whole collection`, async () => {
      for (const command of commandsOf(snippet, ids)) {
        const stages = await explain(command);
        assert.ok(stages.length > 0, JSON.stringify(command));
        assert.ok(!stages.some(readsTooMuch), `${JSON.stringify(command)}: ${JSON.stringify(stages)}`);
      }
    });

  it('the judgement itself › notices a scan, and an index that holds everything', async () => {
    const all = await explain({ find: 'messages', filter: { direction: 'outbound' } });
    assert.ok(all.some(readsTooMuch));
    const sorted = await explain({
      find: 'messages',
      filter: {},
      sort: { clientId: 1, timestamp: -1, _id: -1 },
    });
    assert.ok(sorted.some(readsTooMuch));
    const some = await explain({ find: 'messages', filter: { clientId: ids[0], status: 'queued' } });
    assert.ok(!some.some(readsTooMuch));
  });
});
