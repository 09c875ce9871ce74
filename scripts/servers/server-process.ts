import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listensInGroup } from './listeners.ts';
import { isPortFree } from './ports.ts';

export interface RunningServer {
  readonly pid: number;
  /** host:port on loopback. */
  readonly address: string;
  /** Where its part of the log file begins, in bytes. */
  readonly logStart: number;
  /** Resolves with the exit code when the process has ended; null if a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Asks the server to stop, waits, and kills it after a timeout. */
  stop(): Promise<void>;
  /** kill -9, for crash tests; `exited` resolves when the process is gone. */
  kill(): void;
}

/** Another program listens on a port that was free, or promised to this one, a moment before. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';

  constructor(program: string, address: string) {
    super(
      `${program} cannot use ${address}: another program listens there by now.\n` +
        'Nothing was changed there. Start again: a taken port is then replaced by a free one.',
    );
  }
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
  const { size: logStart } = fstatSync(log);
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
    logStart,
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
  if (!(await isPortFree(portOf(address)))) throw new PortTakenError(name, address);
}

const portOf = (address: string): number => Number(address.split(':').at(-1));

interface ReadyOptions {
  readonly name: string;
  readonly logFile: string;
  readonly timeoutMs: number;
  /** Further ports on loopback that the process listens on. */
  readonly otherPorts?: readonly number[];
  /** Throws while the server is not usable yet. */
  readonly probe: () => Promise<void>;
}

/**
 * Waits until the probe passes. If the server ends or times out, the error has the end of its log. Throws `PortTakenError`
 * if another program listens on its port: that one is never probed.
 */
export async function waitUntilReady(server: RunningServer, options: ReadyOptions): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  let lastError: unknown;
  let isGone = false;
  let isReady = false;
  void server.exited.then(() => (isGone = true));
  while (Date.now() < deadline) {
    await refuseOtherListener(server, options);
    try {
      await options.probe();
      isReady = !isGone;
    } catch (error) {
      lastError = error;
    }
    // The probe may have reached a program that began to listen after the look before it.
    if (isReady) {
      await refuseOtherListener(server, options);
      return;
    }
    if (isGone) break;
    await sleep(50);
  }
  await end(server);
  const log = await textFrom(options.logFile, server.logStart);
  const taken = isGone ? await takenPort(server, options, log) : undefined;
  if (taken !== undefined) throw new PortTakenError(options.name, `127.0.0.1:${taken}`);
  const why = isGone ? 'ended while starting' : `was not ready after ${options.timeoutMs / 1000} s`;
  throw new Error(`${options.name} ${why}; last lines of ${options.logFile}:\n${tailOf(log)}`, {
    cause: lastError,
  });
}

async function refuseOtherListener(server: RunningServer, { name }: ReadyOptions): Promise<void> {
  if ((await listensInGroup(portOf(server.address), server.pid)) !== false) return;
  await end(server);
  throw new PortTakenError(name, server.address);
}

async function end(server: RunningServer): Promise<void> {
  server.kill();
  await server.exited;
}

const inUse = /EADDRINUSE|address (?:is )?already in use/i;

/** The port that kept the server from starting. */
async function takenPort(
  { address }: RunningServer,
  { otherPorts = [] }: ReadyOptions,
  log: string,
): Promise<number | undefined> {
  for (const port of [portOf(address), ...otherPorts]) if (!(await isPortFree(port))) return port;
  // The other program may be gone again.
  return inUse.test(log) ? portOf(address) : undefined;
}

/** What this run of the server has written. */
async function textFrom(file: string, start: number): Promise<string> {
  const bytes = await readFile(file).catch(() => Buffer.from('(no log)'));
  return bytes.subarray(bytes.length > start ? start : 0).toString('utf8');
}

/** The last lines without stack traces, which hide the message. */
const tailOf = (log: string): string =>
  log
    .trimEnd()
    .split('\n')
    .filter((line) => !/^\s+at .+/.test(line))
    .slice(-12)
    .map((line) => `    ${line.replace(/,"stack":"(?:[^"\\]|\\.)*"/, '').slice(0, 300)}`)
    .join('\n');
