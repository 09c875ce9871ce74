import { sleep } from '../../platform/clock.ts';

const budgetMs = 5_000;
const waitMs = 250;

/**
 * Repeats a step until it succeeds or its budget is used up; the last try may take as long again, by the driver's own
 * time-out. Only for steps that may be repeated. Throws the last error.
 */
async function insist<T>(step: () => Promise<T>): Promise<T> {
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

type Step = (...args: readonly unknown[]) => Promise<unknown>;

/** The same steps, each of them insisted on: what must not be lost between claim and record survives a short outage. */
export const insistOn = <Steps extends object>(steps: Steps): Steps =>
  new Proxy(steps, {
    get(target, name) {
      const step: unknown = Reflect.get(target, name);
      if (typeof step !== 'function') return step;
      const insistent: Step = (...args) =>
        insist(() => Reflect.apply(step, target, args) as Promise<unknown>);
      return insistent;
    },
  });

/** What one attempt needs beside the provider's call: three insistent steps, each at its longest. */
export const insistingMs = 30_000;
