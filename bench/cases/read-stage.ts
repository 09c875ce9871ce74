import { isDeepStrictEqual } from 'node:util';
import mongoose from 'mongoose';
import { encodeCursor } from '../../src/platform/pagination.ts';
import { createApiClient } from '../load/api-client.ts';
import { checkPage, type CheckedPage } from '../load/page-load.ts';
import {
  conversationPosition,
  messagePosition,
  storeLists,
  type ListSizes,
  type Owner,
} from '../load/stored-lists.ts';
import { startPeer } from '../stage/peer.ts';
import { createProduct } from '../stage/product.ts';
import { createStage, type Log } from '../stage/stage.ts';

/** `documents` returns the result of the find as JSON; `views` returns it with the fields of the API's answer. */
export const baselines = ['views', 'documents'] as const;
export const kinds = ['ours', ...baselines] as const;
export type Kind = (typeof kinds)[number];

export const lists = ['conversations', 'messages'] as const;
export type List = (typeof lists)[number];

export const pageNumbers = [1, 1_000] as const;
export type PageNumber = (typeof pageNumbers)[number];

/** Two servers on one database, and their verified pages. One server provides both baselines. */
export interface ReadStage {
  readonly pids: Readonly<Record<Kind | 'mongod', number>>;
  page(kind: Kind, list: List, pageNumber: PageNumber): CheckedPage;
}

const pageSize = 50;
/** Large enough that page 1,000 is not the last of either list. */
const sizes: ListSizes = { messages: 100_000, conversations: 51_000 };
/** A second tenant's documents at the same times: a query without its tenant would mix them in. */
const otherTenantSizes: ListSizes = { messages: 5_000, conversations: 2_000 };

const positionOf = { conversations: conversationPosition, messages: messagePosition };

export async function withReadStage<T>(
  { profileDir, log }: { profileDir: string | null; log: Log },
  work: (stage: ReadStage) => Promise<T>,
): Promise<T> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const stage = await createStage(log);
    closers.push(stage.stop);
    const product = await createProduct(stage, { profileDir });
    await product.migrate();
    const ours = await product.start('api');
    const api = createApiClient(product.apiUrl, 1);
    closers.push(api.close);
    await api.signUp();
    const mongo = await new mongoose.mongo.MongoClient(product.mongoUri).connect();
    closers.push(() => mongo.close());
    const owner = await fillDatabase(mongo, log);
    const baseline = await startPeer(stage, {
      name: 'baseline',
      process: 'read-baseline',
      settings: { mongoUri: product.mongoUri, clientId: owner.clientId.toHexString(), limit: pageSize },
    });
    const servers = {
      ours: { url: product.apiUrl, authorization: api.authorization() },
      views: { url: baseline.url, authorization: null },
      documents: { url: baseline.url, authorization: null },
    };
    const pages = await checkPages(owner, servers);
    return await work({
      pids: { ours: ours.pid, views: baseline.pid, documents: baseline.pid, mongod: stage.pids.mongod },
      page: (kind, list, pageNumber) => pages[kind][list][pageNumber],
    });
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

/** Stores lists for the new business and for a second one. */
async function fillDatabase(mongo: mongoose.mongo.MongoClient, log: Log): Promise<Owner> {
  const channel = await mongo.db().collection('channels').findOne();
  if (channel === null) throw new Error('the new business has no channel');
  const owner = { clientId: channel['clientId'] as Owner['clientId'], channelId: channel._id, mark: '0' };
  const { ObjectId } = mongoose.Types;
  const otherTenant = { clientId: new ObjectId(), channelId: new ObjectId(), mark: '1' };
  const startedAt = performance.now();
  await storeLists(mongo.db(), owner, sizes);
  await storeLists(mongo.db(), otherTenant, otherTenantSizes);
  // Writes that the server has not finished must not be counted with the reads.
  await mongo.db('admin').command({ fsync: 1 });
  const seconds = (performance.now() - startedAt) / 1_000;
  log(
    `B5: ${sizes.messages} messages and ${sizes.conversations} conversations stored in ${seconds.toFixed(0)} s`,
  );
  return owner;
}

type Servers = Readonly<Record<Kind, { readonly url: string; readonly authorization: string | null }>>;

async function checkPages(owner: Owner, servers: Servers) {
  const check = (kind: Kind, list: List, pageNumber: PageNumber) =>
    checkPage({
      ...servers[kind],
      path: pathOf(owner, { kind, list, pageNumber }),
      expectedIds: Array.from({ length: pageSize }, (_, place) =>
        positionOf[list](owner, firstIndexOf(list, pageNumber) - place).id.toHexString(),
      ),
    });
  const checkList = async (kind: Kind, list: List) => ({
    1: await check(kind, list, 1),
    1_000: await check(kind, list, 1_000),
  });
  const checkKind = async (kind: Kind) => ({
    conversations: await checkList(kind, 'conversations'),
    messages: await checkList(kind, 'messages'),
  });
  const pages = {
    ours: await checkKind('ours'),
    views: await checkKind('views'),
    documents: await checkKind('documents'),
  };
  for (const list of lists) {
    for (const pageNumber of pageNumbers) {
      if (!isDeepStrictEqual(itemsOf(pages.ours[list][pageNumber]), itemsOf(pages.views[list][pageNumber])))
        throw new Error(`page ${pageNumber} of ${list} is not the same from both servers`);
    }
  }
  return pages;
}

const itemsOf = ({ body }: CheckedPage): unknown => (JSON.parse(body) as { items: unknown }).items;

/** The last stored item is the newest. */
const firstIndexOf = (list: List, pageNumber: PageNumber): number =>
  sizes[list] - 1 - (pageNumber - 1) * pageSize;

function pathOf(
  owner: Owner,
  { kind, list, pageNumber }: { kind: Kind; list: List; pageNumber: PageNumber },
): string {
  const path = kind === 'ours' ? `/api/${list}?limit=${pageSize}` : `/${kind}/${list}?`;
  if (pageNumber === 1) return path;
  // The last item of the previous page.
  const { key, id } = positionOf[list](owner, firstIndexOf(list, pageNumber) + 1);
  return kind === 'ours'
    ? `${path}&cursor=${encodeCursor({ key, id })}`
    : `${path}key=${key.toISOString()}&id=${id.toHexString()}`;
}
