import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestJson } from '../../scripts/stack/request-json.ts';
import type { AcceptedMessage } from './audit.ts';
import type { PlannedMessage } from './plan.ts';

/** A client as it should be: repeats every POST with its key until it has an answer that stands. */
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
const pauseMs = 150;
/** Longer than any outage that a run makes; a message that is not accepted by then never will be. */
const giveUpAfterMs = 180_000;

interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Without a pace it sends as fast as it is answered. */
export async function createSender(
  apiUrl: string,
  keyPrefix: string,
  pacePerSecond: number | null = null,
): Promise<Sender> {
  const credentials = {
    email: `chaos-${randomBytes(6).toString('hex')}@example.com`,
    password: randomBytes(12).toString('base64url'),
  };
  let accessToken = await signUp(apiUrl, credentials);
  const accepted: AcceptedMessage[] = [];
  const dueAtMs = new Map<string, number>();
  let pace: { startedAt: number; perSecond: number; total: number } | null = null;
  let repeats = 0;

  async function send(message: PlannedMessage, dueAt: number): Promise<void> {
    const idempotencyKey = `${keyPrefix}-${message.index}`;
    const deadline = Date.now() + giveUpAfterMs;
    for (;;) {
      const answer = await requestJson(`${apiUrl}/api/messages/template`, {
        body: { to: message.to, templateName: 'hello_world' },
        accessToken,
        idempotencyKey,
      }).catch(() => null);
      if (answer?.status === 201) {
        const { id } = answer.body as { id: string };
        dueAtMs.set(id, dueAt);
        accepted.push({ id, idempotencyKey, digits: message.digits });
        return;
      }
      if (answer?.status === 401) accessToken = await logIn(apiUrl, credentials).catch(() => accessToken);
      else if (answer !== null && answer.status < 500 && answer.status !== 429) {
        throw new Error(`message ${message.index} was refused: ${JSON.stringify(answer)}`);
      }
      if (Date.now() > deadline) throw new Error(`message ${message.index} was not accepted in time`);
      repeats += 1;
      await sleep(pauseMs);
    }
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
      const waiting = messages.entries();
      const sendInTurn = async () => {
        for (const [place, message] of waiting) {
          const dueAt = pacePerSecond === null ? Date.now() : startedAt + (place * 1_000) / pacePerSecond;
          await sleep(Math.max(0, dueAt - Date.now()));
          await send(message, dueAt);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, sendInTurn));
    },
  };
}

async function signUp(apiUrl: string, credentials: Credentials): Promise<string> {
  const answer = await requestJson(`${apiUrl}/api/auth/signup`, {
    body: { fullName: 'Chaos', ...credentials, agreeToTerms: true },
  });
  if (answer.status !== 201) throw new Error(`the sign-up failed: ${JSON.stringify(answer)}`);
  return (answer.body as { accessToken: string }).accessToken;
}

async function logIn(apiUrl: string, credentials: Credentials): Promise<string> {
  const answer = await requestJson(`${apiUrl}/api/auth/login`, { body: credentials });
  if (answer.status !== 200) throw new Error(`the login failed: ${answer.status}`);
  return (answer.body as { accessToken: string }).accessToken;
}
