import type { ChannelDoc, ChannelDirectory } from '../channels/directory.ts';
import type { InboundService } from '../sending/messages/incoming/inbound.ts';
import type { ReceiptOutcome, ReceiptService } from '../sending/messages/incoming/receipts.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { scopeOf } from '../platform/mongo.ts';
import { parseWebhookBody, type WebhookItem } from '../whatsapp/events.ts';
import { createAddressees, type Addressees } from './addressees.ts';
import type { ChangeHandler } from './changes.ts';
import type { Lease, WebhookEventDoc, WebhookRepository } from './repository.ts';
import { judgeEvent, unmatchedAlertMs, type ItemOutcome } from './rules.ts';
import type { UnknownWords } from './unknown-words/recorder.ts';

export interface ProcessorDeps {
  readonly events: WebhookRepository;
  readonly channels: ChannelDirectory;
  readonly receipts: ReceiptService;
  readonly inbound: InboundService;
  readonly changes: ChangeHandler;
  readonly unknownWords: UnknownWords;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The delay of events whose processor died; 30 s by default. */
  readonly leaseMs?: number;
}

/** One item of an event, with its outcome. */
interface ItemTask<Item extends WebhookItem = WebhookItem> {
  readonly event: WebhookEventDoc;
  readonly item: Item;
  /** Missing until the item is handled. */
  outcome?: ItemOutcome;
}

export type ProcessorLane = 'all' | 'urgent';

/** Messages of contacts are handled one after the other, so the urgent lane takes short batches. */
const maxEvents: Readonly<Record<ProcessorLane, number>> = { all: 200, urgent: 50 };
const defaultLeaseMs = 30_000;

const done: ItemOutcome = { kind: 'done' };
const unmatched: ItemOutcome = {
  kind: 'unmatched',
  reason: 'no verified channel has this phone number id or account',
};

/** Processes stored events: passes each item to its handler. Several processors may run at once. */
export function createWebhookProcessor(deps: ProcessorDeps) {
  const { events, clock, leaseMs = defaultLeaseMs } = deps;
  const addressees = createAddressees(deps.channels);
  return {
    /**
     * Processes at most one batch of due events and returns how many there were. The lane `urgent` takes only events
     * that may hold an opt-out; the lane `all` takes every event in order, so that neither lane starves the other.
     */
    async processBatch(lane: ProcessorLane): Promise<number> {
      const isUrgentOnly = lane === 'urgent';
      const lease = await events.lease({ limit: maxEvents[lane], leaseMs, now: clock.now(), isUrgentOnly });
      if (lease.events.length === 0) return 0;
      const tasks = lease.events.flatMap((event) =>
        parseWebhookBody(event.body).map((item): ItemTask => ({ event, item })),
      );
      const batch = openBatch(deps, lease, tasks);
      const leaseKeeper = startLeaseKeeper(deps, { batch, leaseMs });
      try {
        await handleAll(deps, tasks, addressees);
      } finally {
        await leaseKeeper.stop();
      }
      await deps.unknownWords.flush();
      await batch.settleFinished();
      return lease.events.length;
    },
  };
}

interface Batch {
  /** Settles the events whose items are all handled. */
  settleFinished(): Promise<void>;
  /** Extends the lease of the other events. */
  renew(leaseMs: number): Promise<void>;
}

function openBatch(deps: ProcessorDeps, { token, events: leased }: Lease, tasks: readonly ItemTask[]): Batch {
  const { events, clock, logger } = deps;
  const tasksOf = new Map<WebhookEventDoc, ItemTask[]>(leased.map((event) => [event, []]));
  for (const task of tasks) tasksOf.get(task.event)?.push(task);
  let remaining = leased;

  /** Processing twice is harmless, but doubles the load when everything is slow already. */
  function warnOfLost(lostCount: number): void {
    if (lostCount > 0) logger.warn({ lostCount }, 'webhook events lost their lease before they were done');
  }

  return {
    async settleFinished() {
      const outcomesOf = (event: WebhookEventDoc) => (tasksOf.get(event) ?? []).map(({ outcome }) => outcome);
      const finished = remaining.filter((event) => !outcomesOf(event).includes(undefined));
      const now = clock.now();
      const verdicts = finished.map((event) => ({
        eventId: event._id,
        verdict: judge(deps, event, { outcomes: outcomesOf(event).filter((one) => one !== undefined), now }),
      }));
      const settledCount = await events.settle(token, verdicts, now);
      remaining = remaining.filter((event) => !finished.includes(event));
      warnOfLost(finished.length - settledCount);
    },

    async renew(leaseMs) {
      if (remaining.length === 0) return;
      const expected = remaining.length;
      const heldCount = await events.renew({ token, events: remaining }, { leaseMs, now: clock.now() });
      warnOfLost(expected - heldCount);
    },
  };
}

/** A batch that takes longer than this many leases counts as stuck; other processors take it over. */
const maxRenewals = 20;

/** Three times per lease, settles finished events and renews the lease of the others, until stopped. */
function startLeaseKeeper({ logger }: ProcessorDeps, { batch, leaseMs }: { batch: Batch; leaseMs: number }) {
  const stopping = new AbortController();
  async function keepLease(): Promise<void> {
    for (let count = 0; count < maxRenewals * 3; count += 1) {
      await sleep(leaseMs / 3, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await batch.settleFinished();
        await batch.renew(leaseMs);
      } catch (error) {
        logger.warn({ error }, 'webhook lease not renewed; retrying');
      }
    }
  }
  const ended = keepLease();
  return {
    /** Resolves after a round in progress, so that no event is settled twice. */
    async stop(): Promise<void> {
      stopping.abort();
      await ended;
    },
  };
}

function judge(
  { logger }: ProcessorDeps,
  event: WebhookEventDoc,
  { outcomes, now }: { outcomes: readonly ItemOutcome[]; now: Date },
) {
  const ageMs = now.getTime() - event.receivedAt.getTime();
  const verdict = judgeEvent(outcomes, { attempts: event.attempts, ageMs });
  const eventId = event._id.toHexString();
  if (verdict.kind === 'dead') {
    logger.error(
      { eventId, reason: verdict.reason },
      'webhook event became a dead letter; see npm run dead-letters',
    );
  } else if (verdict.kind === 'again' && ageMs > unmatchedAlertMs) {
    logger.warn({ eventId, reason: verdict.reason }, 'webhook event still not processed');
  }
  return verdict;
}

async function handleAll(
  deps: ProcessorDeps,
  tasks: readonly ItemTask[],
  addressees: Addressees,
): Promise<void> {
  const byChannel = new Map<string, { channel: ChannelDoc; tasks: ItemTask[] }>();
  for (const task of tasks) {
    const { item, event } = task;
    if (item.kind === 'invalid') {
      task.outcome = { kind: 'invalid', reason: item.reason };
      continue;
    }
    deps.unknownWords.note(item);
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
      } else {
        task.outcome = await deps.changes(item, [channel, ...others]);
      }
    } catch (error) {
      task.outcome = failed(error);
    }
  }
  await Promise.all([...byChannel.values()].map((entry) => handleChannel(deps, entry)));
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
