interface Waiting<Ask, Answer> {
  readonly ask: Ask;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export interface BatchesOptions<Ask, Answer> {
  readonly largest: number;
  /** Answers all asks of one name, in their order. */
  readonly work: (asks: readonly [Ask, ...Ask[]]) => Promise<readonly Answer[]>;
}

/**
 * Asks of one name that this process has at the same time are worked off together: one batch at a time, and what comes
 * meanwhile makes the next one. So it is processes that compete for a document, not callers.
 */
export function createBatches<Ask, Answer>({ largest, work }: BatchesOptions<Ask, Answer>) {
  const lines = new Map<string, Waiting<Ask, Answer>[]>();

  async function serve(batch: readonly Waiting<Ask, Answer>[]): Promise<void> {
    const [first, ...others] = batch.map(({ ask }) => ask);
    if (first === undefined) return;
    try {
      const answers = await work([first, ...others]);
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async function workOff(name: string, line: Waiting<Ask, Answer>[]): Promise<void> {
    while (line.length > 0) await serve(line.splice(0, largest));
    // At once: who comes after the last look at the line has to begin a new one.
    lines.delete(name);
  }

  return (name: string, ask: Ask): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const waiting = { ask, resolve, reject };
      const line = lines.get(name);
      if (line !== undefined) return void line.push(waiting);
      const fresh = [waiting];
      lines.set(name, fresh);
      void workOff(name, fresh);
    });
}
