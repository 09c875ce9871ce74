export interface Workers {
  /** Starts available work, up to the concurrency. */
  pump(): void;
  /** Takes no more work; waits at most `graceMs` for running work. */
  stop(graceMs: number): Promise<void>;
  /** Resolves when no work is running. */
  settled(): Promise<void>;
}

/** Runs work with bounded concurrency; `take` starts the next piece, or returns null if there is none. */
export function createWorkers(concurrency: number, take: () => Promise<void> | null): Workers {
  const running = new Set<Promise<void>>();
  let isStopped = false;

  function pump(): void {
    while (!isStopped && running.size < concurrency) {
      const started = take();
      if (started === null) return;
      const work = started.finally(() => {
        running.delete(work);
        pump();
      });
      running.add(work);
    }
  }

  async function settled(): Promise<void> {
    await Promise.all(running);
  }

  return {
    pump,
    settled,
    async stop(graceMs) {
      isStopped = true;
      const grace = new Promise<void>((resolve) => {
        setTimeout(resolve, graceMs).unref();
      });
      await Promise.race([settled(), grace]);
    },
  };
}
