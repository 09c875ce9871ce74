import { setTimeout as sleep } from 'node:timers/promises';
import { messageIdOf, readLedger } from '../../proofs/shared/ledger.ts';
import { judgeCalls, measureReplies, type AcceptedMessage } from '../load/channel-calls.ts';
import { phoneOf } from '../load/lifecycle.ts';
import { runOpenLoop } from '../load/open-loop.ts';
import { runPool } from '../load/pool.ts';
import { postReply, type Thread } from '../load/replies.ts';
import { expectEqual } from '../load/verify.ts';
import type { BenchOptions } from '../options.ts';
import { round, writeResult } from '../report.ts';
import type { Log } from '../stage/stage.ts';
import { summarizeLatencies, type LatencySummary } from '../stats.ts';
import { bulkTemplate, withPriorityStage, type PriorityStage } from './priority-stage.ts';

/** Meta's limit for one recipient on one number: one message in six seconds. */
const pairLimitMs = 6_000;
/** After this many messages, a contact gets a second one right behind the first, which exercises the pair limit. */
const pairEvery = 50;
const lanes = 32;
const pollMs = 500;
const drainStartMs = 60_000;
/** After this time without progress, the remaining messages count as lost. */
const stallMs = 60_000;
/** Ends the run after this multiple of the time that the rate limit alone needs. */
const maxTimesTheLimit = 5;

/**
 * Measures how long agents' replies take to the provider on a channel whose rate a backlog uses up, and whether
 * channel and recipients keep their limits. All figures come from the sandbox's ledger.
 */
export async function benchPriority(options: BenchOptions, log: Log): Promise<void> {
  const { bulkMessages, category, replies: replyCount, repliesPerSecond, sendsPerSecond } = options;
  const result = await withPriorityStage(
    { sendsPerSecond, category, connections: lanes, log },
    async (stage) => {
      const contacts = contactOf(bulkMessages - 1) + 1;
      // Contacts at the end of the backlog: without priority their replies would wait behind it.
      const writers = Array.from(
        { length: Math.min(replyCount, contacts) },
        (_, index) => contacts - 1 - index,
      );
      await openThreads(stage, writers);
      log(
        `priority: ${bulkMessages} ${category} messages to ${contacts} contacts are accepted before the worker runs`,
      );
      const bulk = await acceptBulk(stage, bulkMessages);
      await stage.product.start('worker');
      await waitForFirstCall(stage);
      await stage.api.logIn();
      log(
        `priority: ${replyCount} replies, ${repliesPerSecond} per second; limit ${sendsPerSecond} calls per second`,
      );
      const threads = writers.map((contact): Thread => ({
        conversationId: bulk.conversations.get(contact) ?? '',
        customerName: `Ana ${contact}`,
      }));
      const { replies, generatorLagMs } = await sendReplies(stage, threads, { replyCount, repliesPerSecond });
      await waitUntilRead(stage, { sendsPerSecond, count: bulkMessages + replyCount });
      return summarize(stage, { bulkIds: bulk.ids, replies, generatorLagMs });
    },
  );
  print(result, options, log);
  log(await writeResult('priority', { options, ...result }));
  expectEqual('lost messages', result.calls.lost, 0);
  expectEqual('messages that the provider got twice', result.calls.duplicated, 0);
  expectEqual('accepted messages that are read', result.read, result.accepted);
  if (result.backlogLeft === 0)
    throw new Error('the backlog was over before the replies; take more --messages');
}

/** In every `pairEvery` messages, two neighbours have the same contact. */
const contactOf = (message: number): number => message - Math.floor((message + 1) / pairEvery);

async function openThreads(stage: PriorityStage, contacts: readonly number[]): Promise<void> {
  const worker = await stage.product.start('worker');
  await runPool(contacts.length, lanes, async (index) => stage.writeIn(phoneOf(contacts[index] ?? 0)));
  await stage.waitForThreads(contacts.length);
  await worker.stop();
}

async function acceptBulk({ api }: PriorityStage, count: number) {
  const ids: string[] = [];
  const conversations = new Map<number, string>();
  await runPool(count, lanes, async (index) => {
    const contact = contactOf(index);
    const accepted = await api.post('/api/messages/template', {
      to: phoneOf(contact),
      templateName: bulkTemplate,
    });
    ids.push(String(accepted['id']));
    conversations.set(contact, String(accepted['conversationId']));
  });
  return { ids, conversations };
}

async function waitForFirstCall({ product }: PriorityStage): Promise<void> {
  const deadline = performance.now() + drainStartMs;
  while (!(await readLedger(product.sandboxUrl)).some((item) => messageIdOf(item) !== '')) {
    if (performance.now() > deadline) throw new Error('the worker did not start the backlog');
    await sleep(pollMs);
  }
}

async function sendReplies(
  { api }: PriorityStage,
  threads: readonly Thread[],
  { replyCount, repliesPerSecond }: { replyCount: number; repliesPerSecond: number },
): Promise<{ replies: AcceptedMessage[]; generatorLagMs: number }> {
  const replies: AcceptedMessage[] = [];
  const { generatorLagMs } = await runOpenLoop(
    { count: replyCount, perSecond: repliesPerSecond },
    async (index, plannedAt) => {
      const thread = threads[index % threads.length];
      if (thread === undefined) throw new Error('there is a thread for every reply');
      const { id, timestamp } = await postReply(api, thread);
      replies.push({
        id: String(id),
        acceptedAtMs: Date.parse(String(timestamp)),
        plannedAtMs: performance.timeOrigin + plannedAt,
      });
    },
  );
  return { replies, generatorLagMs };
}

/** Also returns when progress stalls: missing messages are counted, not awaited. */
async function waitUntilRead(
  { messages }: PriorityStage,
  { sendsPerSecond, count }: { sendsPerSecond: number; count: number },
): Promise<void> {
  const deadline = performance.now() + stallMs + (count / sendsPerSecond) * 1_000 * maxTimesTheLimit;
  let progress = {
    unread: Number.POSITIVE_INFINITY,
    unsent: Number.POSITIVE_INFINITY,
    at: performance.now(),
  };
  for (;;) {
    const now = performance.now();
    const outbound = { direction: 'outbound' };
    const unread = await messages.countDocuments({ ...outbound, status: { $ne: 'read' } });
    const unsent = await messages.countDocuments({
      ...outbound,
      status: { $in: ['scheduled', 'queued', 'sending'] },
    });
    if (unread === 0) return;
    if (unread < progress.unread || unsent < progress.unsent) progress = { unread, unsent, at: now };
    if (now > deadline || now - progress.at > stallMs) return;
    await sleep(pollMs);
  }
}

interface Outcome {
  readonly bulkIds: readonly string[];
  readonly replies: readonly AcceptedMessage[];
  readonly generatorLagMs: number;
}

async function summarize(
  { product, messages, phoneNumberId }: PriorityStage,
  { bulkIds, replies, generatorLagMs }: Outcome,
) {
  const ledger = (await readLedger(product.sandboxUrl)).filter(
    (item) => item.phoneNumberId === phoneNumberId,
  );
  const ids = [...bulkIds, ...replies.map(({ id }) => id)];
  const { fromAcceptance, fromPlan, othersAfterLast } = measureReplies(ledger, replies);
  return {
    accepted: new Set(ids).size,
    read: await messages.countDocuments({ direction: 'outbound', status: 'read' }),
    calls: judgeCalls(ledger, ids),
    latencyMs: { fromAcceptance: latencyOf(fromAcceptance), fromPlan: latencyOf(fromPlan) },
    backlogLeft: othersAfterLast,
    generatorLagMs: round(generatorLagMs, 1),
  };
}

/** Null if no reply arrived: all are counted as lost. */
const latencyOf = (values: readonly number[]): LatencySummary | null =>
  values.length === 0 ? null : summarizeLatencies(values);

type Result = Awaited<ReturnType<typeof summarize>>;

function print(
  { calls, latencyMs, ...result }: Result,
  { sendsPerSecond: limit, category }: Pick<BenchOptions, 'sendsPerSecond' | 'category'>,
  log: Log,
): void {
  log(`priority: reply, acceptance to provider: ${describeLatency(latencyMs.fromAcceptance)}`);
  log(
    `  from the moment at which its request was due: ${describeLatency(latencyMs.fromPlan)} ` +
      `(the generator up to ${result.generatorLagMs} ms late)`,
  );
  log(`  backlog that still waited when the last reply was accepted: ${result.backlogLeft}`);
  const overLimit = calls.maxInOneSecond > limit ? ' OVER THE LIMIT' : '';
  log(`priority: most calls of the channel in any 1 s: ${calls.maxInOneSecond} of ${limit}${overLimit}`);
  const closest = calls.closestPairMs;
  // Only campaigns get no burst.
  const isTooClose = category === 'marketing' && closest !== null && closest < pairLimitMs;
  const tooClose = isTooClose ? ` CLOSER THAN ${pairLimitMs} ms` : '';
  log(`priority: closest pair of calls for one contact: ${closest ?? 'none'} ms${tooClose}`);
  log(
    `priority: ${result.accepted} accepted, ${calls.calls} calls, ${calls.refused} refused, ${result.read} read; ` +
      `duplicates ${calls.duplicated}, lost ${calls.lost}`,
  );
}

const describeLatency = (latency: LatencySummary | null): string => {
  if (latency === null) return 'no reply arrived';
  const [p50, p95, p99, longest] = [latency.p50, latency.p95, latency.p99, latency.longest].map((ms) =>
    ms.toFixed(0),
  );
  return `p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, longest ${longest} ms`;
};
