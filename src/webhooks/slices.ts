import type { Breather } from '../platform/breather.ts';
import { openWebhookBody, type ReadPart, type WebhookItem } from '../whatsapp/events.ts';
import { bodyBounds, findExceededBound } from './body-bounds.ts';
import { maxInlineBytes } from './lease-size.ts';
import { addOutcome, endPart, nextPartOf, resumeProgress, type EventProgress } from './progress.ts';
import type { LeasedEvent, WebhookRepository } from './repository.ts';
import type { ItemOutcome } from './rules.ts';

/** One item of an event, with its outcome. */
export interface ItemTask<Item extends WebhookItem = WebhookItem> {
  readonly event: LeasedEvent;
  readonly item: Item;
  /** Missing until the item is handled. */
  outcome?: ItemOutcome;
}

/** A leased event while its items are handled. */
export interface OpenEvent {
  readonly event: LeasedEvent;
  /** Null until its first item is handled. */
  progress: EventProgress | null;
  /** Whether all of its items are handled. */
  isFinished: boolean;
}

/** Items that are handled together. */
export interface Slice {
  readonly tasks: readonly ItemTask[];
  /** Records the outcomes of the tasks; call it once all of them are handled. */
  record(): void;
}

export interface SliceDeps {
  readonly events: Pick<WebhookRepository, 'readBody'>;
  readonly breather: Breather;
}

/** Statuses and reports are handled together; a message or a change takes several writes of its own, one after the other. */
const maxItems = 200;

const isSlow = ({ kind }: WebhookItem): boolean => !['status', 'report', 'other', 'invalid'].includes(kind);

/**
 * Reads the items of events in their order. Each slice is short: no step of reading holds the event loop for longer than
 * `JSON.parse` takes for a body within its bounds, and a lease is renewed between any two of them.
 */
export async function* slicesOf(
  { events, breather }: SliceDeps,
  opened: readonly OpenEvent[],
): AsyncGenerator<Slice> {
  let slice = startSlice();
  for (const open of opened) {
    const parts = await partsOf({ events, breather }, open.event);
    open.progress = resumeProgress(open.event.progress, parts.length);
    let reading = open.progress;
    for (let part = nextPartOf(reading); part !== null; part = nextPartOf(reading)) {
      let skipped = reading.handledItems;
      for (const item of parts[part]?.() ?? []) {
        await breather.breathe();
        if (skipped > 0) {
          skipped -= 1;
          continue;
        }
        if (slice.isFull()) {
          yield slice;
          slice = startSlice();
        }
        slice.add(open, part, item);
      }
      reading = endPart(reading);
      slice.after(() => void (open.progress &&= endPart(open.progress)));
    }
    slice.after(() => void (open.isFinished = true));
  }
  yield slice;
}

function startSlice() {
  const tasks: ItemTask[] = [];
  const steps: (() => void)[] = [];
  return {
    tasks,
    isFull: () => tasks.length >= maxItems || tasks.slice(-1).some(({ item }) => isSlow(item)),
    add(open: OpenEvent, part: number, item: WebhookItem): void {
      const task: ItemTask = { event: open.event, item };
      tasks.push(task);
      steps.push(() => {
        if (open.progress === null || task.outcome === undefined) throw new Error('The item is not handled.');
        open.progress = addOutcome(open.progress, part, task.outcome);
      });
    },
    /** Adds a step of recording; runs it at once if no task comes before it. */
    after(step: () => void): void {
      if (tasks.length === 0) step();
      else steps.push(step);
    },
    record(): void {
      for (const step of steps) step();
    },
  };
}

async function partsOf({ events, breather }: SliceDeps, event: LeasedEvent): Promise<readonly ReadPart[]> {
  const body = event.body ?? (await events.readBody(event._id));
  if (body === null) return [];
  const isLong = event.bytes > maxInlineBytes;
  if (isLong) await breather.pause();
  // Stored by a version with other bounds.
  const bound = findExceededBound(body);
  if (bound !== null) {
    return [() => [{ kind: 'invalid', reason: `the body has more than ${bodyBounds[bound]} ${bound}` }]];
  }
  if (isLong) await breather.pause();
  const parts = openWebhookBody(body);
  if (isLong) await breather.pause();
  return parts;
}
