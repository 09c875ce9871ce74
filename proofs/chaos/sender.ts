import { setTimeout as sleep } from 'node:timers/promises';
import { signUp } from '../shared/account.ts';
import { inParallel } from '../shared/in-parallel.ts';
import type { AcceptedMessage } from './audit.ts';
import type { PlannedMessage } from './plan.ts';

/** Sends messages as a client does, at a steady pace or as fast as it is answered. */
export interface Sender {
  readonly accepted: readonly AcceptedMessage[];
  /** How often a POST had to be repeated. */
  readonly repeats: () => number;
  /** When each accepted message was to be sent, in epoch milliseconds. */
  readonly dueAtMs: ReadonlyMap<string, number>;
  /** How many messages were due before this moment and are not accepted. */
  countOverdue(beforeMs: number): number;
  sendAll(messages: readonly PlannedMessage[]): Promise<void>;
}

const concurrency = 16;

/** Without a pace it sends as fast as it is answered. */
export async function createSender(
  apiUrl: string,
  keyPrefix: string,
  pacePerSecond: number | null = null,
): Promise<Sender> {
  const account = await signUp(apiUrl, 'chaos');
  const accepted: AcceptedMessage[] = [];
  const dueAtMs = new Map<string, number>();
  let pace: { startedAt: number; perSecond: number; total: number } | null = null;
  let repeats = 0;

  async function send({ index, to, digits }: PlannedMessage, dueAt: number): Promise<void> {
    const idempotencyKey = `${keyPrefix}-${index}`;
    const { answer, repeats: more } = await account.sendTemplate(to, idempotencyKey);
    repeats += more;
    if (answer.status !== 201) throw new Error(`message ${index} was refused: ${JSON.stringify(answer)}`);
    const { id } = answer.body as { id: string };
    dueAtMs.set(id, dueAt);
    accepted.push({ id, idempotencyKey, digits });
  }

  return {
    accepted,
    repeats: () => repeats,
    dueAtMs,
    countOverdue: (beforeMs) => {
      const due = pace === null ? 0 : Math.floor(((beforeMs - pace.startedAt) * pace.perSecond) / 1_000);
      return Math.max(0, Math.min(pace?.total ?? 0, due) - accepted.length);
    },
    async sendAll(messages) {
      const startedAt = Date.now();
      if (pacePerSecond !== null) pace = { startedAt, perSecond: pacePerSecond, total: messages.length };
      await inParallel(messages.entries(), concurrency, async ([place, message]) => {
        const dueAt = pacePerSecond === null ? Date.now() : startedAt + (place * 1_000) / pacePerSecond;
        await sleep(Math.max(0, dueAt - Date.now()));
        await send(message, dueAt);
      });
    },
  };
}
