import { setTimeout as sleep } from 'node:timers/promises';

/** A spawned process, ready or not. */
export interface ManagedProcess {
  readonly pid: number;
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
  kill(): void;
}

export interface Service {
  readonly name: string;
  /**
   * Starts the process, passes it on as soon as it exists, and resolves when it is ready. If this rejects, no process
   * is left.
   */
  start(onSpawn: (spawned: ManagedProcess) => void): Promise<unknown>;
}

export interface Supervised {
  readonly name: string;
  /** Settles with the first start; failed restarts are repeated until they succeed. */
  readonly ready: Promise<unknown>;
  /** Ends the supervision, then the process. */
  stop(): Promise<void>;
  kill(): void;
}

interface SuperviseOptions {
  readonly log: (line: string) => void;
  readonly onPid: (pid: number) => void;
  readonly firstDelayMs?: number;
}

const maxDelayMs = 10_000;
/** A process that lived this long has recovered: after its next death it is restarted at once. */
const healthyAfterMs = 30_000;

/** Keeps a service running: restarts it when it dies, after growing pauses and with a notice. */
export function supervise(service: Service, options: SuperviseOptions): Supervised {
  const { log, onPid, firstDelayMs = 500 } = options;
  const stopping = new AbortController();
  let current: ManagedProcess | null = null;

  const launch = () =>
    service.start((spawned) => {
      current = spawned;
      onPid(spawned.pid);
      if (stopping.signal.aborted) void spawned.stop();
    });

  const keepRunning = async () => {
    let delayMs = firstDelayMs;
    let startedAt = Date.now();
    while (!stopping.signal.aborted) {
      const code = await current?.exited;
      if (stopping.signal.aborted) return;
      if (Date.now() - startedAt > healthyAfterMs) delayMs = firstDelayMs;
      log(`${service.name} ended (${code ?? 'killed'}); restarting in ${delayMs / 1000} s`);
      await sleep(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      delayMs = Math.min(delayMs * 2, maxDelayMs);
      startedAt = Date.now();
      await launch().then(
        () => log(`${service.name} restarted (pid ${current?.pid})`),
        (error: unknown) =>
          log(`${service.name} did not start: ${error instanceof Error ? error.message : String(error)}`),
      );
    }
  };

  const ready = launch();
  const ended = ready.then(keepRunning, () => undefined);
  return {
    name: service.name,
    ready,
    kill: () => current?.kill(),
    async stop() {
      stopping.abort();
      await current?.stop();
      await ended;
    },
  };
}
