import { setTimeout as sleep } from 'node:timers/promises';
import type { PauseTarget } from '../cluster/targets.ts';
import type { Log } from '../shared/log.ts';
import { createRandom, shuffle } from '../shared/random.ts';
import { describeLoad, type Load } from './load.ts';

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
  /** From the moment at which the last one was ready again, so that a slow machine does not stand still. */
  readonly pauseMs: number;
  /** kill -9; resolves when the process is ready again. */
  kill(target: StormTarget): Promise<void>;
  look(): Promise<Load>;
  readonly log: Log;
}

/** Kills one process after the other, each once before any of them a second time. */
export function startKills({ seed, pauseMs, kill, look, log }: KillOptions) {
  const random = createRandom(seed ^ 0x5bd1e995);
  const stopping = new AbortController();
  let isOver = () => false;
  const kills: Kill[] = [];

  async function killInTurn(): Promise<void> {
    let round: StormTarget[] = [];
    while (!isOver()) {
      await sleep(pauseMs * (0.8 + 0.4 * random()), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
      if (stopping.signal.aborted) return;
      if (round.length === 0) round = shuffle(stormTargets, random);
      const target = round.pop() ?? 'worker';
      const load = await look();
      log(`kill -9 ${target}: ${describeLoad(load)}`);
      kills.push({ target, load });
      await kill(target);
    }
  }

  const killing = killInTurn();
  killing.catch(() => stopping.abort());
  return {
    kills: kills as readonly Kill[],
    /** Kills each process once, if that was not done, and no more. */
    async finish(): Promise<void> {
      isOver = () => kills.length >= stormTargets.length;
      await killing;
    },
    async stop(): Promise<void> {
      stopping.abort();
      await killing;
    },
  };
}
