import { setTimeout as sleep } from 'node:timers/promises';
import {
  supervise,
  type ManagedProcess,
  type Service,
  type Supervised,
} from '../../scripts/stack/supervise.ts';
import type { Log } from '../shared/log.ts';

/** Supervised processes by name, each started again whenever it dies. */
export interface Family {
  start(service: Service): Promise<void>;
  /** kill -9; waits for a process that is being started again. */
  kill(name: string): Promise<void>;
  /** Waits until a process is ready, also after it was killed. */
  untilReady(name: string): Promise<void>;
  /** Freezes a process; returns what resumes it. */
  pause(name: string): Promise<() => void>;
  /** Ends all, the last started first. */
  stop(): Promise<void>;
}

const firstDelayMs = 200;
const pollMs = 20;

export function createFamily(log: Log): Family {
  const members: Supervised[] = [];
  const alive = new Map<string, ManagedProcess>();
  const ready = new Set<string>();

  async function find(name: string): Promise<ManagedProcess> {
    for (;;) {
      const found = alive.get(name);
      if (found !== undefined) return found;
      await sleep(pollMs);
    }
  }

  return {
    async start(service) {
      const { name } = service;
      // The supervisor passes on the id only; the process itself is caught here so that it can be killed.
      const watched: Service = {
        name,
        async start(onSpawn) {
          await service.start((spawned) => {
            alive.set(name, spawned);
            void spawned.exited.then(() => {
              alive.delete(name);
              ready.delete(name);
            });
            onSpawn(spawned);
          });
          if (alive.has(name)) ready.add(name);
        },
      };
      const member = supervise(watched, { log, onPid: () => undefined, firstDelayMs });
      members.unshift(member);
      await member.ready;
    },
    async kill(name) {
      ready.delete(name);
      (await find(name)).kill();
    },
    async untilReady(name) {
      while (!ready.has(name)) await sleep(pollMs);
    },
    async pause(name) {
      const { pid } = await find(name);
      process.kill(pid, 'SIGSTOP');
      return () => signalIfThere(pid, 'SIGCONT');
    },
    async stop() {
      for (const member of members) await member.stop();
    },
  };
}

/** The process may have been killed meanwhile. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
