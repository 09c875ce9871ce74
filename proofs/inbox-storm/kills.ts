import { setTimeout as sleep } from 'node:timers/promises';
import type { PauseTarget } from '../cluster/targets.ts';
import type { Log } from '../shared/log.ts';
import { createRandom, shuffle } from '../shared/random.ts';
import type { Load } from './load.ts';

export const stormTargets = [
  'api',
  'worker',
  'second-api',
  'second-worker',
] as const satisfies readonly PauseTarget[];
export type StormTarget = (typeof stormTargets)[number];

export interface Kill {
  readonly target: StormTarget;
  /** What was under way at that moment. */
  readonly load: Load;
}

interface KillOptions {
  readonly seed: number;
  readonly everyMs: number;
  /** kill -9; the process is started again. */
  kill(target: StormTarget): Promise<void>;
  look(): Promise<Load>;
  readonly log: Log;
}

/** Kills one process after the other, each once before any of them a second time. */
export function startKills({ seed, everyMs, kill, look, log }: KillOptions) {
  const random = createRandom(seed ^ 0x5bd1e995);
  const stopping = new AbortController();
  const kills: Kill[] = [];

  async function killInTurn(): Promise<void> {
    let round: StormTarget[] = [];
    for (;;) {
      await sleep(everyMs * (0.8 + 0.4 * random()), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
      if (stopping.signal.aborted) return;
      if (round.length === 0) round = shuffle(stormTargets, random);
      const target = round.pop() ?? 'worker';
      const load = await look();
      await kill(target);
      kills.push({ target, load });
      log(`kill -9 ${target} while ${load.queued} wait for an agent, ${load.files} files are on their way`);
    }
  }

  const killing = killInTurn();
  killing.catch(() => stopping.abort());
  return {
    kills: kills as readonly Kill[],
    async stop(): Promise<void> {
      stopping.abort();
      await killing;
    },
  };
}
