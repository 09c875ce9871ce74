export interface Closable {
  close(): Promise<void>;
}

interface Hooks<Running> {
  /** Runs after each test. */
  readonly check?: (running: Running) => void;
  /** Runs once after all tests, before the close. */
  readonly checkAll?: (running: Running) => void;
}

const startTimeoutMs = 60_000;
const closeTimeoutMs = 40_000;

/**
 * Starts something before the tests of a `describe` and closes it afterwards. Returns a function, because it does not
 * exist while tests are declared.
 */
export function useRunning<Running extends Closable>(
  start: () => Promise<Running>,
  { check, checkAll }: Hooks<Running> = {},
): () => Running {
  let running: Running | undefined;
  before(async function () {
    this.timeout(startTimeoutMs);
    running = await start();
  });
  afterEach(() => {
    if (running !== undefined) check?.(running);
  });
  after(async function () {
    this.timeout(closeTimeoutMs);
    try {
      if (running !== undefined) checkAll?.(running);
    } finally {
      await running?.close();
    }
  });
  return () => {
    if (running === undefined) throw new Error('started in a before hook: call this inside a test');
    return running;
  };
}
