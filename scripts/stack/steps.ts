const pad = 2;

/**
 * Prints the progress of a start as numbered steps with their durations. Once `stop` is aborted, a step throws: no other
 * begins, and one that ends by then is not announced.
 */
export function createSteps(total: number, log: (line: string) => void, stop: AbortSignal) {
  let number = 0;
  return async function step<T>(
    title: string,
    work: () => Promise<T>,
    describe?: (result: T) => string,
  ): Promise<T> {
    stop.throwIfAborted();
    number += 1;
    const label = `[${String(number).padStart(pad)}/${total}] ${title}`;
    const startedAt = performance.now();
    const result = await work();
    stop.throwIfAborted();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const detail = describe?.(result) ?? '';
    log(`${label}${detail === '' ? '' : `: ${detail}`} (${seconds} s)`);
    return result;
  };
}
