import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { expectEqual } from '../load/verify.ts';
import { startMeter, type Usage } from '../meter.ts';
import type { BenchOptions } from '../options.ts';
import { residentMib } from '../process-cpu.ts';
import { describeGrade, describeRatio, percent, round, writeResult } from '../report.ts';
import type { Log } from '../stage/stage.ts';
import { summarizeRatios } from '../stats.ts';
import { withProductStage, type ProductStage } from './product-stage.ts';

const speed = { better: 'more', floor: 0.4, goal: 0.6, moonshot: 0.8 } as const;
const memory = { better: 'less', floor: 100, goal: 60, moonshot: 30 } as const;

const batch = 1_000;
const lookEveryMs = 250;

/** Of a hundred rows, five cannot be read and ten repeat a number. */
const isBad = (n: number): boolean => n % 20 === 7;
const isRepeated = (n: number): boolean => n % 10 === 9;
const countWhere = (rows: number, test: (n: number) => boolean): number =>
  Array.from({ length: rows }, (_, n) => test(n)).filter(Boolean).length;

function fileOf(rows: number, prefix: number): string {
  const phone = (n: number) => `+491512${String(prefix * 1_000_000 + n).padStart(7, '0')}`;
  const line = (n: number) => {
    const number = isBad(n) ? 'no number' : phone(isRepeated(n) ? n - 1 : n);
    return `${number},Person ${n},${n % 3 === 0 ? 'fair' : 'shop'}`;
  };
  return ['phone,name,tags', ...Array.from({ length: rows }, (_, n) => line(n))].join('\n');
}

interface Imported {
  readonly importId: mongoose.Types.ObjectId;
  readonly analysis: Usage;
  readonly run: Usage;
  /** Above what the worker took before. */
  readonly peakMib: number;
}

/**
 * B13, and the part of B10 about files: rows a second of an import, from its start to its end, against `bulkWrite` of the
 * driver that upserts the same contacts, already read; the memory of the worker meanwhile.
 */
export async function benchCsvImport(options: BenchOptions, log: Log): Promise<void> {
  const { rounds, rows, profileDir } = options;
  const result = await withProductStage({ connections: 1, log, profileDir }, async (stage) => {
    const worker = await stage.product.start('worker');
    const figures = [];
    // The first round warms up.
    for (let index = 0; index <= rounds; index += 1) {
      const imported = await importFile(stage, worker.pid, { rows, prefix: index });
      const bareMs = await upsertRaw(stage, imported.importId);
      const { analysis, run, peakMib } = imported;
      const figure = {
        rowsPerSecond: round((rows / run.wallMs) * 1_000, 0),
        analysedPerSecond: round((rows / analysis.wallMs) * 1_000, 0),
        bareRowsPerSecond: round((rows / bareMs) * 1_000, 0),
        cpuMsPerRow: round(run.totalCpuMs / rows, 2),
        cpuMs: run.cpuMs,
        peakMib: round(peakMib, 0),
        othersShare: run.othersShare,
      };
      if (index > 0) figures.push(figure);
      log(
        `B13: ${figure.rowsPerSecond} rows/s (bare: ${figure.bareRowsPerSecond}), ${figure.cpuMsPerRow} ms of CPU a row, ` +
          `analysed at ${figure.analysedPerSecond} rows/s, worker +${figure.peakMib} MiB; ` +
          `others took ${percent(run.othersShare)}`,
      );
    }
    return figures;
  });
  const ratio = summarizeRatios(
    result.map(({ rowsPerSecond }) => rowsPerSecond),
    result.map(({ bareRowsPerSecond }) => bareRowsPerSecond),
  );
  log(describeRatio('rows/s of an import ÷ bulkWrite', ratio, speed));
  log(`worker at its peak: ${describeGrade(Math.max(...result.map(({ peakMib }) => peakMib)), memory)}`);
  log(await writeResult('b13', { options: { rounds, rows }, ratio, rounds: result }));
}

async function importFile(
  { stage, product, api, apiProcess, mongo }: ProductStage,
  workerPid: number,
  { rows, prefix }: { readonly rows: number; readonly prefix: number },
): Promise<Imported> {
  const crew = { api: apiProcess.pid, worker: workerPid, ...stage.pids };
  const before = residentMib(workerPid);
  let peakMib = 0;
  const until = async (id: string, state: string) => {
    for (;;) {
      peakMib = Math.max(peakMib, residentMib(workerPid) - before);
      const found = await mongo
        .db()
        .collection('imports')
        .findOne({ _id: new mongoose.Types.ObjectId(id) });
      if (found?.['state'] === state) return;
      if (found?.['state'] === 'failed') throw new Error('the import has failed');
      await sleep(lookEveryMs);
    }
  };
  await api.logIn();
  const stopAnalysis = startMeter(crew);
  const answer = await fetch(`${product.apiUrl}/api/imports?filename=contacts.csv`, {
    method: 'POST',
    headers: { authorization: api.authorization(), 'content-type': 'text/csv' },
    body: fileOf(rows, prefix),
  });
  const { id } = (await answer.json()) as { readonly id: string };
  await until(id, 'ready');
  const analysis = stopAnalysis();
  const stopRun = startMeter(crew);
  await api.post(`/api/imports/${id}/start`, {});
  await until(id, 'completed');
  const run = stopRun();
  const importId = new mongoose.Types.ObjectId(id);
  const created = await mongo.db().collection('contacts').countDocuments({ 'origin.importId': importId });
  // Of rows with the same number, none is taken unless somebody says which.
  const unique = rows - countWhere(rows, isBad) - 2 * countWhere(rows, isRepeated);
  expectEqual('contacts', created, unique);
  const invalid = await mongo.db().collection('import_rows').countDocuments({ importId, outcome: 'invalid' });
  expectEqual('invalid rows', invalid, countWhere(rows, isBad));
  return { importId, analysis, run, peakMib };
}

/** Upserts the contacts of the import in a collection with the same indexes; returns the time in milliseconds. */
async function upsertRaw({ mongo }: ProductStage, importId: mongoose.Types.ObjectId): Promise<number> {
  const db = mongo.db();
  const contacts = await db.collection('contacts').find({ 'origin.importId': importId }).toArray();
  const bare = db.collection(`bare_${importId.toHexString()}`);
  const indexes = await db.collection('contacts').indexes();
  await bare.createIndexes(
    indexes.filter(({ name }) => name !== '_id_').map(({ v: _v, ...index }) => index as never),
  );
  const startedAt = performance.now();
  for (let from = 0; from < contacts.length; from += batch) {
    const updates = contacts.slice(from, from + batch).map(({ _id, ...fields }) => ({
      updateOne: {
        filter: { clientId: fields['clientId'], identityKeys: fields['identityKeys'] },
        update: { $set: fields },
        upsert: true,
      },
    }));
    await bare.bulkWrite(updates, { ordered: false, writeConcern: { w: 'majority', journal: true } });
  }
  const tookMs = performance.now() - startedAt;
  expectEqual('upserted contacts', await bare.countDocuments(), contacts.length);
  await bare.drop();
  return tookMs;
}
