import { sleep } from './clock.ts';
import type { Logger } from './logger.ts';

/** A long loop, declared by its area; docs/loops.md is generated from these tables. */
export interface LoopDefinition {
  /** The process that runs it. */
  readonly process: 'api' | 'worker';
  /** The work of one round, as a verb phrase. */
  readonly does: string;
  /** The wait after an idle round; it doubles up to `maxIdleMs` while rounds stay idle. */
  readonly idleMs: number;
  readonly maxIdleMs: number;
  /** The means that keep two processes from the same work, and the delay after one dies. */
  readonly lease: string;
}

export type LoopTable = Readonly<Record<string, LoopDefinition>>;

/** One round of work. After `more`, the next round follows at once. */
export type LoopStep = () => Promise<'more' | 'idle'>;

/** Waits after an idle round; may end early. */
export type LoopPause = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** A step whose work goes on in the background between rounds. */
export interface BackgroundWork {
  readonly step: LoopStep;
  /** Replaces the wait after an idle round, for a loop that something can wake. */
  readonly pause?: LoopPause;
  /** Resolves when the work in the background has ended; called after the last round. */
  finish(): Promise<void>;
}

export interface RunnableLoop {
  readonly name: string;
  readonly step: LoopStep;
  readonly pause?: LoopPause;
  readonly finish?: () => Promise<void>;
  readonly idleMs: number;
  readonly maxIdleMs: number;
}

/** Joins the loops of an area with their steps. */
export const createLoops = <const Table extends LoopTable>(
  table: Table,
  steps: { readonly [Name in keyof Table]: LoopStep | BackgroundWork },
): readonly RunnableLoop[] =>
  Object.entries(table).map(([name, { idleMs, maxIdleMs }]) => {
    // `steps` has the same keys as the table.
    const work = (steps as Readonly<Record<string, LoopStep | BackgroundWork>>)[name];
    if (work === undefined) throw new Error(`The loop ${name} has no step.`);
    return { name, idleMs, maxIdleMs, ...(typeof work === 'function' ? { step: work } : work) };
  });

/** A step that always waits after its round. */
export const once =
  (round: () => Promise<unknown>): LoopStep =>
  async () => {
    await round();
    return 'idle';
  };

/** A step that repeats at once while `take` finds work. */
export const whileFound =
  (take: () => Promise<number | boolean>): LoopStep =>
  async () =>
    Number(await take()) > 0 ? 'more' : 'idle';

/** Measures loops. Must not throw, and decides nothing. */
export interface LoopObserver {
  started(loop: string): void;
  roundEnded(loop: string, outcome: 'done' | 'failed'): void;
}

export interface LoopOptions extends RunnableLoop {
  readonly logger: Logger;
  readonly observer?: LoopObserver | undefined;
}

export interface Loop {
  /** Starts no further round; resolves when the current one has ended. */
  stop(): Promise<void>;
}

/** Runs several loops until they are stopped together. */
export function startLoops(loops: readonly RunnableLoop[], logger: Logger, observer?: LoopObserver): Loop {
  const started = loops.map((loop) => startLoop({ ...loop, logger, observer }));
  return {
    async stop() {
      await Promise.all(started.map((loop) => loop.stop()));
    },
  };
}

/** Runs a step repeatedly until stopped. A failed round is logged and repeated after `maxIdleMs`. */
export function startLoop(options: LoopOptions): Loop {
  const { name, step, pause = sleep, finish, idleMs, maxIdleMs, logger, observer } = options;
  const stopping = new AbortController();
  observer?.started(name);
  async function run(): Promise<void> {
    let waitMs = idleMs;
    while (!stopping.signal.aborted) {
      try {
        const result = await step();
        observer?.roundEnded(name, 'done');
        if (result === 'more') {
          waitMs = idleMs;
          continue;
        }
      } catch (error) {
        observer?.roundEnded(name, 'failed');
        logger.error({ loop: name, error }, 'loop round failed; will be repeated');
        waitMs = maxIdleMs;
      }
      await pause(waitMs, stopping.signal);
      waitMs = Math.min(waitMs * 2, maxIdleMs);
    }
  }
  const ended = run();
  return {
    async stop() {
      stopping.abort();
      await ended;
      await finish?.();
    },
  };
}
