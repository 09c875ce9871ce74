import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningServer } from '../../scripts/servers/server-process.ts';
import { createApiClient, type ApiClient } from '../load/api-client.ts';
import { runLifecycles } from '../load/lifecycle.ts';
import { verifyMessages, verifyWorkflows } from '../load/verify.ts';
import { startMeter, type Crew } from '../meter.ts';
import type { BenchOptions } from '../options.ts';
import { describeRatio, percent, round, writeResult } from '../report.ts';
import { startBalancer, type Balancer } from '../stage/balancer.ts';
import type { Log } from '../stage/stage.ts';
import { median, summarizeRatios } from '../stats.ts';
import { withProductStage, type ProductStage } from './product-stage.ts';

const costTargets = { better: 'less', floor: 1.2, goal: 1.1, moonshot: 1 } as const;

/** The number of processes of each program. */
const layouts = {
  single: { api: 1, worker: 1 },
  'two workers': { api: 1, worker: 2 },
  'two APIs': { api: 2, worker: 1 },
} as const;
type LayoutName = keyof typeof layouts;
const layoutNames = Object.keys(layouts) as LayoutName[];

const settleMs = 1_000;
/** Per process: a new process is slow until its code is compiled. */
const warmUpMessages = 100;

interface RoundFigures {
  readonly cpuMsPerMessage: number;
  readonly cpuMsByProcess: Readonly<Record<string, number>>;
  readonly messagesPerSecond: number;
  readonly othersShare: number;
}

interface ScaleStage extends ProductStage {
  readonly balancer: Balancer;
  /** Calls the APIs through the balancer. */
  readonly balanced: ApiClient;
}

/** B9: whether a second process of a program makes a message more expensive. Everything else stays the same. */
export async function benchScaleOut(options: BenchOptions, log: Log): Promise<void> {
  const { rounds, messages: count, inFlight } = options;
  const figures = await withScaleStage(options, log, async (stage) => {
    log(
      `B9: ${rounds} rounds of ${count} messages, ${inFlight} in flight, each with new processes and a warm-up`,
    );
    const kept: Record<LayoutName, RoundFigures[]> = { single: [], 'two workers': [], 'two APIs': [] };
    for (let index = 1; index <= rounds; index += 1) {
      for (const name of layoutNames) {
        const figure = await measure(stage, name, { count, inFlight });
        kept[name].push(figure);
        log(`round ${index} ${name}: ${describeRound(figure)}`);
      }
    }
    return kept;
  });
  const ratios = Object.fromEntries(
    (['two workers', 'two APIs'] as const).map((name) => {
      const compare = (field: 'cpuMsPerMessage' | 'messagesPerSecond') =>
        summarizeRatios(
          figures[name].map((figure) => figure[field]),
          figures.single.map((figure) => figure[field]),
        );
      return [name, { cost: compare('cpuMsPerMessage'), rate: compare('messagesPerSecond') }];
    }),
  );
  for (const [name, { cost, rate }] of Object.entries(ratios)) {
    log(describeRatio(`B9 CPU of a message, ${name} ÷ one of each`, cost, costTargets));
    log(`  messages/s, ${name} ÷ one of each: ${rate.median.toFixed(2)}; all on the same machine`);
  }
  const medians = Object.fromEntries(
    layoutNames.map((name) => [name, median(figures[name].map(({ cpuMsPerMessage }) => cpuMsPerMessage))]),
  );
  log(await writeResult('b9', { options, ratios, medianCpuMs: medians, figures }));
}

async function withScaleStage<T>(
  { inFlight, profileDir }: BenchOptions,
  log: Log,
  work: (stage: ScaleStage) => Promise<T>,
): Promise<T> {
  const balancer = await startBalancer();
  try {
    const env = { SANDBOX_WEBHOOK_URL: `${balancer.url}/webhook/incoming` };
    return await withProductStage({ connections: 1, profileDir, env, log }, async (stage) => {
      const balanced = createApiClient(balancer.url, inFlight);
      try {
        balancer.direct([stage.product.apiUrl]);
        await balanced.signUp();
        // Each layout starts its own processes.
        await stage.apiProcess.stop();
        return await work({ ...stage, balancer, balanced });
      } finally {
        await balanced.close();
      }
    });
  } finally {
    await balancer.close();
  }
}

async function measure(
  stage: ScaleStage,
  name: LayoutName,
  run: { count: number; inFlight: number },
): Promise<RoundFigures> {
  const { balancer, product } = stage;
  const { api: apis, worker: workers } = layouts[name];
  const servers: Record<string, RunningServer> = {};
  try {
    servers['api'] = await product.start('api');
    servers['worker'] = await product.start('worker');
    const urls = [product.apiUrl];
    if (apis > 1) {
      const another = await product.startAnother('api');
      servers['another api'] = another;
      urls.push(another.url);
    }
    if (workers > 1) servers['another worker'] = await product.startAnother('worker');
    balancer.direct(urls);
    return await measureLayout(stage, servers, { ...run, processes: Math.max(apis, workers) });
  } finally {
    balancer.direct([]);
    for (const server of Object.values(servers)) await server.stop();
  }
}

async function measureLayout(
  { stage, product, messages, temporal, balanced }: ScaleStage,
  servers: Readonly<Record<string, RunningServer>>,
  { count, inFlight, processes }: { count: number; inFlight: number; processes: number },
): Promise<RoundFigures> {
  await balanced.logIn();
  await runLifecycles(balanced, messages, { count: Math.min(warmUpMessages, count) * processes, inFlight });
  await sleep(settleMs);
  const pids = Object.fromEntries(Object.entries(servers).map(([name, { pid }]) => [name, pid]));
  const crew: Crew = { ...pids, ...stage.pids };
  const stop = startMeter(crew);
  const startedAt = performance.now();
  const { messageIds } = await runLifecycles(balanced, messages, { count, inFlight });
  const runMs = performance.now() - startedAt;
  await sleep(settleMs);
  const { cpuMs, totalCpuMs, othersShare } = stop();
  await verifyMessages(messageIds, { sandboxUrl: product.sandboxUrl, messages });
  await verifyWorkflows(
    temporal,
    messageIds.map((id) => `message:${id}`),
  );
  return {
    cpuMsPerMessage: round(totalCpuMs / count),
    cpuMsByProcess: Object.fromEntries(Object.entries(cpuMs).map(([name, ms]) => [name, round(ms / count)])),
    messagesPerSecond: round((count * 1_000) / runMs),
    othersShare: round(othersShare),
  };
}

function describeRound({
  cpuMsPerMessage,
  cpuMsByProcess,
  messagesPerSecond,
  othersShare,
}: RoundFigures): string {
  const shares = Object.entries(cpuMsByProcess).map(([name, ms]) => `${name} ${ms.toFixed(1)}`);
  return (
    `${cpuMsPerMessage.toFixed(1)} ms CPU each (${shares.join(', ')}), ${messagesPerSecond.toFixed(1)}/s; ` +
    `others took ${percent(othersShare)} of the machine`
  );
}
