/** What the clocks of one conversation must show, found slowly: minute by minute, from everything that happened. */

export interface OracleTerms {
  readonly first: number;
  readonly next: number;
  readonly resolution: number;
  /** Whether the business is open in the minute. */
  readonly isOpen: (minute: number) => boolean;
}

interface Answer {
  state: 'sent' | 'failed' | 'delivered';
  at: number | null;
}

interface Pausing {
  readonly from: number;
  to: number | null;
}

interface Cycle {
  readonly firstTarget: 'first' | 'next';
  readonly asks: number[];
  readonly answers: Map<string, Answer>;
  readonly breached: Set<number>;
  /** The latest deadline while the wait lasted, by its start. */
  readonly due: Map<number, number | null>;
  closedAt: number | null;
  resolution: { start: number; pauses: Pausing[]; due: number | null; isBreached: boolean } | null;
}

interface Wait {
  readonly start: number;
  readonly end: number | null;
  readonly isAnswered: boolean;
}

const horizon = 14 * 24 * 60;

const newCycle = (firstTarget: Cycle['firstTarget']): Cycle => ({
  ...{ firstTarget, asks: [], answers: new Map(), breached: new Set(), due: new Map() },
  ...{ closedAt: null, resolution: null },
});

const ranks = ['sent', 'failed', 'delivered'] as const;

export function createSlaOracle(initial: OracleTerms) {
  let terms = initial;
  let status: 'open' | 'pending' | 'closed' = 'open';
  const cycles: Cycle[] = [];
  const current = (): Cycle | undefined => cycles.at(-1);

  function dueOf(start: number, target: number, pauses: readonly Pausing[] = []): number | null {
    let left = target;
    for (let minute = start; minute < start + horizon; minute += 1) {
      const pause = pauses.find(({ from, to }) => from <= minute && (to === null || minute < to));
      if (pause?.to === null) return null;
      if (pause === undefined && terms.isOpen(minute)) left -= 1;
      if (left === 0) return minute + 1;
    }
    return null;
  }

  const answerMinutes = ({ answers }: Cycle): number[] =>
    [...answers.values()].flatMap(({ state, at }) => (state === 'failed' || at === null ? [] : [at]));

  function waitsOf(cycle: Cycle): Wait[] {
    const answers = answerMinutes(cycle);
    const found: Wait[] = [];
    let waiting: number | null = null;
    const [from, to] = [Math.min(...cycle.asks), Math.max(...cycle.asks, ...answers)];
    for (let minute = from; minute <= to; minute += 1) {
      if (cycle.closedAt !== null && minute > cycle.closedAt) break;
      if (waiting !== null && answers.includes(minute)) {
        found.push({ start: waiting, end: minute, isAnswered: true });
        waiting = null;
      }
      if (waiting === null && cycle.asks.includes(minute)) waiting = minute;
    }
    if (waiting !== null) found.push({ start: waiting, end: cycle.closedAt, isAnswered: false });
    return found;
  }

  function settle(now: number): void {
    for (const cycle of cycles) {
      for (const [index, { start, end }] of waitsOf(cycle).entries()) {
        const target = index === 0 ? cycle.firstTarget : 'next';
        if (end === null) cycle.due.set(start, dueOf(start, terms[target]));
        else if (!cycle.due.has(start)) continue;
        const due = cycle.due.get(start) ?? null;
        if (due !== null && (end === null ? due <= now : end >= due)) cycle.breached.add(start);
      }
      settleResolution(cycle, now);
    }
  }

  function settleResolution({ resolution, closedAt }: Cycle, now: number): void {
    if (resolution === null || resolution.isBreached) return;
    if (closedAt === null) resolution.due = dueOf(resolution.start, terms.resolution, resolution.pauses);
    const { due } = resolution;
    if (due !== null && (closedAt === null ? due <= now : closedAt >= due)) resolution.isBreached = true;
  }

  function begin(firstTarget: Cycle['firstTarget'], at: number): void {
    cycles.push(newCycle(firstTarget));
    beginResolution(at);
  }

  function beginResolution(at: number): void {
    const cycle = current();
    if (cycle === undefined || cycle.resolution !== null) return;
    const pauses = status === 'pending' ? [{ from: at, to: null }] : [];
    cycle.resolution = { start: at, pauses, due: null, isBreached: false };
  }

  function hears(at: number): void {
    const closedAt = current()?.closedAt ?? null;
    if (closedAt !== null) {
      if (at <= closedAt) return;
      status = 'open';
    }
    if (current() === undefined || closedAt !== null) begin('first', at);
    const cycle = current();
    if (cycle === undefined) return;
    beginResolution(at);
    if (answerMinutes(cycle).some((minute) => minute > at)) return;
    // A missed wait does not begin earlier.
    const open = waitsOf(cycle).find(({ end }) => end === null);
    if (open !== undefined && at < open.start && cycle.breached.has(open.start)) return;
    // Its clock begins earlier from now on, so there is none that begins where it began.
    if (open !== undefined && at < open.start) cycle.due.delete(open.start);
    cycle.asks.push(at);
  }

  /** An answer was earlier than known, so the next wait begins earlier; a missed one does not. */
  function beginEarlier(cycle: Cycle, before: readonly Wait[]): void {
    const isNew = ({ start }: Wait) => before.every((wait) => wait.start !== start);
    for (const { start, end, isAnswered } of waitsOf(cycle).filter(isNew)) {
      const later = before.filter((wait) => wait.start > start && cycle.due.has(wait.start));
      const was = later.find((wait) => wait.end === end && wait.isAnswered === isAnswered);
      if (was === undefined) continue;
      if (cycle.breached.has(was.start)) {
        const skipped = cycle.asks.filter((ask) => ask < start || ask >= was.start);
        cycle.asks.splice(0, cycle.asks.length, ...skipped);
        continue;
      }
      cycle.due.delete(was.start);
      cycle.due.set(start, dueOf(start, terms.next));
    }
  }

  return {
    settle,
    hears,

    /** A report of an answer; one that answers nobody is not kept. */
    answered(key: string, state: Answer['state'], at: number): void {
      const cycle =
        cycles.findLast(({ answers }) => answers.has(key)) ??
        cycles.findLast(({ asks }) => asks.some((ask) => ask < at));
      if (cycle === undefined) return;
      const known = cycle.answers.get(key);
      const said: Answer = { state, at: state === 'failed' ? null : at };
      if (known === undefined) {
        cycle.answers.set(key, said);
        return;
      }
      const before = waitsOf(cycle);
      if (ranks.indexOf(state) > ranks.indexOf(known.state)) known.state = state;
      if (said.at !== null) known.at = known.at === null ? said.at : Math.min(known.at, said.at);
      beginEarlier(cycle, before);
    },

    becomes(next: typeof status, now: number): void {
      const cycle = current();
      if (cycle === undefined || next === status) return;
      const before = status;
      status = next;
      if (next === 'closed') cycle.closedAt = now;
      else if (before === 'closed') begin('next', now);
      else {
        const { resolution } = cycle;
        if (resolution === null || resolution.isBreached) return;
        const last = resolution.pauses.at(-1);
        if (next === 'pending') resolution.pauses.push({ from: now, to: null });
        else if (last !== undefined) last.to ??= now;
      }
    },

    edit(change: Partial<OracleTerms>): void {
      terms = { ...terms, ...change };
    },

    /** All clocks that count, as texts in order. */
    shown(): string[] {
      return cycles
        .flatMap((cycle, index) => [...responsesOf(cycle, index + 1), ...resolutionOf(cycle, index + 1)])
        .toSorted();
    },
  };

  function responsesOf(cycle: Cycle, number: number): string[] {
    const waits = waitsOf(cycle);
    const missed = [...cycle.breached].map((start) => `${number} response ${start} breached`);
    const others = waits.flatMap(({ start, end, isAnswered }) => {
      if (cycle.breached.has(start)) return [];
      if (end === null) return [`${number} response ${start} running ${cycle.due.get(start)}`];
      // It was over before anybody could know of it.
      if (!cycle.due.has(start)) return [];
      return isAnswered ? [`${number} response ${start} met ${end}`] : [];
    });
    return [...missed, ...others];
  }

  function resolutionOf({ resolution, closedAt }: Cycle, number: number): string[] {
    if (resolution === null) return [];
    const { start, isBreached, due, pauses } = resolution;
    const name = `${number} resolution ${start}`;
    if (isBreached) return [`${name} breached`];
    if (closedAt !== null) return [`${name} met ${closedAt}`];
    return [pauses.at(-1)?.to === null ? `${name} paused` : `${name} running ${due}`];
  }
}
