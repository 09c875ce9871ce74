import { sleep } from '../../platform/clock.ts';

const budgetMs = 5_000;
const waitMs = 250;

/**
 * Repeats a step until it succeeds or its time budget is used up, then throws the last error. The last try may take as
 * long again, by the driver's own time-out. Only for idempotent steps.
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

/** Wraps every method in `insist`, so that an attempt survives a short outage between claim and record. */
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

/** Time that one attempt may need beside the provider's call: three steps of maximum length. */
export const insistingMs = 30_000;
