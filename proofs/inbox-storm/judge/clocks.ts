import type { Change, ClockState, ServiceTerms, StormFacts } from '../facts.ts';

type ClockChange = Extract<Change, { kind: 'clock' }>;
type Facts = Pick<StormFacts, 'commits' | 'conversations' | 'service' | 'endedAtMs'>;

/** The clocks of processes and of the database may differ by this, though they run on one machine. */
const skewMs = 100;
/** How late a worker may be that was just started again. */
const maxLateMs = 10_000;

/** Each warning and each breach of a service level once, none too early, none missing, and none of what was in time. Pure. */
export function* judgeClocks({ commits, conversations, service, endedAtMs }: Facts): Generator<string> {
  const clocks = new Map<string, ClockChange>();
  const keys = new Map<string, string>();
  for (const { atMs, changes } of commits) {
    for (const change of changes) {
      if (change.kind !== 'clock') continue;
      const before = clocks.get(change.id) ?? null;
      if (before === null) yield* judgeKey(keys, change);
      yield* judgeStep(before, change, atMs);
      clocks.set(change.id, change);
    }
  }
  for (const clock of clocks.values()) {
    yield* judgeTimes(clock, service);
    yield* judgeEnd(clock, endedAtMs);
  }
  for (const { id, reopenings } of conversations) {
    const has = (cycle: number, deadline: string) => keys.has(`${id} cycle ${cycle} ${deadline} 1`);
    if (!has(1, 'first-response')) yield `conversation ${id} has no deadline for its first answer`;
    for (let cycle = 1; cycle <= reopenings + 1; cycle += 1)
      if (!has(cycle, 'resolution')) yield `conversation ${id} has no deadline for its end in cycle ${cycle}`;
  }
}

const nameOf = ({ conversationId, cycle, deadline, round }: ClockState): string =>
  `${conversationId} cycle ${cycle} ${deadline} ${round}`;

function* judgeKey(keys: Map<string, string>, clock: ClockChange): Generator<string> {
  const key = nameOf(clock);
  if (keys.has(key)) yield `${key} has two clocks`;
  keys.set(key, clock.id);
}

/** One version of a clock after another. */
function* judgeStep(before: ClockChange | null, clock: ClockChange, atMs: number): Generator<string> {
  const { warnedAtMs, breachedAtMs, endedAtMs } = clock;
  const name = nameOf(clock);
  for (const event of ['warnedAtMs', 'breachedAtMs'] as const) {
    const had = before?.[event] ?? null;
    if (had !== null && had !== clock[event]) yield `${name}: ${event} was ${had} and is ${clock[event]}`;
  }
  const isBreach = breachedAtMs !== null && (before?.breachedAtMs ?? null) === null;
  if (isBreach && breachedAtMs > atMs + skewMs) yield `${name} was breached before its deadline`;
  if (isBreach && endedAtMs !== null && endedAtMs < breachedAtMs) yield `${name} was breached and is in time`;
  const isWarning = warnedAtMs !== null && (before?.warnedAtMs ?? null) === null;
  if (isWarning && warnedAtMs > atMs + skewMs) yield `${name} was warned of too early`;
}

function targetMsOf({ deadline }: ClockState, service: ServiceTerms): number {
  const seconds = {
    'first-response': service.firstResponseSeconds,
    'next-response': service.nextResponseSeconds,
    resolution: service.resolutionSeconds,
  }[deadline];
  return seconds * 1_000;
}

/** Its times follow from its start, its pauses and the policy, which nobody edits. */
function* judgeTimes(clock: ClockChange, service: ServiceTerms): Generator<string> {
  const { startedAtMs, dueAtMs, warnAtMs, pausedMs, state } = clock;
  if (state === 'paused' || state === 'void') return;
  const targetMs = targetMsOf(clock, service);
  if (dueAtMs !== null && (dueAtMs < startedAtMs + targetMs || dueAtMs > startedAtMs + targetMs + pausedMs))
    yield `${nameOf(clock)} is due ${dueAtMs - startedAtMs} ms after its start`;
  const warnMs = Math.round(targetMs * service.warnAt);
  if (warnAtMs !== null && (warnAtMs < startedAtMs + warnMs || warnAtMs > startedAtMs + warnMs + pausedMs))
    yield `${nameOf(clock)} warns ${warnAtMs - startedAtMs} ms after its start`;
}

function* judgeEnd(clock: ClockChange, nowMs: number): Generator<string> {
  const { state, dueAtMs, warnAtMs, warnedAtMs, endedAtMs, breachedAtMs } = clock;
  const name = nameOf(clock);
  if ((state === 'breached') !== (breachedAtMs !== null))
    yield `${name} is ${state} with breach ${breachedAtMs}`;
  const isOver = (ms: number | null): boolean => ms !== null && ms <= nowMs - maxLateMs;
  if (state === 'running' && isOver(dueAtMs)) yield `${name} was missed and nobody told it`;
  if (state === 'running' && warnedAtMs === null && isOver(warnAtMs)) yield `${name} was never warned of`;
  if (state === 'met' && dueAtMs !== null && endedAtMs !== null && endedAtMs >= dueAtMs)
    yield `${name} ended too late and counts as met`;
}
