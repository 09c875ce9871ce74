/** Plays contacts in quantity: each step is one webhook, repeated until it is answered with 200. */
import { createBackoff, type RetryOptions } from './backoff.ts';
import {
  CROWD_ACTIONS,
  planCrowd,
  requestOf,
  type CrowdAction,
  type CrowdOptions,
  type CrowdStep,
} from './crowd-plan.ts';
import type { Ledger } from './ledger.ts';
import { playMessage, type PlayDeps } from './play.ts';
import { asMapOf, asNumber, asRecord, asText, asWhole, fail, rejectUnknown } from './setting-readers.ts';

export interface CrowdProgress {
  readonly id: number;
  readonly state: 'running' | 'done' | 'stopped';
  readonly planned: number;
  /** Answered with 200. */
  readonly delivered: number;
  /** Posted, and not yet answered with 200. */
  readonly open: number;
  /** Given up. */
  readonly failed: number;
  /** Steps that began, by action. */
  readonly actions: Readonly<Record<CrowdAction, number>>;
}

export interface Crowds {
  /** Starts a crowd in the background. */
  start(body: unknown, origin: string): CrowdProgress;
  /** The latest crowds, oldest first. */
  list(): readonly CrowdProgress[];
  /** Ends all crowds; what is open is still repeated. */
  stop(): readonly CrowdProgress[];
  close(): void;
}

interface CrowdOrder extends CrowdOptions {
  readonly phoneNumberId: string;
  readonly perSecond: number;
}

const DEFAULT_MIX = { write: 60, answer: 25, file: 10, move: 1, stop: 4 } as const;
const MAX_RUNNING = 4;
const MAX_KEPT = 10;
const TICK_MS = 20;
const LEDGER_PAGE = 1_000;

function readOrder(body: unknown): CrowdOrder {
  const given = asRecord(body, 'body');
  rejectUnknown(given, ['phoneNumberId', 'contacts', 'messagesPerContact', 'perSecond', 'seed', 'mix']);
  const whole = (name: string, fallback: number, max: number): number =>
    asWhole(given[name] ?? fallback, name, [1, max]);
  const mix = asMapOf(given['mix'] ?? {}, 'mix', (weight, field) => asWhole(weight, field, [0, 1_000]));
  rejectUnknown(mix, CROWD_ACTIONS, 'mix.');
  return {
    phoneNumberId: asNumberId(given['phoneNumberId']),
    contacts: whole('contacts', 10, 10_000),
    messagesPerContact: whole('messagesPerContact', 3, 50),
    perSecond: asNumber(given['perSecond'] ?? 10, 'perSecond', [0.1, 1_000]),
    seed: whole('seed', 1, 2 ** 31),
    mix: { ...DEFAULT_MIX, ...mix },
  };
}

function asNumberId(value: unknown): string {
  const id = asText(value, 'phoneNumberId');
  return /^[\w-]{1,64}$/.test(id) ? id : fail('phoneNumberId', 'must be 1 to 64 letters, digits, _ or -');
}

export function createCrowds(deps: PlayDeps, retry: RetryOptions): Crowds {
  const crowds: Crowd[] = [];
  const backoff = createBackoff(retry, () => {});
  const sent = createSentMessages(deps.ledger);
  let isClosed = false;

  function list(): CrowdProgress[] {
    return crowds.map((crowd) => crowd.progress());
  }
  return {
    start(body, origin) {
      const order = readOrder(body);
      if (list().filter(({ state }) => state === 'running').length >= MAX_RUNNING)
        fail('body', `must wait: ${MAX_RUNNING} crowds are running`);
      const id = (crowds.at(-1)?.id ?? 0) + 1;
      const deliver = async (request: object): Promise<void> => {
        const giveUpAt = Date.now() + retry.giveUpAfterMs;
        let { wamid, webhookStatus } = await playMessage(deps, request, origin);
        for (let attempts = 1; webhookStatus !== 200; attempts += 1) {
          if (isClosed || Date.now() > giveUpAt) throw new Error(`message ${wamid} was not taken`);
          await new Promise<void>((resolve) => {
            backoff.later(attempts, resolve);
          });
          ({ wamid, webhookStatus } = await playMessage(deps, { ...request, wamid }, origin));
        }
      };
      const crowd = startCrowd({ id, order, deliver, sent });
      crowds.push(crowd);
      crowds.splice(0, crowds.length - MAX_KEPT);
      return crowd.progress();
    },
    list,
    stop() {
      for (const crowd of crowds) crowd.stop();
      return list();
    },
    close() {
      isClosed = true;
      for (const crowd of crowds) crowd.stop();
      backoff.stop();
    },
  };
}

interface CrowdRun {
  readonly id: number;
  readonly order: CrowdOrder;
  readonly deliver: (request: object) => Promise<void>;
  readonly sent: SentMessages;
}

type Crowd = ReturnType<typeof startCrowd>;

function startCrowd({ id, order, deliver, sent }: CrowdRun) {
  const steps = planCrowd(order);
  const { phoneNumberId } = order;
  const startedAt = Date.now();
  const actions: Record<CrowdAction, number> = { write: 0, answer: 0, file: 0, move: 0, stop: 0 };
  let [begun, delivered, failed, isStopped] = [0, 0, 0, false];

  async function play(step: CrowdStep): Promise<void> {
    actions[step.action] += 1;
    try {
      const contextId = step.action === 'answer' ? await sent.lastTo(step.from) : null;
      await deliver(requestOf(step, { phoneNumberId, contextId }));
      delivered += 1;
    } catch {
      // Counted, so that whoever waits for the end of the crowd sees it.
      failed += 1;
    }
  }

  /** What is due by now, so that a slow receiver changes the rate of nobody. */
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - startedAt) * order.perSecond) / 1_000) + 1;
    for (const step of steps.slice(begun, due)) void play(step);
    begun = Math.max(begun, Math.min(due, steps.length));
    if (begun === steps.length) clearInterval(timer);
  }, TICK_MS);

  return {
    id,
    progress: (): CrowdProgress => ({
      ...{ id, planned: steps.length, delivered, open: begun - delivered - failed, failed, actions },
      state: delivered + failed === steps.length ? 'done' : isStopped ? 'stopped' : 'running',
    }),
    stop(): void {
      isStopped = true;
      clearInterval(timer);
    },
  };
}

interface SentMessages {
  /** The id of the last message that was accepted for this number; null if there is none. */
  lastTo(number: string): Promise<string | null>;
}

/** Reads the ledger as far as it has grown. */
function createSentMessages(ledger: Ledger): SentMessages {
  const latest = new Map<string, string>();
  let cursor = 0;
  let reading: Promise<void> = Promise.resolve();

  async function readOn(): Promise<void> {
    while (cursor < ledger.size()) {
      const { items } = await ledger.page(cursor, LEDGER_PAGE);
      cursor += items.length;
      for (const { to, wamid } of items)
        if (to !== null && wamid !== null) latest.set(to.replace(/\D/g, ''), wamid);
    }
  }
  return {
    async lastTo(number) {
      reading = reading.then(readOn);
      await reading;
      return latest.get(number) ?? null;
    },
  };
}
