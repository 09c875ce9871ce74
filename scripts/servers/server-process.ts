import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPortFree } from './ports.ts';

export interface RunningServer {
  readonly pid: number;
  /** host:port on loopback. */
  readonly address: string;
  /** Resolves with the exit code when the process has ended; null if a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Asks the server to stop, waits, and kills it after a timeout. */
  stop(): Promise<void>;
  /** kill -9, for crash tests; `exited` resolves when the process is gone. */
  kill(): void;
}

export type SpawnListener = (server: RunningServer) => void;

interface LaunchOptions {
  readonly name: string;
  readonly binary: string;
  readonly args: readonly string[];
  readonly address: string;
  readonly logFile: string;
  readonly stopTimeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Called as soon as the process exists, so that it can be stopped before it is ready. */
  readonly onSpawn?: SpawnListener | undefined;
}

/**
 * Starts a server in its own process group, so that Ctrl-C in the terminal reaches only the supervisor, which then
 * stops everything in order. Rejects if the port is taken.
 */
export async function launchServer(options: LaunchOptions): Promise<RunningServer> {
  await refuseTakenPort(options);
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  let child: ChildProcess;
  try {
    child = spawn(options.binary, options.args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: options.env ?? process.env,
    });
  } finally {
    closeSync(log);
  }
  const { pid } = child;
  endWithThisProcess(child);
  const exited = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', (code) => resolve(code));
  });
  if (pid === undefined) throw new Error(`${options.name} could not be started from ${options.binary}`);
  const server: RunningServer = {
    pid,
    address: options.address,
    exited,
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), options.stopTimeoutMs);
      await gone;
      clearTimeout(timer);
    },
  };
  options.onSpawn?.(server);
  return server;
}

const launched = new Set<ChildProcess>();
let isListening = false;

/** A separate process group would outlive a launcher that ends without stopping it, for instance by a crash. */
function endWithThisProcess(child: ChildProcess): void {
  if (!isListening) process.once('exit', () => launched.forEach((each) => each.kill('SIGKILL')));
  isListening = true;
  launched.add(child);
  child.once('exit', () => launched.delete(child));
}

/** Another program on the port would answer the readiness probe. */
async function refuseTakenPort({ name, address }: LaunchOptions): Promise<void> {
  const port = Number(address.split(':').at(-1));
  if (!(await isPortFree(port)))
    throw new Error(`${name} cannot use ${address}: another program listens there`);
}

interface ReadyOptions {
  readonly name: string;
  readonly logFile: string;
  readonly timeoutMs: number;
  /** Throws while the server is not usable yet. */
  readonly probe: () => Promise<void>;
}

/** Waits until the probe passes. If the server ends or times out, the error has the end of its log. */
export async function waitUntilReady(server: RunningServer, options: ReadyOptions): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  let lastError: unknown;
  let isGone = false;
  void server.exited.then(() => (isGone = true));
  while (Date.now() < deadline) {
    try {
      await options.probe();
      return;
    } catch (error) {
      lastError = error;
    }
    if (isGone) break;
    await sleep(50);
  }
  const why = isGone ? 'ended while starting' : `was not ready after ${options.timeoutMs / 1000} s`;
  server.kill();
  await server.exited;
  throw new Error(
    `${options.name} ${why}; last lines of ${options.logFile}:\n${await tailOf(options.logFile)}`,
    { cause: lastError },
  );
}

async function tailOf(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '(no log)');
  return text
    .trimEnd()
    .split('\n')
    .slice(-12)
    .map((line) => `    ${line.slice(0, 300)}`)
    .join('\n');
}
