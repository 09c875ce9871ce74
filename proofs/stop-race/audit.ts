/** What is known of one message at the end. */
export interface RaceMessage {
  readonly id: string;
  readonly to: string;
  readonly status: string;
  /** When each call for it arrived at the provider, in epoch milliseconds. */
  readonly calledAtMs: readonly number[];
}

/** A stop that was said and acknowledged. */
export interface AcknowledgedStop {
  readonly phone: string;
  readonly saidAtMs: number;
  /** When its proof was written. */
  readonly acknowledgedAtMs: number;
  readonly canceledCount: number;
}

export interface StopRaceFindings {
  readonly violations: readonly string[];
  readonly sent: number;
  readonly canceled: number;
  /** Calls for people who had said STOP, between that and its acknowledgement. */
  readonly whileStopping: number;
}

/** Judges every message by the provider's ledger. Pure. */
export function auditStopRace(
  messages: readonly RaceMessage[],
  stops: readonly AcknowledgedStop[],
): StopRaceFindings {
  const stopOf = new Map(stops.map((stop) => [stop.phone, stop]));
  const violations = messages.flatMap((message) => judge(message, stopOf.get(message.to)));
  const calls = messages.flatMap(({ to, calledAtMs }) => calledAtMs.map((atMs) => ({ to, atMs })));
  for (const { phone, canceledCount } of stops) {
    const canceled = messages.filter(({ to, status }) => to === phone && status === 'canceled').length;
    if (canceled < canceledCount)
      violations.push(`${phone}: the proof counts ${canceledCount} canceled messages, there are ${canceled}`);
  }
  return {
    violations,
    sent: messages.filter(({ calledAtMs }) => calledAtMs.length > 0).length,
    canceled: messages.filter(({ status }) => status === 'canceled').length,
    whileStopping: calls.filter(({ to, atMs }) => atMs >= (stopOf.get(to)?.saidAtMs ?? Infinity)).length,
  };
}

function judge(
  { id, status, calledAtMs }: RaceMessage,
  stop: AcknowledgedStop | undefined,
): readonly string[] {
  const is = (what: string) => `message ${id} (${status}) ${what}`;
  const found: string[] = [];
  if (calledAtMs.length > 1) found.push(is('was sent twice'));
  if (calledAtMs.length > 0 && status === 'canceled') found.push(is('was sent'));
  if (calledAtMs.length === 0 && (stop === undefined || status !== 'canceled'))
    found.push(is(stop === undefined ? 'was lost' : 'was neither sent nor canceled'));
  for (const atMs of calledAtMs) {
    const lateMs = atMs - (stop?.acknowledgedAtMs ?? Infinity);
    if (lateMs > 0) found.push(is(`was sent ${lateMs} ms after the stop was acknowledged`));
  }
  return found;
}
