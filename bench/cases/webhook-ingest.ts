import { randomBytes } from 'node:crypto';
import mongoose from 'mongoose';
import { postClosedLoop, postOpenLoop, type OpenLoopResult } from '../load/webhook-load.ts';
import { makeWebhooks } from '../load/webhooks.ts';
import { expectEqual } from '../load/verify.ts';
import { startMeter } from '../meter.ts';
import type { BenchOptions } from '../options.ts';
import { describeGrade, describeRatio, percent, round, writeResult } from '../report.ts';
import { startPeer } from '../stage/peer.ts';
import { createProduct } from '../stage/product.ts';
import { createStage, type Log, type Stage } from '../stage/stage.ts';
import { summarizeRatios } from '../stats.ts';

const rateTargets = { better: 'more', floor: 0.4, goal: 0.65, moonshot: 0.85 } as const;
const latencyTargets = {
  p50Ms: { better: 'less', floor: 250, goal: 25, moonshot: 5 },
  p99Ms: { better: 'less', floor: 1_000, goal: 100, moonshot: 25 },
} as const;
/** Meta's rates for a number with default throughput and for an upgraded one: receipts and inbound messages. */
const openLoopRates = [320, 3_300] as const;
const warmUpRequests = 3_000;

const kinds = ['ours', 'ceiling'] as const;
type Kind = (typeof kinds)[number];

/** A measured server: its webhook address and the collection of what it stored. */
interface Target {
  readonly url: string;
  readonly path: string;
  readonly pid: number;
  readonly stored: mongoose.mongo.Collection;
}

interface IngestStage {
  readonly stage: Stage;
  readonly appSecret: string;
  readonly targets: Readonly<Record<Kind, Target>>;
}

interface RoundFigures {
  readonly perSecond: number;
  readonly cpuUsPerRequest: number;
  readonly serverCpuUsPerRequest: number;
  readonly othersShare: number;
}

/**
 * B4: durable intake of signed receipts, compared with the minimum that Node and MongoDB need for it. No worker runs:
 * the cost of processing receipts is part of B1.
 */
export async function benchWebhookIngest(options: BenchOptions, log: Log): Promise<void> {
  const { rounds, requests: count, openLoopSeconds } = options;
  const results = await withIngestStage(options, log, async (ingest) => {
    log(`B4: ${rounds} rounds of ${count} webhooks on 64 connections; first a warm-up`);
    for (const kind of kinds) await measure(ingest, kind, { count: warmUpRequests, run: 'warm-up' });
    const figures: Record<Kind, RoundFigures[]> = { ours: [], ceiling: [] };
    for (let index = 1; index <= rounds; index += 1) {
      for (const kind of kinds) {
        const figure = await measure(ingest, kind, { count, run: `round ${index}` });
        figures[kind].push(figure);
        log(`round ${index} ${kind}: ${describeRound(figure)}`);
      }
    }
    const openLoop: Record<string, OpenLoopResult> = {};
    for (const perSecond of openLoopRates) {
      const result = await measureLatency(ingest, perSecond, perSecond * openLoopSeconds);
      openLoop[String(perSecond)] = result;
      logLatency(perSecond, result, log);
    }
    return { figures, openLoop };
  });
  const { figures } = results;
  const pick = (kind: Kind, name: keyof RoundFigures) => figures[kind].map((figure) => figure[name]);
  const rate = summarizeRatios(pick('ours', 'perSecond'), pick('ceiling', 'perSecond'));
  const cost = summarizeRatios(pick('ceiling', 'cpuUsPerRequest'), pick('ours', 'cpuUsPerRequest'));
  log(describeRatio('B4 webhooks/s ÷ ceiling', rate, rateTargets));
  log(describeRatio('B4 the same by CPU of server and mongod (ceiling ÷ ours)', cost, rateTargets));
  log(await writeResult('b4', { options, rate, cost, ...results }));
}

async function withIngestStage<T>(
  { profileDir }: BenchOptions,
  log: Log,
  work: (ingest: IngestStage) => Promise<T>,
): Promise<T> {
  const stage = await createStage(log);
  let mongo: mongoose.mongo.MongoClient | undefined;
  try {
    const product = await createProduct(stage, { profileDir });
    await product.migrate();
    const api = await product.start('api');
    const ceilingUri = stage.mongoUriOf('ceiling');
    const ceiling = await startPeer(stage, {
      name: 'ceiling',
      process: 'webhook-ceiling',
      settings: { mongoUri: ceilingUri, appSecret: product.appSecret },
    });
    mongo = await new mongoose.mongo.MongoClient(product.mongoUri).connect();
    return await work({
      stage,
      appSecret: product.appSecret,
      targets: {
        ours: {
          url: product.apiUrl,
          path: '/webhook/incoming',
          pid: api.pid,
          stored: mongo.db().collection('webhook_events'),
        },
        ceiling: { ...ceiling, path: '/', stored: mongo.db('ceiling').collection('events') },
      },
    });
  } finally {
    await mongo?.close();
    await stage.stop();
  }
}

async function measure(
  { stage, appSecret, targets }: IngestStage,
  kind: Kind,
  { count, run }: { count: number; run: string },
): Promise<RoundFigures> {
  const target = targets[kind];
  const { bodies, requests } = makeWebhooks(count, run, { path: target.path, appSecret });
  const stop = startMeter({ server: target.pid, mongod: stage.pids.mongod });
  const seconds = await postClosedLoop(target.url, requests);
  const usage = stop();
  await verifyStored(target, bodies);
  return {
    perSecond: round(count / seconds, 0),
    cpuUsPerRequest: round((usage.totalCpuMs * 1_000) / count, 0),
    serverCpuUsPerRequest: round(((usage.cpuMs['server'] ?? 0) * 1_000) / count, 0),
    othersShare: round(usage.othersShare),
  };
}

async function measureLatency({ appSecret, targets }: IngestStage, perSecond: number, count: number) {
  const { path, url } = targets.ours;
  const { bodies, requests } = makeWebhooks(count, `open ${perSecond} ${randomBytes(2).toString('hex')}`, {
    path,
    appSecret,
  });
  const result = await postOpenLoop(url, requests, perSecond);
  await verifyStored(targets.ours, bodies);
  return result;
}

/** Every request that got 200 is stored with its exact text, and nothing else is stored. */
async function verifyStored({ stored }: Target, bodies: readonly string[]): Promise<void> {
  const missing = new Map<string, number>();
  for (const body of bodies) missing.set(body, (missing.get(body) ?? 0) + 1);
  let found = 0;
  for await (const { body } of stored.find().project<{ body: string }>({ body: 1 })) {
    found += 1;
    missing.set(body, (missing.get(body) ?? 0) - 1);
  }
  expectEqual('stored webhooks', found, bodies.length);
  expectEqual('webhooks lost or changed', [...missing.values()].filter((times) => times !== 0).length, 0);
  await stored.deleteMany({});
}

const describeRound = ({
  perSecond,
  cpuUsPerRequest,
  serverCpuUsPerRequest,
  othersShare,
}: RoundFigures): string =>
  `${perSecond}/s, ${cpuUsPerRequest} µs CPU each (server ${serverCpuUsPerRequest}); ` +
  `others took ${percent(othersShare)} of the machine`;

function logLatency(wanted: number, { latency, perSecond, generatorLagMs }: OpenLoopResult, log: Log): void {
  const { p50Ms, p99Ms, maxMs } = latency;
  log(
    `open loop ${wanted}/s (done: ${perSecond.toFixed(0)}/s, the generator up to ${generatorLagMs.toFixed(0)} ms late)`,
  );
  log(`  p50 ${p50Ms.toFixed(1)} ms → ${describeGrade(p50Ms, latencyTargets.p50Ms)}`);
  log(
    `  p99 ${p99Ms.toFixed(1)} ms → ${describeGrade(p99Ms, latencyTargets.p99Ms)}; longest ${maxMs.toFixed(0)} ms`,
  );
}
