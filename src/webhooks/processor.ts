import type { ChannelDoc, ChannelDirectory } from '../channels/directory.ts';
import type { ChannelEvents, Reported } from '../channels/events/service.ts';
import type { InboundService } from '../sending/messages/incoming/inbound.ts';
import type { ReceiptOutcome, ReceiptService } from '../sending/messages/incoming/receipts.ts';
import { createBreather } from '../platform/breather.ts';
import type { Clock } from '../platform/clock.ts';
import { createLogBudget } from '../platform/log-budget.ts';
import type { Logger } from '../platform/logger.ts';
import { scopeOf } from '../platform/mongo.ts';
import type { WebhookItem } from '../whatsapp/events.ts';
import { createAddressees, type Addressees } from './addressees.ts';
import type { ChangeHandler } from './changes.ts';
import type { ProcessorLane } from './lane-bounds.ts';
import { createLane, type Lane } from './lanes.ts';
import type { WebhookRepository } from './repository.ts';
import type { ItemOutcome } from './rules.ts';
import type { ItemTask } from './slices.ts';
import { originOf } from './source.ts';

export type { ProcessorLane } from './lane-bounds.ts';
import type { UnknownWords } from './unknown-words/recorder.ts';

export interface ProcessorDeps {
  readonly events: WebhookRepository;
  readonly channels: ChannelDirectory;
  readonly receipts: ReceiptService;
  readonly inbound: InboundService;
  readonly changes: ChangeHandler;
  readonly channelEvents: Pick<ChannelEvents, 'record'>;
  readonly unknownWords: UnknownWords;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The delay of events whose processor died; 30 s by default. */
  readonly leaseMs?: number;
  /** How long dead letters are kept. */
  readonly deadLetterMs: number;
}

const defaultLeaseMs = 30_000;

/** Reading bodies holds the event loop this long at most, and a single `JSON.parse` 50 ms (`body-bounds.ts`). */
const maxBusyMs = 8;

/** Of one source and kind in a minute; the metrics count all, and the dead letters can be listed. */
const maxLogLines = 5;

const done: ItemOutcome = { kind: 'done' };
const unmatched: ItemOutcome = {
  kind: 'unmatched',
  reason: 'no verified channel has this phone number id or account',
};

/** Processes stored events: passes each item to its handler. Several processors may run at once. */
export function createWebhookProcessor(deps: ProcessorDeps) {
  const { events, clock, logger, deadLetterMs, leaseMs = defaultLeaseMs } = deps;
  const addressees = createAddressees(deps.channels);
  const turn = {
    events,
    clock,
    logger,
    leaseMs,
    deadLetterMs,
    logBudget: createLogBudget({ clock, maxPerMinute: maxLogLines }),
    breather: createBreather(maxBusyMs),
    handle: async (tasks: readonly ItemTask[]) => {
      await handleAll(deps, tasks, addressees);
      await deps.unknownWords.flush();
    },
  };
  const lanes = {
    all: createLane(turn, 'all'),
    urgent: createLane(turn, 'urgent'),
    large: createLane(turn, 'large'),
  } satisfies Record<ProcessorLane, Lane>;
  return {
    lanes,
    /** Gives one turn to the sources that are due; returns the number of events taken. */
    processBatch: (lane: ProcessorLane): Promise<number> => lanes[lane].processBatch(),
  };
}

async function handleAll(
  deps: ProcessorDeps,
  tasks: readonly ItemTask[],
  addressees: Addressees,
): Promise<void> {
  const byChannel = new Map<string, { channel: ChannelDoc; tasks: ItemTask[] }>();
  const reports: { readonly task: ItemTask; readonly reported: Reported }[] = [];
  for (const task of tasks) {
    const { item, event } = task;
    if (item.kind === 'invalid') {
      task.outcome = { kind: 'invalid', reason: item.reason };
      continue;
    }
    deps.unknownWords.note(item, originOf(event.source ?? null));
    try {
      const [channel, ...others] = await addressees(item, event.channelId);
      if (channel === undefined) {
        // A report has no effect, so it need not wait for a channel that may be connected later.
        task.outcome = item.kind === 'report' ? done : unmatched;
      } else if (item.kind === 'status' || item.kind === 'message') {
        const key = channel._id.toHexString();
        const entry = byChannel.get(key) ?? { channel, tasks: [] };
        entry.tasks.push(task);
        byChannel.set(key, entry);
      } else if (item.kind === 'report') {
        reports.push({ task, reported: { report: item, ofAccount: [channel, ...others] } });
      } else {
        task.outcome = await deps.changes(item, [channel, ...others], event.receivedAt);
      }
    } catch (error) {
      task.outcome = failed(error);
    }
  }
  await Promise.all([
    ...[...byChannel.values()].map((entry) => handleChannel(deps, entry)),
    deps.channelEvents.record(reports.map(({ reported }) => reported)).then(
      () => reports.forEach(({ task }) => void (task.outcome = done)),
      (error: unknown) => reports.forEach(({ task }) => void (task.outcome = failed(error))),
    ),
  ]);
}

async function handleChannel(
  deps: ProcessorDeps,
  { channel, tasks }: { channel: ChannelDoc; tasks: readonly ItemTask[] },
): Promise<void> {
  const place = { scope: scopeOf(channel.clientId), channelId: channel._id };
  // Inbound messages are stored one by one: their order is the order of the thread.
  for (const task of tasks) {
    if (task.item.kind !== 'message') continue;
    task.outcome = await deps.inbound
      .receive(place.scope, place.channelId, task.item)
      .then((isKnown): ItemOutcome =>
        isKnown ? done : { kind: 'invalid', reason: 'the sender is not a phone number' },
      )
      .catch(failed);
  }
  const receiptTasks = tasks.filter(
    (task): task is ItemTask<Extract<WebhookItem, { kind: 'status' }>> => task.item.kind === 'status',
  );
  if (receiptTasks.length === 0) return;
  const outcomes = await deps.receipts
    .handle(
      place,
      receiptTasks.map(({ item }) => item),
    )
    .catch((error: unknown) => receiptTasks.map((): ReceiptOutcome => ({ error })));
  for (const [index, task] of receiptTasks.entries()) task.outcome = toItemOutcome(outcomes[index]);
}

function toItemOutcome(outcome: ReceiptOutcome | undefined): ItemOutcome {
  if (outcome === 'done') return done;
  if (outcome === 'unmatched' || outcome === undefined) {
    return { kind: 'unmatched', reason: 'no message of this channel has this id' };
  }
  return failed(outcome.error);
}

/** Only the name of the error: its message may quote received content. */
const failed = (error: unknown): ItemOutcome => ({
  kind: 'failed',
  reason: error instanceof Error ? error.name : 'an unknown error',
});
