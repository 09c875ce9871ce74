import type { ManagedProcess, Service } from '../../scripts/stack/supervise.ts';

/** A process that a test starts, kills and restarts by hand. */
export interface Restartable {
  readonly name: string;
  /** Starts the process and waits until it is ready. */
  start(): Promise<void>;
  /** SIGTERM; resolves when the process has ended. */
  stop(): Promise<void>;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
  isRunning(): boolean;
}

export function createRestartable(service: Service): Restartable {
  let current: ManagedProcess | null = null;
  const end = async (how: 'stop' | 'kill'): Promise<void> => {
    const ending = current;
    if (ending === null) return;
    if (how === 'kill') ending.kill();
    else await ending.stop();
    await ending.exited;
    current = null;
  };
  return {
    name: service.name,
    isRunning: () => current !== null,
    async start() {
      if (current !== null) throw new Error(`${service.name} runs already`);
      await service.start((spawned) => {
        current = spawned;
      });
    },
    stop: () => end('stop'),
    kill: () => end('kill'),
  };
}
