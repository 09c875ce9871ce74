import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoCustomer } from '../../src/sending/messages/examples.ts';
import { readJson, writeFileAtomically } from './files.ts';
import { requestJson } from './request-json.ts';

export interface DemoSignIn {
  readonly email: string;
  readonly password: string;
}

/** Demo data that is kept between starts. */
interface KeptDemo extends DemoSignIn {
  readonly messageIds: readonly string[];
}

interface MessageState {
  readonly id: string;
  readonly status: string;
  readonly to: string | null;
  readonly templateName: string | null;
  readonly workflowId: string | null;
  readonly statusHistory: readonly { readonly status: string }[];
}

/** The last digits tell the sandbox what to do: read at once, two refusals first, receipts out of order. */
export const demoMessages = [
  { to: demoCustomer, templateName: 'hello_world' },
  { to: '+12025550106', templateName: 'order_update', variables: { body: ['Ana', '1042'] } },
  {
    to: '+12025550109',
    templateName: 'appointment_reminder',
    variables: { header: { customer: 'Ana' }, body: { customer: 'Ana', date: '12 May', time: '10:00' } },
  },
] as const;

const endStatuses = new Set(['read', 'failed', 'canceled', 'expired']);
const watchTimeoutMs = 60_000;

/**
 * Signs in the demo client, creating it on the first start; the password is kept because every later start needs it.
 */
export async function signInDemo(
  api: string,
  file: string,
): Promise<{ signIn: DemoSignIn; accessToken: string }> {
  const kept = readJson<KeptDemo>(file);
  if (kept !== null) {
    const answer = await requestJson(`${api}/api/auth/login`, {
      body: { email: kept.email, password: kept.password },
    });
    if (answer.status === 200) return { signIn: kept, accessToken: accessTokenOf(answer.body) };
  }
  const signIn = {
    email: `demo-${randomBytes(3).toString('hex')}@example.com`,
    password: randomBytes(12).toString('base64url'),
  };
  const answer = await requestJson(`${api}/api/auth/signup`, {
    body: { fullName: 'Demo Admin', ...signIn, agreeToTerms: true, companyName: 'Demo Company' },
  });
  if (answer.status !== 201) throw new Error(`the demo client could not sign up: ${describe(answer)}`);
  keep(file, { ...signIn, messageIds: [] });
  return { signIn, accessToken: accessTokenOf(answer.body) };
}

/** The demo messages of an earlier start, or three new ones. */
export async function sendDemoMessages(
  api: string,
  accessToken: string,
  file: string,
): Promise<readonly string[]> {
  const kept = readJson<KeptDemo>(file);
  if (kept === null) throw new Error(`${file} is gone`);
  if (kept.messageIds.length === demoMessages.length) {
    const known = await Promise.all(kept.messageIds.map((id) => getMessage(api, accessToken, id)));
    if (!known.includes(null)) return kept.messageIds;
  }
  const messageIds: string[] = [];
  for (const body of demoMessages) {
    const answer = await requestJson(`${api}/api/messages/template`, {
      body,
      accessToken,
      // Stable for this client, so that a repeated start does not send twice.
      idempotencyKey: `demo-${body.templateName}`,
    });
    if (answer.status !== 201) throw new Error(`the demo message was refused: ${describe(answer)}`);
    messageIds.push((answer.body as { id: string }).id);
  }
  keep(file, { ...kept, messageIds });
  return messageIds;
}

interface Listed<T> {
  readonly items: readonly T[];
}

interface DemoConversation {
  readonly contact: { readonly phoneNumber: string | null } | null;
  readonly windowExpiresAt: string | null;
}

/** Lets the contact of the examples in /docs write, unless it did: free-form messages to it are allowed for 24 hours. */
export async function openDemoWindow(
  { api, sandbox }: { readonly api: string; readonly sandbox: string },
  accessToken: string,
): Promise<void> {
  const conversations = (await requestJson(`${api}/api/conversations`, { accessToken }))
    .body as Listed<DemoConversation>;
  const isOpen = conversations.items.some(
    ({ contact, windowExpiresAt }) =>
      contact?.phoneNumber === demoCustomer &&
      windowExpiresAt !== null &&
      Date.parse(windowExpiresAt) > Date.now(),
  );
  if (isOpen) return;
  const channels = (await requestJson(`${api}/api/channels`, { accessToken })).body as Listed<{
    readonly phoneNumberId: string;
  }>;
  const phoneNumberId = channels.items[0]?.phoneNumberId;
  const body = { phoneNumberId, from: demoCustomer, type: 'text', text: 'Until when are you open?' };
  const answer = await requestJson(`${sandbox}/sandbox/inbound`, { body });
  if (answer.status >= 300) throw new Error(`the demo contact could not write: ${describe(answer)}`);
}

/**
 * Follows the messages until each is read and logs the statuses of each once. Returns the messages that were not
 * read.
 */
export async function watchMessages(
  api: string,
  accessToken: string,
  ids: readonly string[],
  log: (line: string) => void,
): Promise<readonly MessageState[]> {
  const startedAt = Date.now();
  const states = new Map<string, MessageState>();
  const open = new Set(ids);
  while (open.size > 0 && Date.now() < startedAt + watchTimeoutMs) {
    for (const id of open) {
      const state = await getMessage(api, accessToken, id);
      if (state === null) continue;
      const isFirstLook = !states.has(id);
      states.set(id, state);
      if (!endStatuses.has(state.status)) continue;
      open.delete(id);
      const took = isFirstLook ? '' : ` (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`;
      log(`${describeProgress(state)}${took}`);
    }
    if (open.size > 0) await sleep(100);
  }
  return [...states.values()].filter(({ status }) => status !== 'read');
}

/** "hello_world to +1…: queued → sent → delivered → read"; in the order of the history. */
export function describeProgress(message: MessageState): string {
  const path = [...new Set(message.statusHistory.map(({ status }) => status))];
  const end = path.at(-1) === message.status ? '' : `; status: ${message.status}`;
  return `${message.templateName} to ${message.to}: ${path.join(' → ')}${end}`;
}

async function getMessage(api: string, accessToken: string, id: string): Promise<MessageState | null> {
  const answer = await requestJson(`${api}/api/messages/${id}`, { accessToken });
  return answer.status === 200 ? (answer.body as MessageState) : null;
}

function accessTokenOf(body: unknown): string {
  return (body as { accessToken: string }).accessToken;
}

function describe(answer: { status: number; body: unknown }): string {
  return `${answer.status} ${JSON.stringify(answer.body)}`;
}

function keep(file: string, demo: KeptDemo): void {
  writeFileAtomically(file, `${JSON.stringify(demo, null, 2)}\n`, 0o600);
}
