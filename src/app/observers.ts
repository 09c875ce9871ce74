import type { Clock } from '../platform/clock.ts';
import type { LoopObserver } from '../platform/loop.ts';
import type { CrmMetrics } from './instruments.ts';

/** Measures the loops of this process: when each ended its last round, and how many failed in a row. */
export function observeLoops({ instruments }: CrmMetrics, clock: Clock): LoopObserver {
  const endedAt = new Map<string, number>();
  const failedRounds = new Map<string, number>();
  const gaugeOf = (values: ReadonlyMap<string, number>) =>
    Array.from(values, ([loop, value]) => ({ labels: { loop }, value }));
  const note = (loop: string, failed: number): void => {
    endedAt.set(loop, clock.now().getTime() / 1_000);
    failedRounds.set(loop, failed);
    instruments.loopRoundEnded.replace(gaugeOf(endedAt));
    instruments.loopFailedRounds.replace(gaugeOf(failedRounds));
  };
  return {
    started: (loop) => note(loop, 0),
    roundEnded: (loop, outcome) => note(loop, outcome === 'done' ? 0 : (failedRounds.get(loop) ?? 0) + 1),
  };
}
