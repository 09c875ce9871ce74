/** How much of the machine a file needs for itself. */
type Share =
  /** Beside any other file. */
  | 'shared'
  /** Starts the whole product as processes: beside files that do not, as long as there are any. */
  | 'stack'
  /** Measures time so closely that nothing may run beside it. */
  | 'alone';

/** Files that measure how long something takes on this machine, and what. */
const aloneFiles: Readonly<Record<string, string>> = {
  'tests/api/auth/event-loop.test.ts': 'measures how long the event loop is busy while passwords are hashed',
};

/** The folders by what a file in them takes, longest first: a long file that starts last would be waited for. */
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
  /** The next file that may run beside those that do; undefined when there is none now. */
  take(): string | undefined;
  /** The file has ended, whichever way. */
  done(file: string): void;
  /** Gives up what has not been taken. */
  clear(): void;
  isEmpty(): boolean;
}

/** Hands every file out once, long ones early and those that must be alone in the end. */
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
