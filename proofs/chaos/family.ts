import { setTimeout as sleep } from 'node:timers/promises';
import {
  supervise,
  type ManagedProcess,
  type Service,
  type Supervised,
} from '../../scripts/stack/supervise.ts';

/** Supervised processes by name, each started again whenever it dies. */
export interface Family {
  start(service: Service): Promise<void>;
  /** kill -9; waits for the process to be there first, if it is just being started again. */
  kill(name: string): Promise<void>;
  /** Freezes a process; answers what lets it go on. */
  pause(name: string): Promise<() => void>;
  /** Ends all, the last started first. */
  stop(): Promise<void>;
}

const firstDelayMs = 200;

export function createFamily(log: (line: string) => void): Family {
  const members: Supervised[] = [];
  const alive = new Map<string, ManagedProcess>();

  async function find(name: string): Promise<ManagedProcess> {
    for (;;) {
      const found = alive.get(name);
      if (found !== undefined) return found;
      await sleep(20);
    }
  }

  return {
    async start(service) {
      const { name } = service;
      // The supervisor tells the id only; what can be killed is caught on its way there.
      const watched: Service = {
        name,
        start: (onSpawn) =>
          service.start((spawned) => {
            alive.set(name, spawned);
            void spawned.exited.then(() => alive.delete(name));
            onSpawn(spawned);
          }),
      };
      const member = supervise(watched, { log, onPid: () => undefined, firstDelayMs });
      members.unshift(member);
      await member.ready;
    },
    async kill(name) {
      (await find(name)).kill();
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

/** Somebody may have killed it meanwhile. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
