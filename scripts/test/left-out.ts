/** Tests that this machine cannot run, because it lacks a program of others. The run names them and does not fail. */
export interface LeftOut {
  readonly reason: string;
  readonly tests: number;
}

const leftOut: LeftOut[] = [];

/** Called in a `before` hook: leaves its whole suite out. */
export function leaveOut(context: Mocha.Context, reason: string): never {
  leftOut.push({ reason, tests: context.test?.parent?.total() ?? 0 });
  return context.skip();
}

/** What was left out since the last call. */
export const takeLeftOut = (): LeftOut[] => leftOut.splice(0);
