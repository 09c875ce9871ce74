import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from '../shared/account.ts';
import type { Log } from '../shared/log.ts';
import { createRandom, type Random } from '../shared/random.ts';
import { requestUntilAnswered } from '../shared/request-until-answered.ts';
import { chooseAct, planShift, takesOne, type Act } from './agent-rules.ts';
import type { AcceptedReply } from './facts.ts';

/** The agents of a storm, who use the API alone. */
export interface Staff {
  readonly replies: readonly AcceptedReply[];
  /** How often they did what. */
  readonly acts: ReadonlyMap<string, number>;
  /** All come online, and close what they have. */
  finish(): void;
  stop(): Promise<void>;
}

interface StaffOptions {
  readonly log: Log;
  readonly seed: number;
  readonly stormMs: number;
}

interface Agent {
  readonly account: Account;
  readonly userId: string;
  readonly random: Random;
}

interface Run {
  readonly finishing: AbortController;
  readonly stopping: AbortController;
  readonly replies: AcceptedReply[];
  readonly acts: Map<string, number>;
  readonly stormMs: number;
  /** From one step of an agent to the next. */
  readonly stepMs: number;
}

interface Listed {
  readonly id: string;
  readonly lastMessage: { readonly direction: string } | null;
}

/** So that all together take some fifteen steps a second, however many they are. */
const stepMsPerAgent = 65;
const minStepMs = 300;
const heartbeatMs = 15_000;
const listedAtOnce = 8;
const actsPerStep = 3;
/** A snooze takes a minute at least. */
const minStormForSnoozesMs = 120_000;

export function startStaff(accounts: readonly Account[], { seed, stormMs, log }: StaffOptions): Staff {
  const run: Run = {
    ...{ finishing: new AbortController(), stopping: new AbortController(), replies: [], acts: new Map() },
    ...{ stormMs, stepMs: Math.max(minStepMs, stepMsPerAgent * accounts.length) },
  };
  // Each agent waits for both.
  for (const { signal } of [run.finishing, run.stopping]) setMaxListeners(2 * accounts.length, signal);
  const working = Promise.all(
    accounts.map((account, index) => live(account, createRandom(seed + 7_919 * (index + 1)), run)),
  );
  // `stop` throws it, too.
  working.catch((error: unknown) => {
    log(`an agent gives up: ${String(error)}`);
    run.stopping.abort();
  });
  return {
    replies: run.replies,
    acts: run.acts,
    finish: () => run.finishing.abort(),
    async stop() {
      run.finishing.abort();
      run.stopping.abort();
      await working;
    },
  };
}

async function live(account: Account, random: Random, run: Run): Promise<void> {
  const { user } = await account.read<{ user: { id: string } }>('/api/auth/me');
  const agent = { account, userId: user.id, random };
  while (!run.stopping.signal.aborted) {
    const { workMs, awayMs, leaves } = planShift(run.stormMs, random);
    await choose(agent, 'online', run);
    await work(agent, workMs, run);
    if (run.stopping.signal.aborted) return;
    if (run.finishing.signal.aborted) continue;
    if (leaves !== 'without-a-word') await choose(agent, leaves, run);
    note(run, `left ${leaves}`);
    await pause(awayMs, run.finishing);
  }
}

async function work(agent: Agent, workMs: number, run: Run): Promise<void> {
  const { finishing, stopping } = run;
  const until = performance.now() + workMs;
  let beatAt = performance.now();
  const isOver = () => !finishing.signal.aborted && performance.now() > until;
  while (!stopping.signal.aborted && !isOver()) {
    await step(agent, run);
    if (performance.now() - beatAt > heartbeatMs) {
      await ask(agent, 'POST', '/api/me/heartbeat');
      beatAt = performance.now();
    }
    await pause(run.stepMs, stopping);
  }
}

async function step(agent: Agent, run: Run): Promise<void> {
  const mine = await list(agent, `assignedAgentId=${agent.userId}`);
  const isFinishing = run.finishing.signal.aborted;
  for (const { id, lastMessage } of mine.slice(0, isFinishing ? listedAtOnce : actsPerStep)) {
    const isAnswered = lastMessage?.direction === 'outbound';
    const seen = { isAnswered, isFinishing, hasTime: run.stormMs > minStormForSnoozesMs };
    await perform(agent, { act: chooseAct(seen, agent.random), id }, run);
  }
  if (!takesOne(agent.random) || isFinishing) return;
  const [free] = await list(agent, 'assignedAgentId=none');
  if (free === undefined) return;
  const status = await ask(agent, 'POST', `/api/conversations/${free.id}/take`);
  note(run, status === 200 ? 'take' : 'take, too late');
}

async function list({ account }: Agent, filter: string): Promise<readonly Listed[]> {
  const path = `/api/conversations?status=open&limit=${listedAtOnce}&${filter}`;
  const { answer } = await requestUntilAnswered('a list', () => account.request(path, {}));
  if (answer.status !== 200) throw new Error(`${path} answers ${JSON.stringify(answer)}`);
  return (answer.body as { items: readonly Listed[] }).items;
}

interface Task {
  readonly act: Act;
  readonly id: string;
}

/** A minute is the least, when the request arrives. */
const snoozeMs = 75_000;

async function perform(agent: Agent, { act, id }: Task, run: Run): Promise<void> {
  const path = `/api/conversations/${id}`;
  note(run, act);
  switch (act) {
    case 'nothing':
      return;
    case 'reply':
      return reply(agent, id, run);
    case 'close':
      await ask(agent, 'PATCH', path, () => ({ status: 'closed' }));
      return;
    case 'give-back':
      await ask(agent, 'POST', `${path}/give-back`);
      return;
    case 'snooze-until-reply':
      await ask(agent, 'POST', `${path}/snooze`, () => ({ untilReply: true }));
      return;
    case 'snooze':
      await ask(agent, 'POST', `${path}/snooze`, () => ({
        snoozedUntil: new Date(Date.now() + snoozeMs).toISOString(),
      }));
  }
}

async function reply({ account, userId, random }: Agent, conversationId: string, run: Run): Promise<void> {
  const body = { conversationId, content: { type: 'text', body: 'We look into it.' } };
  const idempotencyKey = `${userId}-${conversationId}-${random()}`;
  const { answer } = await requestUntilAnswered('an answer', () =>
    account.request('/api/messages', { body, idempotencyKey }),
  );
  if (answer.status === 201) run.replies.push({ id: (answer.body as { id: string }).id, conversationId });
  // The window of a message that came days late is closed.
  else if (answer.status === 409) note(run, 'reply, refused');
  else throw new Error(`an answer is refused: ${JSON.stringify(answer)}`);
}

const choose = (agent: Agent, chosen: string, run: Run): Promise<number> => {
  note(run, chosen);
  return ask(agent, 'PUT', '/api/me/availability', () => ({ chosen }));
};

/** Until an answer stands; the body is made for each attempt. What is not as it was when the agent looked (409) is no failure. */
async function ask({ account }: Agent, method: string, path: string, body?: () => object): Promise<number> {
  const { answer } = await requestUntilAnswered(path, () =>
    account.request(path, { method, ...(body === undefined ? {} : { body: body() }) }),
  );
  if (answer.status !== 200 && answer.status !== 409)
    throw new Error(`${method} ${path} answers ${JSON.stringify(answer)}`);
  return answer.status;
}

const note = ({ acts }: Run, what: string): void => {
  acts.set(what, (acts.get(what) ?? 0) + 1);
};

/** Ends early with the signal. */
const pause = (ms: number, { signal }: AbortController): Promise<void> =>
  signal.aborted ? sleep(0) : sleep(ms, undefined, { signal }).catch(() => undefined);
