/** How long messages took to be back at full rate after a fault. Pure. */

export interface FaultSpan {
  readonly name: string;
  readonly startedAtMs: number;
  /** When its cause was gone; recovery is measured from here. */
  readonly healedAtMs: number;
  /** Database commands that the fault made fail. */
  readonly failedCommands: number;
}

export interface Recovery extends FaultSpan {
  readonly recoveryMs: number;
}

export interface Flow {
  /** When each message was to be sent, by id. */
  readonly dueAtMs: ReadonlyMap<string, number>;
  /** When the provider saw each message first; a message that it never saw is not part of the flow. */
  readonly firstCallAtMs: ReadonlyMap<string, number>;
  readonly ratePerSecond: number;
}

/** Later than this after it was due, a message is late. */
export const normalMs = 2_000;

/**
 * At full rate, fewer messages are late than are due in one second: the backlog is gone, and a single message that
 * still waits for its next attempt does not count.
 */
export function measureRecovery(spans: readonly FaultSpan[], flow: Flow): readonly Recovery[] {
  const late = [...flow.dueAtMs].flatMap(([id, dueAtMs]) => {
    const from = dueAtMs + normalMs;
    const to = flow.firstCallAtMs.get(id);
    return to === undefined || to <= from ? [] : [{ from, to }];
  });
  const ends = late.map(({ to }) => to).toSorted((a, b) => a - b);
  const lateAt = (atMs: number): number => late.filter(({ from, to }) => from <= atMs && atMs < to).length;
  return spans.map((span) => {
    // What a fault holds up is late a moment after it: that must be over, and the count must be low again.
    const seenFrom = span.healedAtMs + normalMs;
    const isFull = (atMs: number): boolean => lateAt(atMs) < flow.ratePerSecond;
    if (isFull(span.healedAtMs) && isFull(seenFrom)) return { ...span, recoveryMs: 0 };
    const recoveredAt = ends.find(
      (end) => end >= span.healedAtMs && isFull(end) && (end >= seenFrom || isFull(seenFrom)),
    );
    return { ...span, recoveryMs: (recoveredAt ?? ends.at(-1) ?? span.healedAtMs) - span.healedAtMs };
  });
}
