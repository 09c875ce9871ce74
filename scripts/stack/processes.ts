import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../servers/run-command.ts';
import { readJson, writeFileAtomically } from './files.ts';

/** A process that must not outlive its supervisor, stored in a file so that the next start can find it. */
export interface KnownProcess {
  readonly name: string;
  readonly pid: number;
  /** A unique part of its command line: proves that the process id has not been reused. */
  readonly marker: string;
  /** How long it may take to stop; the default for those of earlier versions. */
  readonly stopTimeoutMs?: number;
}

interface ProcessFile {
  readonly supervisor: KnownProcess;
  readonly children: readonly KnownProcess[];
}

/** Another supervisor already runs in this folder. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
  readonly pid: number;

  constructor(pid: number) {
    super(`already running as process ${pid}`);
    this.pid = pid;
  }
}

export function saveProcesses(file: string, content: ProcessFile): void {
  writeFileAtomically(file, toText(content));
}

/**
 * Makes this process the only supervisor of the folder: only one process can create the file. Stops what a killed
 * supervisor left behind. Throws AlreadyRunningError.
 */
export async function becomeSupervisor(
  file: string,
  supervisor: KnownProcess,
  log: (line: string) => void,
): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    if (createWhole(file, toText({ supervisor, children: [] }))) return;
    const seen = textOf(file);
    const other = await findSupervisor(file);
    if (other !== null && other.pid !== process.pid) throw new AlreadyRunningError(other.pid);
    await stopLeftovers(file, log, seen);
  }
}

/** False if the file exists. Others see it with its whole content or not at all: half a file would look abandoned. */
function createWhole(file: string, content: string): boolean {
  const draft = `${file}.new-${process.pid}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (isFileExists(error)) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** The running supervisor of the folder, if any. */
export async function findSupervisor(file: string): Promise<KnownProcess | null> {
  const supervisor = readJson<ProcessFile>(file)?.supervisor;
  return supervisor !== undefined && (await isStillRunning(supervisor)) ? supervisor : null;
}

/** True if the process still runs and is the same program. */
export async function isStillRunning({ pid, marker }: KnownProcess): Promise<boolean> {
  return (await commandLineOf(pid)).includes(marker);
}

/**
 * Stops what a killed supervisor left behind, gently first, and removes the file; a file that another start has replaced
 * in the meantime stays.
 */
export async function stopLeftovers(
  file: string,
  log: (line: string) => void,
  seen: string | null = textOf(file),
): Promise<void> {
  // Later processes depend on earlier ones, so they stop in reverse order.
  for (const child of readJson<ProcessFile>(file)?.children.toReversed() ?? []) {
    if (!(await isStillRunning(child))) continue;
    log(`${child.name} (pid ${child.pid}) is left over from an interrupted run; stopping it`);
    await endProcess(child);
  }
  if (textOf(file) === seen) rmSync(file, { force: true });
}

/** The same for a folder with one file per run; ignores runs that are still alive. */
export async function stopLeftoversIn(folder: string, log: (line: string) => void): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const file = join(folder, name);
    const content = readJson<ProcessFile>(file);
    if (content !== null && (await isStillRunning(content.supervisor))) continue;
    await stopLeftovers(file, log);
  }
}

async function endProcess(known: KnownProcess): Promise<void> {
  const attempts = [
    ['SIGTERM', known.stopTimeoutMs ?? 8_000],
    ['SIGKILL', 2_000],
  ] as const;
  for (const [signal, waitMs] of attempts) {
    try {
      process.kill(known.pid, signal);
    } catch {
      return;
    }
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline) {
      if (!(await isStillRunning(known))) return;
      await sleep(50);
    }
  }
}

async function commandLineOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return raw.replaceAll('\0', ' ');
  }
  const { code, output } = await runCommand('ps', ['-o', 'command=', '-p', String(pid)], 5_000);
  return code === 0 ? output : '';
}

function toText(content: ProcessFile): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

function isFileExists(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
