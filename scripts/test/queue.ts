/** How a file shares the machine with others. */
type Share =
  /** Runs beside any other file. */
  | 'shared'
  /**
   * Starts the whole product as processes: two of them run at the same time only when no `shared` file is waiting.
   */
  | 'stack'
  /** Measures time or memory so precisely that nothing may run beside it. */
  | 'alone';

/** Files that measure time or memory on this machine, with the reason. */
const aloneFiles: Readonly<Record<string, string>> = {
  'tests/api/body-memory.test.ts': 'measures memory while a hundred connections send 400 MB',
  'tests/api/auth/event-loop.test.ts': 'measures event-loop delay while passwords are hashed',
  'tests/api/webhook-poison.test.ts':
    'measures event-loop delay, memory and latency while poison is processed',
};

/** Slowest first: a long file that starts last would delay the end of the run. */
const slowestFolders = [
  'tests/e2e',
  'tests/workflows',
  'tests/activities',
  'tests/api',
  'tests/scripts',
  'tests',
];

export function shareOf(file: string): Share {
  if (file in aloneFiles) return 'alone';
  return file.startsWith('tests/e2e/') ? 'stack' : 'shared';
}

export interface FileQueue {
  /** The next file that may run now; undefined if there is none. */
  take(): string | undefined;
  /** Marks the file as finished, passed or failed. */
  done(file: string): void;
  /** Drops all waiting files. */
  clear(): void;
  isEmpty(): boolean;
}

/** Hands out each file once: slow ones first, those that run alone last. */
export function createFileQueue(files: readonly string[], share: typeof shareOf = shareOf): FileQueue {
  const rank = (file: string): number =>
    share(file) === 'alone'
      ? slowestFolders.length
      : slowestFolders.findIndex((folder) => file.startsWith(`${folder}/`));
  let waiting = files.toSorted((a, b) => rank(a) - rank(b));
  const running = new Set<string>();
  const isRunning = (kind: Share): boolean => [...running].some((file) => share(file) === kind);

  function mayRun(file: string): boolean {
    if (isRunning('alone')) return false;
    if (share(file) === 'alone') return running.size === 0;
    const isBesideOthers = !isRunning('stack') || !waiting.some((other) => share(other) === 'shared');
    return share(file) === 'shared' || isBesideOthers;
  }

  return {
    take() {
      const next = waiting.find(mayRun);
      if (next === undefined) return undefined;
      waiting = waiting.filter((file) => file !== next);
      running.add(next);
      return next;
    },
    done: (file) => void running.delete(file),
    clear: () => (waiting = []),
    isEmpty: () => waiting.length === 0,
  };
}
