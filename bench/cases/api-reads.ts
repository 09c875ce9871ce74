import { measureAloneMs, readClosedLoop } from '../load/page-load.ts';
import { startMeter } from '../meter.ts';
import type { BenchOptions } from '../options.ts';
import { describeRatio, percent, round, writeResult } from '../report.ts';
import type { Log } from '../stage/stage.ts';
import { median, summarizeRatios } from '../stats.ts';
import {
  baselines,
  kinds,
  lists,
  pageNumbers,
  withReadStage,
  type Kind,
  type List,
  type PageNumber,
  type ReadStage,
} from './read-stage.ts';

const rateTargets = { better: 'more', floor: 0.4, goal: 0.6, moonshot: 0.8 } as const;
const depthTargets = { better: 'less', floor: 1.3, goal: 1.1, moonshot: 1 } as const;

const connections = 16;
const warmUpReads = 200;
/** Requests whose latency is measured, one after another. */
const aloneReads = 60;

interface RoundFigures {
  readonly perSecond: number;
  /** Server and mongod. */
  readonly cpuUsPerRequest: number;
  readonly serverCpuUsPerRequest: number;
  readonly othersShare: number;
}

type Figures = Record<string, RoundFigures[]>;

/**
 * B5: pages of 50 as an agent's screen requests them, compared with the same queries from a bare server, and page
 * 1000 compared with page 1.
 */
export async function benchApiReads({ rounds, reads, ...options }: BenchOptions, log: Log): Promise<void> {
  const { profileDir } = options;
  const results = await withReadStage({ profileDir, log }, async (stage) => {
    log(`B5: ${rounds} rounds of ${reads} requests per page on ${connections} connections; first a warm-up`);
    for (const one of everyPage()) await measure(stage, one, warmUpReads);
    const figures: Figures = {};
    const aloneMs: Record<string, number[]> = {};
    for (let index = 1; index <= rounds; index += 1) {
      for (const one of everyPage()) {
        const figure = await measure(stage, one, reads);
        (figures[nameOf(one)] ??= []).push(figure);
        log(`round ${index} ${nameOf(one)}: ${describeRound(figure)}`);
      }
      for (const [name, ms] of await measureLatencies(stage)) (aloneMs[name] ??= []).push(ms);
    }
    return { figures, aloneMs, bytes: sizesOf(stage) };
  });
  const ratios = summarize(results);
  for (const [name, ratio] of Object.entries(ratios)) {
    log(describeRatio(`B5 ${name}`, ratio, name.includes('page 1000 ÷ page 1') ? depthTargets : rateTargets));
  }
  const medians = mapValues(results.figures, (list) => ({
    cpuUsPerRequest: median(list.map(({ cpuUsPerRequest }) => cpuUsPerRequest)),
    serverCpuUsPerRequest: median(list.map(({ serverCpuUsPerRequest }) => serverCpuUsPerRequest)),
  }));
  for (const [name, figure] of Object.entries(medians)) log(`median ${name}: ${JSON.stringify(figure)}`);
  log(`median ms of a request alone: ${JSON.stringify(mapValues(results.aloneMs, median))}`);
  log(`bytes of a page: ${JSON.stringify(results.bytes)}`);
  log(await writeResult('b5', { options: { rounds, reads, ...options }, ratios, medians, ...results }));
}

interface OnePage {
  readonly kind: Kind;
  readonly list: List;
  readonly pageNumber: PageNumber;
}

/** Compared sides run next to each other in time. */
const everyPage = (): OnePage[] =>
  lists.flatMap((list) =>
    pageNumbers.flatMap((pageNumber) => kinds.map((kind) => ({ kind, list, pageNumber }))),
  );

const nameOf = ({ kind, list, pageNumber }: OnePage): string => `${list} page ${pageNumber} ${kind}`;

async function measure(
  stage: ReadStage,
  { kind, list, pageNumber }: OnePage,
  count: number,
): Promise<RoundFigures> {
  const page = stage.page(kind, list, pageNumber);
  const stop = startMeter({ server: stage.pids[kind], mongod: stage.pids.mongod });
  const seconds = await readClosedLoop(page, { count, connections });
  const usage = stop();
  return {
    perSecond: round(count / seconds, 0),
    cpuUsPerRequest: round((usage.totalCpuMs * 1_000) / count, 0),
    serverCpuUsPerRequest: round(((usage.cpuMs['server'] ?? 0) * 1_000) / count, 0),
    othersShare: round(usage.othersShare),
  };
}

/** By the name of the page. */
async function measureLatencies(stage: ReadStage): Promise<(readonly [string, number])[]> {
  const latencies: (readonly [string, number])[] = [];
  for (const list of lists) {
    for (const kind of kinds) {
      const ones = pageNumbers.map((pageNumber) => ({ kind, list, pageNumber }));
      const pages = ones.map((one) => stage.page(one.kind, one.list, one.pageNumber));
      const times = await measureAloneMs(pages, aloneReads);
      latencies.push(...ones.map((one, index) => [nameOf(one), round(times[index] ?? Number.NaN)] as const));
    }
  }
  return latencies;
}

function summarize({ figures, aloneMs }: { figures: Figures; aloneMs: Readonly<Record<string, number[]>> }) {
  const pick = (one: OnePage, name: keyof RoundFigures) =>
    (figures[nameOf(one)] ?? []).map((figure) => figure[name]);
  const compare = (list: List, pageNumber: PageNumber, kind: Kind) => {
    const [ours, baseline] = [
      { kind: 'ours', list, pageNumber },
      { kind, list, pageNumber },
    ] as const;
    const rate = summarizeRatios(pick(ours, 'perSecond'), pick(baseline, 'perSecond'));
    const cost = summarizeRatios(pick(baseline, 'cpuUsPerRequest'), pick(ours, 'cpuUsPerRequest'));
    const name = `${list} page ${pageNumber} against ${kind}`;
    return [
      [`${name}, requests/s ÷ baseline`, rate],
      [`${name}, by CPU of server and mongod (baseline ÷ ours)`, cost],
    ] as const;
  };
  const againstBaseline = baselines.flatMap((kind) =>
    lists.flatMap((list) => pageNumbers.flatMap((pageNumber) => compare(list, pageNumber, kind))),
  );
  const depth = kinds.flatMap((kind) =>
    lists.flatMap((list) => {
      const [deep, first] = [
        { kind, list, pageNumber: 1_000 },
        { kind, list, pageNumber: 1 },
      ] as const;
      const cost = summarizeRatios(pick(deep, 'cpuUsPerRequest'), pick(first, 'cpuUsPerRequest'));
      const latency = summarizeRatios(aloneMs[nameOf(deep)] ?? [], aloneMs[nameOf(first)] ?? []);
      return [
        [`${list} of ${kind}, page 1000 ÷ page 1 by CPU`, cost],
        [`${list} of ${kind}, page 1000 ÷ page 1 by median latency`, latency],
      ] as const;
    }),
  );
  return Object.fromEntries([...againstBaseline, ...depth]);
}

const sizesOf = (stage: ReadStage): Record<string, number> =>
  Object.fromEntries(
    everyPage().map((one) => [nameOf(one), stage.page(one.kind, one.list, one.pageNumber).body.length]),
  );

const mapValues = <V, R>(record: Readonly<Record<string, V>>, map: (value: V) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));

const describeRound = (figures: RoundFigures): string => {
  const { perSecond, cpuUsPerRequest, serverCpuUsPerRequest, othersShare } = figures;
  return (
    `${perSecond}/s, ${cpuUsPerRequest} µs CPU each (server ${serverCpuUsPerRequest}); ` +
    `others took ${percent(othersShare)} of the machine`
  );
};
