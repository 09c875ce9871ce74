interface Waiting<Ask, Answer> {
  readonly ask: Ask;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

interface Line<Ask, Answer> {
  waiting: Waiting<Ask, Answer>[];
  underWay: number;
  isScheduled: boolean;
}

export interface BatchesOptions<Ask, Answer> {
  readonly maxSize: number;
  /** How many batches of one name may be worked off at the same time; 1 when not given. */
  readonly atOnce?: number;
  /** Answers all asks of a batch, in their order. When it throws, all of them fail. */
  readonly work: (asks: readonly [Ask, ...Ask[]]) => Promise<readonly Answer[]>;
}

export interface Batches<Ask, Answer> {
  ask(name: string, ask: Ask): Promise<Answer>;
}

/**
 * Works off together what is asked in the same name at the same time, and what is asked meanwhile in the next batch. So
 * batches grow with the load by themselves, and nothing waits for company when there is none.
 */
export function createBatches<Ask, Answer>({
  maxSize,
  atOnce = 1,
  work,
}: BatchesOptions<Ask, Answer>): Batches<Ask, Answer> {
  const lines = new Map<string, Line<Ask, Answer>>();

  function schedule(name: string, line: Line<Ask, Answer>): void {
    if (line.isScheduled || line.underWay >= atOnce) return;
    if (line.waiting.length === 0) {
      if (line.underWay === 0) lines.delete(name);
      return;
    }
    line.isScheduled = true;
    // Not at once: what comes in the same turn of the event loop belongs into the same batch.
    setImmediate(() => {
      line.isScheduled = false;
      void serve(name, line);
      schedule(name, line);
    });
  }

  async function serve(name: string, line: Line<Ask, Answer>): Promise<void> {
    const batch = line.waiting.splice(0, maxSize);
    const [first, ...others] = batch.map(({ ask }) => ask);
    if (first === undefined) return;
    line.underWay += 1;
    try {
      const answers = await work([first, ...others]);
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      line.underWay -= 1;
      schedule(name, line);
    }
  }

  function lineOf(name: string): Line<Ask, Answer> {
    const known = lines.get(name);
    if (known !== undefined) return known;
    const fresh = { waiting: [], underWay: 0, isScheduled: false };
    lines.set(name, fresh);
    return fresh;
  }

  return {
    ask: (name, ask) =>
      new Promise((resolve, reject) => {
        const line = lineOf(name);
        line.waiting.push({ ask, resolve, reject });
        schedule(name, line);
      }),
  };
}
