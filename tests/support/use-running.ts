export interface Closable {
  close(): Promise<void>;
}

interface Hooks<Running> {
  /** After each test. */
  readonly check?: (running: Running) => void;
  /** Before the end, once all tests are over. */
  readonly checkAll?: (running: Running) => void;
}

const startTimeoutMs = 60_000;
const closeTimeoutMs = 40_000;

/**
 * Starts something before the tests of a `describe` and closes it after them. Answers a function, because it is not
 * there yet while tests are being declared.
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
    if (running === undefined) throw new Error('it is started in a before hook: ask for it inside a test');
    return running;
  };
}
