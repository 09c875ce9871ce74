import { setTimeout as sleep } from 'node:timers/promises';
import type mongoose from 'mongoose';
import { readMongoCounts } from '../counters.ts';
import { runPool } from '../load/pool.ts';
import { expectEqual } from '../load/verify.ts';
import { sides, type Side, type WritePath } from '../load/write-paths.ts';
import { describeGrade, round } from '../report.ts';
import { slowDownSyncs } from '../stage/slow-disk.ts';
import type { Log } from '../stage/stage.ts';

export interface SyncStage {
  readonly mongo: mongoose.mongo.MongoClient;
  readonly mongodPid: number;
  readonly paths: Readonly<Record<string, WritePath>>;
}

export interface SyncFigures {
  readonly path: string;
  readonly side: Side;
  readonly writers: number;
  /** The delays added to each forced write to disk. */
  readonly delayMs: number;
  readonly syncsPerWrite: number;
  readonly writesPerSecond: number;
}

const targets = { better: 'less', floor: 1, goal: 0.2, moonshot: 0.05 } as const;
const crowd = 64;
const delayMs = 50;
/** With the delay, one writer makes fewer than twenty writes per second. */
const delayedWrites: Readonly<Record<number, number>> = { 1: 20, [crowd]: 640 };
const quietMs = 3_000;

/** Forced log syncs per write by the server's own count, with one and with many writers, on two kinds of disk. */
export async function countSyncs(stage: SyncStage, writes: number, log: Log): Promise<SyncFigures[]> {
  log(`B6: forced log syncs while idle: ${await countIdleSyncs(stage)} per second`);
  const figures = await countAll(stage, { delayMs: 0, writesOf: () => writes }, log);
  const disk = await slowDownSyncs(stage.mongodPid, delayMs);
  if (disk.kind === 'impossible') {
    log(`B6: NOT MEASURED with ${delayMs} ms more for each fdatasync: ${disk.why}`);
    return figures;
  }
  try {
    const tookMs = await timeOneWrite(stage);
    if (tookMs < delayMs) {
      log(
        `B6: NOT MEASURED with ${delayMs} ms more for each fdatasync: a durable write took ${tookMs} ms only`,
      );
      return figures;
    }
    log(`B6: each fdatasync of mongod lasts ${delayMs} ms more from here (one durable write: ${tookMs} ms)`);
    const writesOf = (writers: number) => Math.min(writes, delayedWrites[writers] ?? writes);
    return [...figures, ...(await countAll(stage, { delayMs, writesOf }, log))];
  } finally {
    await disk.stop();
  }
}

async function countIdleSyncs({ mongo }: SyncStage): Promise<number> {
  const before = await readSyncs(mongo);
  await sleep(quietMs);
  return round(((await readSyncs(mongo)) - before) / (quietMs / 1_000));
}

interface Circumstances {
  readonly delayMs: number;
  writesOf(writers: number): number;
}

async function countAll(
  stage: SyncStage,
  { delayMs: delay, writesOf }: Circumstances,
  log: Log,
): Promise<SyncFigures[]> {
  const all: SyncFigures[] = [];
  for (const [path, prepare] of Object.entries(stage.paths)) {
    for (const writers of [1, crowd]) {
      for (const side of sides) {
        const counted = await countOne(stage, prepare, { side, writers, writes: writesOf(writers) });
        all.push({ path, side, writers, delayMs: delay, ...counted });
        const grade =
          side === 'ours' && writers === crowd ? ` → ${describeGrade(counted.syncsPerWrite, targets)}` : '';
        log(
          `B6 ${path} of ${side}, ${writers} at a time, fdatasync +${delay} ms: ${counted.syncsPerWrite} log syncs ` +
            `a write, ${counted.writesPerSecond} writes/s${grade}`,
        );
      }
    }
  }
  return all;
}

async function countOne(
  { mongo }: SyncStage,
  prepare: WritePath,
  { side, writers, writes }: { side: Side; writers: number; writes: number },
): Promise<Pick<SyncFigures, 'syncsPerWrite' | 'writesPerSecond'>> {
  const prepared = await prepare(side, writes);
  const before = await readSyncs(mongo);
  const startedAt = performance.now();
  await runPool(writes, writers, async (index) => void (await prepared.write(index, index + 1)));
  const seconds = (performance.now() - startedAt) / 1_000;
  const syncs = (await readSyncs(mongo)) - before;
  expectEqual('documents that are as written', await prepared.countWritten(), writes);
  await prepared.clear();
  return { syncsPerWrite: round(syncs / writes, 3), writesPerSecond: round(writes / seconds, 0) };
}

async function timeOneWrite({ paths }: SyncStage): Promise<number> {
  const [prepare] = Object.values(paths);
  const prepared = await prepare?.('raw', 1);
  const startedAt = performance.now();
  await prepared?.write(0, 1);
  const tookMs = Math.round(performance.now() - startedAt);
  await prepared?.clear();
  return tookMs;
}

const readSyncs = async (mongo: mongoose.mongo.MongoClient): Promise<number> =>
  (await readMongoCounts(mongo))['log syncs'] ?? Number.NaN;
