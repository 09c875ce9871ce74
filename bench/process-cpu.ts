import { readdirSync, readFileSync } from 'node:fs';

/** Linux' USER_HZ: the unit of all times under /proc, 100 on every machine that Node supports. */
const ticksPerSecond = 100;
const msPerTick = 1_000 / ticksPerSecond;

interface ProcessTimes {
  readonly parent: number;
  readonly cpuMs: number;
}

/**
 * Milliseconds of CPU that a process has used: user and system time of all its threads, of the children that it has
 * waited for, and of those that still run.
 */
export function cpuMsOf(pid: number): number {
  const all = readAll();
  const total = (id: number): number => {
    const own = all.get(id)?.cpuMs ?? 0;
    const children = [...all].filter(([, { parent }]) => parent === id);
    return children.reduce((sum, [child]) => sum + total(child), own);
  };
  if (!all.has(pid)) throw new Error(`Process ${pid} has ended, so its CPU time is unknown.`);
  return total(pid);
}

function readAll(): Map<number, ProcessTimes> {
  const all = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readText(`/proc/${name}/stat`);
    if (stat !== null) all.set(Number(name), parseStat(stat));
  }
  return all;
}

/** The fields of `/proc/<pid>/stat`; the program's name, which may contain anything, ends at the last parenthesis. */
export function parseStat(stat: string): ProcessTimes {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const at = (index: number) => Number(fields[index] ?? 0);
  const [user, system, userOfChildren, systemOfChildren] = [at(11), at(12), at(13), at(14)];
  return { parent: at(1), cpuMs: (user + system + userOfChildren + systemOfChildren) * msPerTick };
}

/** Resident memory of one process in MiB. */
export function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  return Number(kib ?? Number.NaN) / 1_024;
}

/** Milliseconds of CPU that the whole machine has used. */
export function machineCpuMs(): number {
  const [, ...fields] = (readText('/proc/stat') ?? '').split('\n')[0]?.split(/\s+/) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = fields.map(Number);
  return (user + nice + system + irq + softIrq) * msPerTick;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Processes may end while the list is read.
    return null;
  }
}
