import type { EventVerdict, ItemOutcome } from './rules.ts';

/**
 * How far the items of an event have got. It is stored when a turn ends in the middle of an event, and with an event that
 * waits for its next attempt, so that no item is handled more often than it must be. Handling an item twice is harmless,
 * so a progress that a crash has lost costs only time.
 */
export interface EventProgress {
  /** Parts of the body when this was stored. A new release may divide a body in another way: then it starts over. */
  readonly parts: number;
  /** The parts that this attempt handles; missing if all. */
  readonly todo?: readonly number[];
  /** How many of them are handled. */
  readonly handled: number;
  /** How many items of the next one are handled. */
  readonly handledItems: number;
  /** Parts with an item that may succeed later. */
  readonly open: readonly number[];
  /** Why the first of them is open, one with a failed step before all others. */
  readonly openOutcome?: OpenOutcome;
  /** The first item that can never be processed. */
  readonly invalidReason?: string;
}

type OpenOutcome = Extract<ItemOutcome, { kind: 'unmatched' | 'failed' }>;

/** An event with more open parts repeats all of its parts. */
const maxOpenParts = 1_000;

export const startProgress = (parts: number): EventProgress => ({
  parts,
  handled: 0,
  handledItems: 0,
  open: [],
});

/** The stored progress if it fits the body, or a new one. */
export const resumeProgress = (stored: EventProgress | undefined, parts: number): EventProgress =>
  stored?.parts === parts ? stored : startProgress(parts);

/** The place in the body of the item that comes next; null when all are handled. */
export function nextPartOf({ parts, todo, handled }: EventProgress): number | null {
  if (todo !== undefined) return todo[handled] ?? null;
  return handled < parts ? handled : null;
}

/** The progress after the outcome of one more item of `part`. */
export function addOutcome(progress: EventProgress, part: number, outcome: ItemOutcome): EventProgress {
  const counted = { ...progress, handledItems: progress.handledItems + 1 };
  if (outcome.kind === 'done') return counted;
  if (outcome.kind === 'invalid') {
    return { ...counted, invalidReason: progress.invalidReason ?? outcome.reason };
  }
  const isNew = progress.open.at(-1) !== part && progress.open.length <= maxOpenParts;
  return {
    ...counted,
    open: isNew ? [...progress.open, part] : progress.open,
    openOutcome: moreSevere(progress.openOutcome, outcome),
  };
}

/** A failed step may have been an opt-out; what matches nothing was none of ours. */
const moreSevere = (known: OpenOutcome | undefined, found: OpenOutcome): OpenOutcome =>
  known === undefined || (known.kind === 'unmatched' && found.kind === 'failed') ? found : known;

/** The progress once all items of the current part are handled. */
export const endPart = (progress: EventProgress): EventProgress => ({
  ...progress,
  handled: progress.handled + 1,
  handledItems: 0,
});

/** The outcomes that decide the verdict on the event. */
export const decidingOutcomes = ({ openOutcome, invalidReason }: EventProgress): readonly ItemOutcome[] => [
  ...(openOutcome === undefined ? [] : [openOutcome]),
  ...(invalidReason === undefined ? [] : [{ kind: 'invalid', reason: invalidReason } as const]),
];

/** What to store with the verdict: an event that waits repeats its open parts alone. */
export function progressAfter(verdict: EventVerdict, progress: EventProgress): EventProgress | null {
  if (verdict.kind !== 'again' || progress.open.length > maxOpenParts) return null;
  const { parts, open, invalidReason } = progress;
  return {
    ...startProgress(parts),
    todo: open,
    ...(invalidReason === undefined ? {} : { invalidReason }),
  };
}
