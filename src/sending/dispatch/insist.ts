import { sleep } from '../../platform/clock.ts';

const budgetMs = 5_000;
const waitMs = 250;

/**
 * Repeats a database step that must not be lost between claim and record, until its budget is used up; the last
 * try may take as long again, by the driver's own time-out. Only for steps that may be repeated. Throws the last
 * error.
 */
export async function insist<T>(step: () => Promise<T>): Promise<T> {
  const giveUpAtMs = performance.now() + budgetMs;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (performance.now() >= giveUpAtMs) throw error;
      await sleep(waitMs);
    }
  }
}

/** What one attempt needs beside the provider's call: three steps that insist, each at its longest. */
export const insistingMs = 30_000;
