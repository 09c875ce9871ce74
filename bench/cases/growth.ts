import mongoose from 'mongoose';
import { createApiClient } from '../load/api-client.ts';
import {
  captureAnswer,
  capturePage,
  pathOfPage,
  readClosedLoop,
  timeAlone,
  type CheckedPage,
} from '../load/page-load.ts';
import { latestConversation, storeConversations, type Owner } from '../load/stored-conversations.ts';
import { commonWord, orderOf, rareWord, storeWords, timeOf } from '../load/stored-words.ts';
import { startMeter } from '../meter.ts';
import type { BenchOptions } from '../options.ts';
import { round, writeResult } from '../report.ts';
import { createProduct } from '../stage/product.ts';
import { createStage, type Log } from '../stage/stage.ts';
import { median, quantile } from '../stats.ts';

const allSizes = [10_000, 100_000, 1_000_000];
const connections = 8;
const aloneReads = 100;

interface Figure {
  readonly cpuUsPerRequest: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** By the name of the operation. */
type Figures = Record<string, Figure>;

/**
 * The reading part of B8: the cost of a page with 10,000, 100,000 and 1,000,000 stored messages, up to `--stored`, in a
 * twentieth as many conversations, and of the token index for each message.
 */
export async function benchGrowth(
  { rounds, reads, stored, ...options }: BenchOptions,
  log: Log,
): Promise<void> {
  const sizes = allSizes.filter((size) => size <= stored);
  const bySize: Record<number, Figures> = {};
  const indexes: Record<number, object> = {};
  await withStage({ profileDir: options.profileDir, log }, async (stage) => {
    let from = 0;
    const now = Date.now();
    for (const to of sizes) {
      const tokens = await storeWords(stage.db, stage.owner, { from, to, now });
      const places = { from, to, timeOf: (index: number) => timeOf(index, now) };
      await storeConversations(stage.db, stage.owner, places);
      from = to;
      indexes[to] = { tokensPerMessage: round(tokens, 1), ...(await bytesPerMessage(stage.db, to)) };
      log(`B8: ${to} messages stored; ${JSON.stringify(indexes[to])}`);
      // Storing a million messages takes longer than a token lives.
      const authorization = await stage.logIn();
      bySize[to] = await measureAll({ ...stage, authorization }, { rounds, reads });
      for (const [name, figure] of Object.entries(bySize[to]))
        log(`${to} ${name}: ${JSON.stringify(figure)}`);
    }
  });
  const exponents = exponentsOf(sizes, bySize);
  log(`exponent of CPU per request over messages: ${JSON.stringify(exponents)}`);
  log(
    await writeResult('b8', { options: { rounds, reads, stored, ...options }, bySize, indexes, exponents }),
  );
}

interface GrowthStage {
  readonly db: mongoose.mongo.Db;
  readonly owner: Owner;
  readonly pids: { readonly api: number; readonly mongod: number };
  readonly url: string;
  /** Returns a fresh Authorization header. */
  logIn(): Promise<string>;
}

type Measured = GrowthStage & { readonly authorization: string };

async function withStage(
  { profileDir, log }: { readonly profileDir: string | null; readonly log: Log },
  work: (stage: GrowthStage) => Promise<void>,
): Promise<void> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const stage = await createStage(log);
    closers.push(stage.stop);
    const product = await createProduct(stage, { profileDir });
    await product.migrate();
    const { pid: api } = await product.start('api');
    const client = createApiClient(product.apiUrl, 1);
    closers.push(client.close);
    await client.signUp();
    const mongo = await new mongoose.mongo.MongoClient(product.mongoUri).connect();
    closers.push(() => mongo.close());
    const db = mongo.db();
    const channel = await db.collection('channels').findOne();
    if (channel === null) throw new Error('the new business has no channel');
    const clientId = channel['clientId'] as mongoose.Types.ObjectId;
    await work({
      db,
      owner: { clientId, channelId: channel._id },
      pids: { api, mongod: stage.pids.mongod },
      url: product.apiUrl,
      async logIn() {
        await client.logIn();
        return client.authorization();
      },
    });
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

const pathsOf: Readonly<Record<string, string>> = {
  conversations: '/api/conversations?limit=50',
  'open conversations': '/api/conversations?limit=50&status=open,pending',
  'conversations, unread first': '/api/conversations?limit=50&sort=unread',
  'conversations, longest wait first': '/api/conversations?limit=50&sort=waiting',
  'conversations, page 1 of 10 each': '/api/conversations?limit=10',
  'messages, page 1 of 10 each': '/api/messages?limit=10',
  'latest messages': '/api/messages?limit=50',
  'a thread': `/api/messages?limit=50&conversationId=${latestConversation.toHexString()}`,
  'a common word and the beginning of a rare one': `/api/messages?limit=50&q=${commonWord}%20${rareWord.slice(0, 6)}`,
  'a rare word and the beginning of a common one': `/api/messages?limit=50&q=${rareWord}%20k`,
  'an order number': `/api/messages?limit=50&q=${encodeURIComponent(orderOf(20))}`,
  'the beginning of many words': '/api/messages?limit=50&q=k',
  'the beginning of rare words': `/api/messages?limit=50&q=${rareWord.slice(0, 6)}`,
};

/** As deep as a page can be: the last one of fewer conversations. */
const deepPage = 1_000;

/** What is measured, by its name. */
async function targetsOf({ url, authorization }: Measured): Promise<(readonly [string, CheckedPage])[]> {
  const target = (path: string) => ({ url, path, authorization });
  const targets: (readonly [string, CheckedPage])[] = [];
  for (const [name, path] of Object.entries(pathsOf)) targets.push([name, await capturePage(target(path))]);
  for (const list of ['conversations', 'messages']) {
    const path = await pathOfPage(target(`/api/${list}?limit=10`), deepPage);
    targets.push([`${list}, page ${deepPage} of 10 each`, await capturePage(target(path))]);
  }
  targets.push(['counts of conversations', await captureAnswer(target('/api/conversations/counts'))]);
  return targets;
}

async function measureAll(
  stage: Measured,
  { rounds, reads }: Pick<BenchOptions, 'rounds' | 'reads'>,
): Promise<Figures> {
  const figures: Figures = {};
  for (const [name, page] of await targetsOf(stage)) {
    await readClosedLoop(page, { count: Math.ceil(reads / 4), connections });
    const each: number[] = [];
    for (let index = 0; index < rounds; index += 1) each.push(await cpuUsOf(page, stage.pids, reads));
    const [times = []] = await timeAlone([page], aloneReads);
    figures[name] = {
      cpuUsPerRequest: round(median(each), 0),
      ...{ p50Ms: round(median(times)), p95Ms: round(quantile(times, 0.95)) },
    };
  }
  return figures;
}

async function cpuUsOf(page: CheckedPage, pids: GrowthStage['pids'], reads: number): Promise<number> {
  const stop = startMeter(pids);
  await readClosedLoop(page, { count: reads, connections });
  return (stop().totalCpuMs * 1_000) / reads;
}

/** Bytes of the index of tokens, of all indexes, and of the documents, for each message. */
async function bytesPerMessage(db: mongoose.mongo.Db, count: number) {
  await db.admin().command({ fsync: 1 });
  const [stats] = await db
    .collection('messages')
    .aggregate([{ $collStats: { storageStats: {} } }])
    .toArray();
  const { indexSizes, totalIndexSize, size } = (stats?.['storageStats'] ?? {}) as {
    readonly indexSizes: Readonly<Record<string, number>>;
    readonly totalIndexSize: number;
    readonly size: number;
  };
  return {
    tokenIndexBytes: round((indexSizes['searched'] ?? 0) / count, 0),
    allIndexBytes: round(totalIndexSize / count, 0),
    documentBytes: round(size / count, 0),
  };
}

/** The slope between the smallest and the largest size, both on logarithmic scales; 0 means that growth costs nothing. */
function exponentsOf(sizes: readonly number[], bySize: Readonly<Record<number, Figures>>) {
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (first === undefined || last === undefined || first === last) return {};
  return Object.fromEntries(
    Object.entries(bySize[last] ?? {}).map(([name, { cpuUsPerRequest }]) => {
      const before = bySize[first]?.[name]?.cpuUsPerRequest ?? Number.NaN;
      return [name, round(Math.log(cpuUsPerRequest / before) / Math.log(last / first))];
    }),
  );
}
