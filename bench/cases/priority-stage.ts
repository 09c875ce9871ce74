import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { createApiClient, type ApiClient } from '../load/api-client.ts';
import { createProduct, type Product } from '../stage/product.ts';
import { createStage, type Log } from '../stage/stage.ts';

/** One business with one channel that has a limit; the worker is started when the backlog is there. */
export interface PriorityStage {
  readonly product: Product;
  readonly api: ApiClient;
  readonly messages: mongoose.mongo.Collection;
  readonly phoneNumberId: string;
  /** Lets this contact write to the business, so that an agent may answer freely. */
  writeIn(phone: string): Promise<void>;
  /** Resolves once that many contacts have an open service window. */
  waitForThreads(count: number): Promise<void>;
}

/** Without variables; the category of every starter template is utility. */
export const bulkTemplate = 'hello_world';

const waitMs = 60_000;
const pollMs = 200;

export async function withPriorityStage<T>(
  { sendsPerSecond, connections, log }: { sendsPerSecond: number; connections: number; log: Log },
  work: (stage: PriorityStage) => Promise<T>,
): Promise<T> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const stage = await createStage(log);
    closers.push(stage.stop);
    const product = await createProduct(stage, {
      env: { PROVIDER_SENDS_PER_SECOND: String(sendsPerSecond) },
    });
    await product.migrate();
    await product.start('sandbox');
    await product.start('api');
    const api = createApiClient(product.apiUrl, connections);
    closers.push(api.close);
    const mongo = await new mongoose.mongo.MongoClient(product.mongoUri).connect();
    closers.push(() => mongo.close());
    await api.signUp();
    const db = mongo.db();
    const renamed = await db
      .collection('templates')
      .updateOne({ name: bulkTemplate }, { $set: { category: 'marketing' } });
    if (renamed.matchedCount !== 1) throw new Error(`there is no template ${bulkTemplate} to send in bulk`);
    const phoneNumberId = String((await db.collection('channels').findOne())?.['phoneNumberId']);
    return await work({
      product,
      api,
      messages: db.collection('messages'),
      phoneNumberId,
      writeIn: (phone) => postInbound(product.sandboxUrl, { phoneNumberId, from: phone }),
      waitForThreads: (count) => waitForThreads(db.collection('conversations'), count),
    });
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function postInbound(
  sandboxUrl: string,
  message: { phoneNumberId: string; from: string },
): Promise<void> {
  const response = await fetch(`${sandboxUrl}/sandbox/inbound`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...message, type: 'text', text: 'Where is my order?' }),
  });
  const text = await response.text();
  const isTaken = response.ok && (JSON.parse(text) as { webhookStatus?: number }).webhookStatus === 200;
  if (!isTaken) throw new Error(`the inbound message was not taken: ${text.slice(0, 500)}`);
}

async function waitForThreads(conversations: mongoose.mongo.Collection, count: number): Promise<void> {
  const deadline = performance.now() + waitMs;
  while ((await conversations.countDocuments({ windowExpiresAt: { $exists: true } })) < count) {
    if (performance.now() > deadline) throw new Error(`not all ${count} threads were opened`);
    await sleep(pollMs);
  }
}
