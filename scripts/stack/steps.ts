const pad = 2;

/** Prints the progress of a start as numbered steps with their durations. */
export function createSteps(total: number, log: (line: string) => void) {
  let number = 0;
  return async function step<T>(
    title: string,
    work: () => Promise<T>,
    describe?: (result: T) => string,
  ): Promise<T> {
    number += 1;
    const label = `[${String(number).padStart(pad)}/${total}] ${title}`;
    const startedAt = performance.now();
    const result = await work();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const detail = describe?.(result) ?? '';
    log(`${label}${detail === '' ? '' : `: ${detail}`} (${seconds} s)`);
    return result;
  };
}
