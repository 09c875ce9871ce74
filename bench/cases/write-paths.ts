import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { connectMongo } from '../../src/platform/mongo.ts';
import { runPool } from '../load/pool.ts';
import { expectEqual } from '../load/verify.ts';
import { createWritePaths, sides, type Side, type WritePath } from '../load/write-paths.ts';
import { startMeter } from '../meter.ts';
import type { BenchOptions } from '../options.ts';
import { describeRatio, percent, round, writeResult } from '../report.ts';
import { createProduct } from '../stage/product.ts';
import { createStage, type Log } from '../stage/stage.ts';
import { median, summarizeRatios } from '../stats.ts';
import { countSyncs, type SyncFigures, type SyncStage } from './write-syncs.ts';

const targets = { better: 'more', floor: 0.5, goal: 0.8, moonshot: 0.95 } as const;
const batches = [1, 50, 500] as const;
/** A pause after the writes, so that deferred work of the server does not fall into the next measurement. */
const settleMs = 200;
/** The maximum number of parallel writers. */
const poolSize = 64;

interface RoundFigures {
  readonly clientCpuUsPerWrite: number;
  readonly mongodCpuUsPerWrite: number;
  readonly othersShare: number;
}

type Figures = Record<string, Record<Side, RoundFigures[]>>;

/**
 * B6: the CPU that the repositories' writes cost their process, compared with one bulkWrite of the driver that leaves
 * the same documents, both with majority write concern on disk; and the number of forced log syncs.
 */
export async function benchWritePaths({ rounds, writes, ...options }: BenchOptions, log: Log): Promise<void> {
  const results = await withWriteStage(log, async (stage) => {
    log(`B6: ${rounds} rounds of ${writes} writes for each path, side and batch; first a warm-up`);
    const figures: Figures = {};
    for (let index = 0; index <= rounds; index += 1) {
      for (const [name, path] of Object.entries(stage.paths)) {
        for (const batch of batches) {
          const round = await measurePair(stage, path, { writes, batch, oursFirst: index % 2 === 0 });
          if (index === 0) continue;
          const kept = (figures[`${name}, batch ${batch}`] ??= { ours: [], raw: [] });
          for (const side of sides) kept[side].push(round[side]);
          log(`round ${index} ${name}, batch ${batch}: ${describeRound(round)}`);
        }
      }
    }
    return { figures, syncs: await countSyncs(stage, writes, log) };
  });
  const ratios = summarize(results.figures);
  for (const [name, { client, mongod }] of Object.entries(ratios)) {
    log(describeRatio(`B6 ${name}: writes per client CPU, ours ÷ raw bulkWrite`, client, targets));
    log(`  per CPU of mongod ${mongod.median.toFixed(2)}`);
  }
  log(await writeResult('b6', { options: { rounds, writes, ...options }, ratios, ...results }));
}

async function withWriteStage(
  log: Log,
  work: (stage: SyncStage) => Promise<{ figures: Figures; syncs: readonly SyncFigures[] }>,
) {
  const stage = await createStage(log);
  try {
    // Used only for its migrations, which create the collections with their indexes.
    const product = await createProduct(stage);
    await product.migrate();
    const connection = await connectMongo({ uri: product.mongoUri, appName: 'bench', maxPoolSize: poolSize });
    try {
      const paths = createWritePaths(connection);
      return await work({ mongo: connection.getClient(), mongodPid: stage.pids.mongod, paths });
    } finally {
      await connection.close();
    }
  } finally {
    await stage.stop();
  }
}

interface Pair {
  readonly writes: number;
  readonly batch: number;
  /** The sides take turns in going first, so that neither always finds warmer caches. */
  readonly oursFirst: boolean;
}

async function measurePair(
  { mongodPid }: SyncStage,
  path: WritePath,
  { writes, batch, oursFirst }: Pair,
): Promise<Record<Side, RoundFigures>> {
  const measured: Partial<Record<Side, { figures: RoundFigures; sample: object }>> = {};
  for (const side of oursFirst ? sides : sides.toReversed()) {
    measured[side] = await measureSide(mongodPid, await path(side, writes), { writes, batch });
  }
  const { ours, raw } = measured;
  if (ours === undefined || raw === undefined) throw new Error('one of the sides was not measured');
  if (!isDeepStrictEqual(comparable(ours.sample), comparable(raw.sample)))
    throw new Error(`the two sides do not leave the same document: ${JSON.stringify(measured)}`);
  return { ours: ours.figures, raw: raw.figures };
}

async function measureSide(
  mongodPid: number,
  prepared: Awaited<ReturnType<WritePath>>,
  { writes, batch }: Omit<Pair, 'oursFirst'>,
) {
  await sleep(settleMs);
  const stop = startMeter({ mongod: mongodPid });
  const before = process.cpuUsage();
  await runPool(Math.ceil(writes / batch), 1, async (index) => {
    await prepared.write(index * batch, Math.min((index + 1) * batch, writes));
  });
  const { user, system } = process.cpuUsage(before);
  const usage = stop();
  expectEqual('documents that are as written', await prepared.countWritten(), writes);
  const sample = await prepared.sample();
  await prepared.clear();
  const figures: RoundFigures = {
    clientCpuUsPerWrite: round((user + system) / writes, 1),
    mongodCpuUsPerWrite: round((usage.totalCpuMs * 1_000) / writes, 1),
    othersShare: round(usage.othersShare),
  };
  return { figures, sample };
}

/** Both documents go through JSON, so that dates and ids are compared by value. */
const comparable = (sample: object): unknown => JSON.parse(JSON.stringify(sample));

function summarize(figures: Figures) {
  return Object.fromEntries(
    Object.entries(figures).map(([name, { ours, raw }]) => {
      const pick = (list: readonly RoundFigures[], field: keyof RoundFigures) =>
        list.map((one) => one[field]);
      // The baseline's CPU ÷ ours equals our writes per CPU ÷ the baseline's.
      const compare = (field: keyof RoundFigures) => summarizeRatios(pick(raw, field), pick(ours, field));
      const medianUs = {
        ours: median(pick(ours, 'clientCpuUsPerWrite')),
        raw: median(pick(raw, 'clientCpuUsPerWrite')),
      };
      return [
        name,
        { client: compare('clientCpuUsPerWrite'), mongod: compare('mongodCpuUsPerWrite'), medianUs },
      ];
    }),
  );
}

const describeRound = ({ ours, raw }: Record<Side, RoundFigures>): string =>
  `client ${ours.clientCpuUsPerWrite} µs each, raw ${raw.clientCpuUsPerWrite}; mongod ${ours.mongodCpuUsPerWrite}, ` +
  `raw ${raw.mongodCpuUsPerWrite}; others took ${percent(Math.max(ours.othersShare, raw.othersShare))} of the machine`;
