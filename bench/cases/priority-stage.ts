import { setTimeout as sleep } from 'node:timers/promises';
import type mongoose from 'mongoose';
import type { BenchOptions } from '../options.ts';
import type { Log } from '../stage/stage.ts';
import { withProductStage, type ProductStage } from './product-stage.ts';

/** One business with one rate-limited channel; the worker starts after the backlog has been accepted. */
export interface PriorityStage extends ProductStage {
  readonly phoneNumberId: string;
  /** Sends a message from the contact to the business, so that an agent may reply with free text. */
  writeIn(phone: string): Promise<void>;
  /** Resolves when that many contacts have an open service window. */
  waitForThreads(count: number): Promise<void>;
}

/** Without variables. */
export const bulkTemplate = 'hello_world';

const waitMs = 60_000;
const pollMs = 200;

interface PriorityStageOptions extends Pick<BenchOptions, 'sendsPerSecond' | 'category'> {
  readonly connections: number;
  readonly log: Log;
}

export function withPriorityStage<T>(
  { sendsPerSecond, category, connections, log }: PriorityStageOptions,
  work: (stage: PriorityStage) => Promise<T>,
): Promise<T> {
  const env = { PROVIDER_SENDS_PER_SECOND: String(sendsPerSecond) };
  return withProductStage({ connections, env, log }, async (stage) => {
    const { product } = stage;
    const db = stage.mongo.db();
    const changed = await db
      .collection('templates')
      .updateOne({ name: bulkTemplate }, { $set: { category } });
    if (changed.matchedCount !== 1) throw new Error(`there is no template ${bulkTemplate} to send in bulk`);
    const phoneNumberId = String((await db.collection('channels').findOne())?.['phoneNumberId']);
    return work({
      ...stage,
      phoneNumberId,
      writeIn: (phone) => postInbound(product.sandboxUrl, { phoneNumberId, from: phone }),
      waitForThreads: (count) => waitForThreads(db.collection('conversations'), count),
    });
  });
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
  if (!isTaken) throw new Error(`the sandbox refused the inbound message: ${text.slice(0, 500)}`);
}

async function waitForThreads(conversations: mongoose.mongo.Collection, count: number): Promise<void> {
  const deadline = performance.now() + waitMs;
  while ((await conversations.countDocuments({ windowExpiresAt: { $exists: true } })) < count) {
    if (performance.now() > deadline) throw new Error(`not all ${count} threads were opened`);
    await sleep(pollMs);
  }
}
