interface Waiting<Ask, Answer> {
  readonly ask: Ask;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

interface Queue<Ask, Answer> {
  waiting: Waiting<Ask, Answer>[];
  inFlight: number;
  isScheduled: boolean;
}

export interface BatchesOptions<Ask, Answer> {
  readonly maxSize: number;
  /** Weighs an ask; a batch weighs at most `max`, or is one ask that weighs more. Without it only the count is bounded. */
  readonly weight?: { readonly max: number; of(ask: Ask): number };
  /** Batches of one name that may run at the same time; 1 by default. */
  readonly maxConcurrent?: number;
  /** Answers every ask of a batch, in order. If it throws, all of them fail. */
  readonly work: (asks: readonly [Ask, ...Ask[]]) => Promise<readonly Answer[]>;
}

export interface Batches<Ask, Answer> {
  ask(name: string, ask: Ask): Promise<Answer>;
}

/**
 * Runs asks of the same name as one batch. Asks that arrive while a batch runs form the next one, so batches grow with
 * the load, and a lone ask never waits for others.
 */
export function createBatches<Ask, Answer>({
  maxSize,
  weight,
  maxConcurrent = 1,
  work,
}: BatchesOptions<Ask, Answer>): Batches<Ask, Answer> {
  const queues = new Map<string, Queue<Ask, Answer>>();

  /** How many of the waiting asks form the next batch; at least one. */
  function countNext(waiting: readonly Waiting<Ask, Answer>[]): number {
    if (weight === undefined) return maxSize;
    let total = 0;
    const tooMany = waiting.findIndex(({ ask }, index) => {
      total += weight.of(ask);
      return index >= maxSize || (index > 0 && total > weight.max);
    });
    return tooMany === -1 ? waiting.length : tooMany;
  }

  function schedule(name: string, queue: Queue<Ask, Answer>): void {
    if (queue.isScheduled || queue.inFlight >= maxConcurrent) return;
    if (queue.waiting.length === 0) {
      if (queue.inFlight === 0) queues.delete(name);
      return;
    }
    queue.isScheduled = true;
    // Deferred, so that asks of the same turn of the event loop share a batch.
    setImmediate(() => {
      queue.isScheduled = false;
      void serve(name, queue);
      schedule(name, queue);
    });
  }

  async function serve(name: string, queue: Queue<Ask, Answer>): Promise<void> {
    const batch = queue.waiting.splice(0, countNext(queue.waiting));
    const [first, ...others] = batch.map(({ ask }) => ask);
    if (first === undefined) return;
    queue.inFlight += 1;
    try {
      const answers = await work([first, ...others]);
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      queue.inFlight -= 1;
      schedule(name, queue);
    }
  }

  function queueOf(name: string): Queue<Ask, Answer> {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const fresh = { waiting: [], inFlight: 0, isScheduled: false };
    queues.set(name, fresh);
    return fresh;
  }

  return {
    ask: (name, ask) =>
      new Promise((resolve, reject) => {
        const queue = queueOf(name);
        queue.waiting.push({ ask, resolve, reject });
        schedule(name, queue);
      }),
  };
}
