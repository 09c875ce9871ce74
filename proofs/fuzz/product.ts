import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type mongo } from 'mongoose';
import { stablePort } from '../cluster/stable-port.ts';
import { prepareCluster, withCluster } from '../cluster/with-cluster.ts';
import { signUp } from '../shared/account.ts';
import type { Log } from '../shared/log.ts';
import { createRandom } from '../shared/random.ts';
import { formatReport } from '../shared/report.ts';
import { signatureOf } from '../shared/signature.ts';
import { createBodies } from './bodies.ts';
import type { CorpusEntry } from './corpus.ts';
import type { ProductFuzzOptions } from './options.ts';
import { watchWorker, type WorkerFigures } from './worker-watch.ts';

export interface ProductFuzzReport {
  readonly options: ProductFuzzOptions;
  /** Answers to the bodies, by kind and status. */
  readonly answers: ReadonlyMap<string, number>;
  readonly megabytes: number;
  /** Milliseconds until each message of the other business was stored. */
  readonly latenciesMs: readonly number[];
  readonly worker: WorkerFigures;
  readonly events: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
}

interface Business {
  readonly phoneNumberId: string;
  /** The secret address of its channel. */
  readonly url: string;
}

interface Target {
  readonly apiUrl: string;
  readonly appSecret: string;
  readonly database: mongo.Db;
  readonly workerMetricsUrl: string;
}

/** Stored, out of bounds, overloaded: everything else is a fault. */
const allowedStatuses = new Set([200, 413, 429, 503]);
const attackers = 3;
const giveUpAfterMs = 30_000;
const maxNoted = 50;
const warmUps = 10;
const maxDelayP99Ms = 100;
/** Of the worker: what it holds at the end beyond what it held after the warm-up. */
const maxHeldMiB = 64;
/** Three quarters of the worker's memory limit in deploy/kubernetes/worker.yaml. */
const maxResidentMiB = 768;

/** Posts damaged whole bodies to a running product while another business's messages must not wait. */
export async function runProductFuzz(
  options: ProductFuzzOptions,
  corpus: readonly CorpusEntry[],
  log: Log,
): Promise<ProductFuzzReport> {
  const binaries = await prepareCluster(log);
  const metricsPort = await stablePort();
  const env = { WORKER_METRICS_PORT: String(metricsPort) };
  return withCluster({ name: 'fuzz', binaries, env, log }, async ({ apiUrl, appSecret, mongodbUri }) => {
    const client = new mongoose.mongo.MongoClient(mongodbUri);
    try {
      return await fuzz(options, corpus, {
        ...{ apiUrl, appSecret, database: client.db() },
        workerMetricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
      });
    } finally {
      await client.close();
    }
  });
}

async function fuzz(
  options: ProductFuzzOptions,
  corpus: readonly CorpusEntry[],
  target: Target,
): Promise<ProductFuzzReport> {
  const other = await openBusiness(target, 'other');
  // The first messages of a process take longer, with or without enemies.
  for (let count = 0; count < warmUps; count += 1) await sendMessage(target, other, `warm-up.${count}`);
  const stopWatch = await watchWorker(target.workerMetricsUrl);
  const answers = new Map<string, number>();
  const violations: string[] = [];
  const note = (line: string) => void (violations.length < maxNoted && violations.push(line));
  const isOver = createDeadline(options.minutes * 60_000);
  let bytes = 0;

  async function attack(index: number): Promise<void> {
    const business = await openBusiness(target, `attacker-${index}`);
    const nextBody = createBodies(corpus, business.phoneNumberId, createRandom(options.seed + index));
    const pauseMs = (1_000 * attackers) / options.pace;
    while (!isOver()) {
      const startedAt = performance.now();
      const { kind, body } = nextBody();
      const status = await post(business.url, body).catch((error: unknown) => String(error));
      bytes += body.length;
      answers.set(`${kind} ${status}`, (answers.get(`${kind} ${status}`) ?? 0) + 1);
      if (typeof status === 'string' || !allowedStatuses.has(status))
        note(`${kind}: answered with ${status}`);
      await sleep(Math.max(0, pauseMs - (performance.now() - startedAt)));
    }
  }

  const latenciesMs: number[] = [];
  async function writeEachSecond(): Promise<void> {
    while (!isOver()) {
      const startedAt = performance.now();
      const tookMs = await sendMessage(target, other, String(latenciesMs.length));
      latenciesMs.push(tookMs);
      if (tookMs > options.maxMs) note(`message ${latenciesMs.length} took ${tookMs.toFixed(0)} ms`);
      await sleep(Math.max(0, 1_000 - (performance.now() - startedAt)));
    }
  }

  await Promise.all([...Array.from({ length: attackers }, (_, index) => attack(index)), writeEachSecond()]);
  const worker = await stopWatch();
  if (worker.heldMiB > maxHeldMiB) note(`the worker held ${worker.heldMiB.toFixed(0)} MiB more`);
  if (worker.mostMiB > maxResidentMiB) note(`the worker took ${worker.mostMiB.toFixed(0)} MiB`);
  if (worker.delayP99Ms.usual > maxDelayP99Ms)
    note(`the event loop of the worker was ${worker.delayP99Ms.usual.toFixed(0)} ms late (p99)`);
  const events = await target.database
    .collection('webhook_events')
    .aggregate<{ _id: string; count: number }>([{ $group: { _id: '$status', count: { $sum: 1 } } }])
    .toArray();
  return {
    options,
    answers,
    megabytes: bytes / 1e6,
    latenciesMs,
    worker,
    events: new Map(events.map(({ _id, count }) => [_id, count])),
    violations,
  };
}

const createDeadline = (milliseconds: number): (() => boolean) => {
  const endsAt = performance.now() + milliseconds;
  return () => performance.now() > endsAt;
};

/** A new client with a known secret address of its sandbox number. */
async function openBusiness({ apiUrl, database }: Target, name: string): Promise<Business> {
  const account = await signUp(apiUrl, `fuzz-${name}`);
  const { items } = await account.read<{ items: { id: string; phoneNumberId: string }[] }>('/api/channels');
  const [channel] = items;
  if (channel === undefined) throw new Error('a new client has no channel');
  const key = randomBytes(16).toString('base64url');
  await database
    .collection('channels')
    .updateOne(
      { _id: mongoose.mongo.ObjectId.createFromHexString(channel.id) },
      { $set: { webhookKeyHash: createHash('sha256').update(key).digest('hex') } },
    );
  return { phoneNumberId: channel.phoneNumberId, url: `${apiUrl}/webhook/incoming/${key}` };
}

async function post(url: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(giveUpAfterMs),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Posts a message of a contact as Meta does; returns the milliseconds until it is stored. */
async function sendMessage(target: Target, { phoneNumberId }: Business, name: string): Promise<number> {
  const id = `wamid.other.${name}`;
  const from = '4915155500044';
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550001000', phone_number_id: phoneNumberId },
    contacts: [{ wa_id: from, profile: { name: 'Ana' } }],
    messages: [
      { id, from, timestamp: String(Math.floor(Date.now() / 1_000)), type: 'text', text: { body: 'Hello' } },
    ],
  };
  const entry = [{ id: '100', changes: [{ field: 'messages', value }] }];
  const body = Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry }));
  const startedAt = performance.now();
  const headers = { 'x-hub-signature-256': signatureOf(body, target.appSecret) };
  const status = await post(`${target.apiUrl}/webhook/incoming`, body, headers).catch(() => 0);
  const messages = target.database.collection('messages');
  while (status === 200 && performance.now() - startedAt < giveUpAfterMs) {
    if ((await messages.findOne({ providerMessageId: id }, { projection: { _id: 1 } })) !== null)
      return performance.now() - startedAt;
    await sleep(10);
  }
  return giveUpAfterMs;
}

/** The outcome as a table, with every violation. */
export function formatProductFuzz(report: ProductFuzzReport): string {
  const sorted = report.latenciesMs.toSorted((a, b) => a - b);
  const at = (share: number) => `${(sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(0)} ms`;
  const counts = (map: ReadonlyMap<string, number>) =>
    [...map]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name}: ${count}`)
      .join(', ');
  return formatReport(
    [
      ['seed', report.options.seed],
      ['bodies', [...report.answers.values()].reduce((sum, count) => sum + count, 0)],
      ['megabytes', report.megabytes.toFixed(0)],
      ['answers', counts(report.answers)],
      ['events', counts(report.events)],
      ['messages of the other business', sorted.length],
      ['stored after', `median ${at(0.5)}, 99 % ${at(0.99)}, worst ${(sorted.at(-1) ?? 0).toFixed(0)} ms`],
      [
        'memory of the worker',
        `at most ${report.worker.mostMiB.toFixed(0)} MiB, holds ${report.worker.heldMiB.toFixed(0)} MiB more at the end`,
      ],
      [
        'event-loop delay of the worker',
        `p99 ${report.worker.delayP99Ms.usual.toFixed(0)} ms, in one look ${report.worker.delayP99Ms.worst.toFixed(0)} ms`,
      ],
      ['violations', report.violations.length],
    ],
    [{ title: 'Violations', lines: report.violations }],
  );
}
