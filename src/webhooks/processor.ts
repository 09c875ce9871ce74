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

export interface ProcessorDeps {
  readonly events: WebhookRepository;
  readonly channels: ChannelDirectory;
  readonly receipts: ReceiptService;
  readonly inbound: InboundService;
  readonly changes: ChangeHandler;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a processor that dies delays its events; 30 s when not given. */
  readonly leaseMs?: number;
}

/** One item on its way, with the place where its outcome is written. */
interface Work<Item extends WebhookItem = WebhookItem> {
  readonly event: WebhookEventDoc;
  readonly item: Item;
  /** Missing as long as it is under way. */
  outcome?: ItemOutcome;
}

export type ProcessorLane = 'all' | 'urgent';

/** What people say is handled one after the other: a short batch does not hold up what comes after it. */
const maxEvents: Readonly<Record<ProcessorLane, number>> = { all: 200, urgent: 50 };
const defaultLeaseMs = 30_000;

const done: ItemOutcome = { kind: 'done' };
const unmatched: ItemOutcome = {
  kind: 'unmatched',
  reason: 'no channel has this phone number id or account',
};

/** Takes stored events up and brings each item to where it belongs. Several may run at once. */
export function createWebhookProcessor(deps: ProcessorDeps) {
  const { events, clock, leaseMs = defaultLeaseMs } = deps;
  const addressees = createAddressees(deps.channels);
  return {
    /**
     * Processes what is due, at most one batch; answers how many events that were. The lane `urgent` takes only what
     * people have said; the lane `all` takes everything by its turn, so that neither makes the other wait.
     */
    async processBatch(lane: ProcessorLane): Promise<number> {
      const isUrgentOnly = lane === 'urgent';
      const lease = await events.lease({ limit: maxEvents[lane], leaseMs, now: clock.now(), isUrgentOnly });
      if (lease.events.length === 0) return 0;
      const works = lease.events.flatMap((event) =>
        parseWebhookBody(event.body).map((item): Work => ({ event, item })),
      );
      const batch = openBatch(deps, lease, works);
      const keeping = startKeeping(deps, { batch, leaseMs });
      try {
        await handleAll(deps, works, addressees);
      } finally {
        await keeping.stop();
      }
      await batch.settleFinished();
      return lease.events.length;
    },
  };
}

interface Batch {
  /** Writes what became of the events that are at their end; the others remain. */
  settleFinished(): Promise<void>;
  /** Holds the others for another while. */
  renew(leaseMs: number): Promise<void>;
}

/** Leased events on their way. */
function openBatch(deps: ProcessorDeps, { token, events: leased }: Lease, works: readonly Work[]): Batch {
  const { events, clock, logger } = deps;
  const worksOf = new Map<WebhookEventDoc, Work[]>(leased.map((event) => [event, []]));
  for (const work of works) worksOf.get(work.event)?.push(work);
  let remaining = leased;

  /** It is done again then, which changes nothing, but costs the same again, and just when everything is slow. */
  function warnOfLost(lostCount: number): void {
    if (lostCount > 0) logger.warn({ lostCount }, 'webhook events were taken over before they were done');
  }

  return {
    async settleFinished() {
      const outcomesOf = (event: WebhookEventDoc) => (worksOf.get(event) ?? []).map(({ outcome }) => outcome);
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

/** A batch that takes longer than this many leases hangs, and is left to others. */
const maxRenewals = 20;

/** Settles what is done and renews the lease of the rest, three times in each lease, until it is stopped. */
function startKeeping({ logger }: ProcessorDeps, { batch, leaseMs }: { batch: Batch; leaseMs: number }) {
  const stopping = new AbortController();
  async function keep(): Promise<void> {
    for (let count = 0; count < maxRenewals * 3; count += 1) {
      await sleep(leaseMs / 3, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await batch.settleFinished();
        await batch.renew(leaseMs);
      } catch (error) {
        logger.warn({ error }, 'the lease of webhook events was not renewed; it is tried again');
      }
    }
  }
  const ended = keep();
  return {
    /** Resolves when a round under way is over: what is settled at the end is settled once. */
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
    logger.error({ eventId, reason: verdict.reason }, 'webhook event given up: see npm run dead-letters');
  } else if (verdict.kind === 'again' && ageMs > unmatchedAlertMs) {
    logger.warn({ eventId, reason: verdict.reason }, 'webhook event still waits for what it belongs to');
  }
  return verdict;
}

async function handleAll(deps: ProcessorDeps, works: readonly Work[], addressees: Addressees): Promise<void> {
  const byChannel = new Map<string, { channel: ChannelDoc; works: Work[] }>();
  for (const work of works) {
    const { item, event } = work;
    if (item.kind === 'invalid') work.outcome = { kind: 'invalid', reason: item.reason };
    if (item.kind === 'invalid' || item.kind === 'other') {
      work.outcome ??= done;
      continue;
    }
    try {
      const [channel, ...others] = await addressees(item, event.channelId);
      if (channel === undefined) {
        work.outcome = unmatched;
      } else if (item.kind === 'status' || item.kind === 'message') {
        const key = channel._id.toHexString();
        const entry = byChannel.get(key) ?? { channel, works: [] };
        entry.works.push(work);
        byChannel.set(key, entry);
      } else {
        work.outcome = await deps.changes(item, [channel, ...others]);
      }
    } catch (error) {
      work.outcome = failed(error);
    }
  }
  await Promise.all([...byChannel.values()].map((entry) => handleChannel(deps, entry)));
}

async function handleChannel(
  deps: ProcessorDeps,
  { channel, works }: { channel: ChannelDoc; works: readonly Work[] },
): Promise<void> {
  const place = { scope: scopeOf(channel.clientId), channelId: channel._id };
  // Inbound messages first come, first stored: their order is the order of the thread.
  for (const work of works) {
    if (work.item.kind !== 'message') continue;
    work.outcome = await deps.inbound
      .receive(place.scope, place.channelId, work.item)
      .then((isKnown): ItemOutcome =>
        isKnown ? done : { kind: 'invalid', reason: 'the sender is not a phone number' },
      )
      .catch(failed);
  }
  const statusWorks = works.filter(
    (work): work is Work<Extract<WebhookItem, { kind: 'status' }>> => work.item.kind === 'status',
  );
  if (statusWorks.length === 0) return;
  const outcomes = await deps.receipts
    .handle(
      place,
      statusWorks.map(({ item }) => item),
    )
    .catch((error: unknown) => statusWorks.map((): ReceiptOutcome => ({ error })));
  for (const [index, work] of statusWorks.entries()) work.outcome = toItemOutcome(outcomes[index]);
}

function toItemOutcome(outcome: ReceiptOutcome | undefined): ItemOutcome {
  if (outcome === 'done') return done;
  if (outcome === 'unmatched' || outcome === undefined) {
    return { kind: 'unmatched', reason: 'no message of this channel has this id' };
  }
  return failed(outcome.error);
}

/** The name of an error only: its text may quote what was received. */
const failed = (error: unknown): ItemOutcome => ({
  kind: 'failed',
  reason: error instanceof Error ? error.name : 'an unknown error',
});
