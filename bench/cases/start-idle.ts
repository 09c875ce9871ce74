import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningServer } from '../../scripts/servers/server-process.ts';
import { startMeter } from '../meter.ts';
import type { BenchOptions } from '../options.ts';
import { cpuMsOf, residentMib } from '../process-cpu.ts';
import { describeGrade, percent, round, writeResult } from '../report.ts';
import { compileBaselines, processPath } from '../stage/compile.ts';
import { createProduct } from '../stage/product.ts';
import { createStage, type Log, type NodeProgram, type Stage } from '../stage/stage.ts';
import { median } from '../stats.ts';

const targets = {
  seconds: { better: 'less', floor: 6, goal: 3, moonshot: 1.5 },
  mib: { better: 'less', floor: 450, goal: 350, moonshot: 250 },
  idlePercent: { better: 'less', floor: 1, goal: 1, moonshot: 1 },
} as const;

const startTimeoutMs = 60_000;
const pollMs = 5;
/** The time in which a process finishes its one-time work after its start. */
const calmMs = 8_000;

interface Start {
  readonly seconds: number;
  readonly cpuMs: number;
}

/** B14: the time from process start to the first healthy answer, and the idle CPU of API and worker. */
export async function benchStartIdle(options: BenchOptions, log: Log): Promise<void> {
  const { rounds, idleSeconds } = options;
  const stage = await createStage(log);
  try {
    const product = await createProduct(stage);
    await product.migrate();
    const { api, worker } = product.programs;
    const programs = { api, worker, 'bare http': await bareHttp(stage), 'Koa hello': await koaHello(stage) };
    const starts: Record<string, Start[]> = {};
    for (let index = 1; index <= rounds; index += 1) {
      for (const [name, program] of Object.entries(programs)) {
        const { start, server } = await measureStart(stage, program);
        await server.stop();
        (starts[name] ??= []).push(start);
        log(`round ${index} ${name}: ${start.seconds.toFixed(2)} s, ${start.cpuMs.toFixed(0)} ms CPU`);
      }
    }
    const idle = await measureIdle(stage, { api, worker }, idleSeconds);
    const both = await measureBoth(stage, [api, worker], rounds);
    report({ starts, idle, bothSeconds: both }, log);
    log(await writeResult('b14', { options, starts, bothSeconds: both, idle }));
  } finally {
    await stage.stop();
  }
}

async function measureStart(
  stage: Stage,
  program: NodeProgram,
): Promise<{ start: Start; server: RunningServer }> {
  const startedAt = performance.now();
  const server = await stage.spawn(program);
  await untilHealthy(program.readyUrl);
  const seconds = (performance.now() - startedAt) / 1_000;
  return { start: { seconds: round(seconds, 3), cpuMs: cpuMsOf(server.pid) }, server };
}

async function untilHealthy(url: string): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    const status = await fetch(url).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => null,
    );
    if (status === 200) return;
    await sleep(pollMs);
  }
  throw new Error(`${url} did not become healthy`);
}

/** Starts API and worker at the same time, as after a restart of the machine. */
async function measureBoth(
  stage: Stage,
  programs: readonly NodeProgram[],
  rounds: number,
): Promise<number[]> {
  const seconds: number[] = [];
  for (let index = 0; index < rounds; index += 1) {
    const startedAt = performance.now();
    const started = await Promise.all(programs.map((program) => measureStart(stage, program)));
    seconds.push(round((performance.now() - startedAt) / 1_000, 3));
    for (const { server } of started) await server.stop();
  }
  return seconds;
}

interface Idle {
  readonly cpuPercent: Readonly<Record<string, number>>;
  readonly residentMib: Readonly<Record<string, number>>;
}

async function measureIdle(
  stage: Stage,
  programs: Readonly<Record<'api' | 'worker', NodeProgram>>,
  seconds: number,
): Promise<Idle> {
  const api = await stage.start(programs.api);
  const worker = await stage.start(programs.worker);
  await sleep(calmMs);
  const stop = startMeter({ api: api.pid, worker: worker.pid, ...stage.pids });
  await sleep(seconds * 1_000);
  const { cpuMs, wallMs } = stop();
  const idle = {
    cpuPercent: Object.fromEntries(
      Object.entries(cpuMs).map(([name, ms]) => [name, round((ms / wallMs) * 100)]),
    ),
    residentMib: { api: round(residentMib(api.pid), 0), worker: round(residentMib(worker.pid), 0) },
  };
  await worker.stop();
  await api.stop();
  return idle;
}

async function bareHttp(stage: Stage): Promise<NodeProgram> {
  const port = await stage.freePort();
  const code = `require('node:http').createServer((q, r) => r.end('OK')).listen(${port}, '127.0.0.1')`;
  return { name: 'bare-http', args: ['-e', code], readyUrl: `http://127.0.0.1:${port}` };
}

async function koaHello(stage: Stage): Promise<NodeProgram> {
  await compileBaselines();
  const port = await stage.freePort();
  const readyUrl = `http://127.0.0.1:${port}`;
  return { name: 'koa-hello', args: [processPath('koa-hello'), String(port)], readyUrl };
}

function report(
  { starts, idle, bothSeconds }: { starts: Record<string, Start[]>; idle: Idle; bothSeconds: number[] },
  log: Log,
): void {
  const secondsOf = (name: string) => median((starts[name] ?? []).map(({ seconds }) => seconds));
  const bare = secondsOf('bare http');
  for (const name of Object.keys(starts)) {
    log(
      `${name}: median ${secondsOf(name).toFixed(2)} s, ${(secondsOf(name) / bare).toFixed(1)} × a bare http server`,
    );
  }
  const both = median(bothSeconds);
  log(
    `B14 API and worker together healthy after ${both.toFixed(2)} s → ${describeGrade(both, targets.seconds)}`,
  );
  const { api = 0, worker = 0, ...servers } = idle.cpuPercent;
  const idlePercent = api + worker;
  log(
    `B14 idle CPU of API and worker ${idlePercent.toFixed(2)} % → ${describeGrade(idlePercent, targets.idlePercent)}`,
  );
  log(
    `  api ${percent(api / 100)}, worker ${worker.toFixed(2)} %; servers meanwhile: ${JSON.stringify(servers)}`,
  );
  const mib = Object.values(idle.residentMib).reduce((total, value) => total + value, 0);
  log(`B14 resident ${mib} MiB (${JSON.stringify(idle.residentMib)}) → ${describeGrade(mib, targets.mib)}`);
}
