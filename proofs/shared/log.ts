export type Log = (line: string) => void;

/** Puts the seconds since now in front of each line. */
export function withElapsedTime(log: Log): Log {
  const startedAt = performance.now();
  return (line) => log(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${line}`);
}
