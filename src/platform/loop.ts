import { sleep } from './clock.ts';
import type { Logger } from './logger.ts';

/** A long loop as its area declares it; docs/loops.md is made from the tables of all areas. */
export interface LoopDefinition {
  /** The process that runs it. */
  readonly process: 'api' | 'worker';
  /** What one round does. */
  readonly does: string;
  /** The wait after an idle round, which doubles up to `maxIdleMs` while nothing happens. */
  readonly idleMs: number;
  readonly maxIdleMs: number;
  /** What keeps two processes from doing the same work, and how long one that dies delays it. */
  readonly lease: string;
}

export type LoopTable = Readonly<Record<string, LoopDefinition>>;

/** One round of work; answers whether more may be waiting, in which case the next round follows at once. */
export type LoopStep = () => Promise<'more' | 'idle'>;

export interface RunnableLoop {
  readonly name: string;
  readonly step: LoopStep;
  readonly idleMs: number;
  readonly maxIdleMs: number;
}

/** The loops of an area with their steps; each loop of the table needs one. */
export const createLoops = <const Table extends LoopTable>(
  table: Table,
  steps: { readonly [Name in keyof Table]: LoopStep },
): readonly RunnableLoop[] =>
  Object.entries(table).map(([name, { idleMs, maxIdleMs }]) => {
    // `steps` has the same keys as the table.
    const step = (steps as Readonly<Record<string, LoopStep>>)[name];
    if (step === undefined) throw new Error(`The loop ${name} has no step.`);
    return { name, step, idleMs, maxIdleMs };
  });

/** A step that is over after one round, whatever it has found. */
export const once =
  (round: () => Promise<unknown>): LoopStep =>
  async () => {
    await round();
    return 'idle';
  };

/** A step that goes on as long as something was taken. */
export const whileFound =
  (take: () => Promise<number | boolean>): LoopStep =>
  async () =>
    Number(await take()) > 0 ? 'more' : 'idle';

export interface LoopOptions extends RunnableLoop {
  readonly logger: Logger;
}

export interface Loop {
  /** Resolves when the round under way is over; no other begins. */
  stop(): Promise<void>;
}

/** Runs these until they are stopped, together. */
export function startLoops(loops: readonly RunnableLoop[], logger: Logger): Loop {
  const started = loops.map(({ name, step, idleMs, maxIdleMs }) =>
    startLoop({ name, step, idleMs, maxIdleMs, logger }),
  );
  return {
    async stop() {
      await Promise.all(started.map((loop) => loop.stop()));
    },
  };
}

/** Runs a step again and again until it is stopped. A failed round is logged and tried again after the longest wait. */
export function startLoop({ name, step, idleMs, maxIdleMs, logger }: LoopOptions): Loop {
  const stopping = new AbortController();
  async function run(): Promise<void> {
    let waitMs = idleMs;
    while (!stopping.signal.aborted) {
      try {
        const result = await step();
        if (result === 'more') {
          waitMs = idleMs;
          continue;
        }
      } catch (error) {
        logger.error({ loop: name, error }, 'a round failed; it is tried again');
        waitMs = maxIdleMs;
      }
      await sleep(waitMs, stopping.signal);
      waitMs = Math.min(waitMs * 2, maxIdleMs);
    }
  }
  const ended = run();
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
