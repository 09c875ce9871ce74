import { availableParallelism } from 'node:os';
import { cpuMsOf, machineCpuMs } from './process-cpu.ts';

/** Process ids by the name under which their share is shown. */
export type Crew = Readonly<Record<string, number>>;

export interface Usage {
  readonly wallMs: number;
  /** CPU milliseconds by process. */
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly totalCpuMs: number;
  /** The share of the machine used by programs outside the benchmark: the noise of this round. */
  readonly othersShare: number;
}

/** Starts counting the CPU of these processes; the returned function reports the use since then. */
export function startMeter(crew: Crew): () => Usage {
  const before = readCrew(crew);
  const machineBefore = machineCpuMs();
  const ownBefore = ownCpuMs();
  const startedAt = performance.now();
  return () => {
    const wallMs = performance.now() - startedAt;
    const after = readCrew(crew);
    const cpuMs = Object.fromEntries(
      Object.keys(crew).map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]),
    );
    const totalCpuMs = Object.values(cpuMs).reduce((total, ms) => total + ms, 0);
    const othersMs = machineCpuMs() - machineBefore - totalCpuMs - (ownCpuMs() - ownBefore);
    return { wallMs, cpuMs, totalCpuMs, othersShare: othersMs / (wallMs * availableParallelism()) };
  };
}

const readCrew = (crew: Crew): Record<string, number> =>
  Object.fromEntries(Object.entries(crew).map(([name, pid]) => [name, cpuMsOf(pid)]));

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
