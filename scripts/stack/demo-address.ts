import { setTimeout as sleep } from 'node:timers/promises';
import { requestJson } from './request-json.ts';

interface CaughtMails {
  readonly items?: readonly { readonly to: readonly string[]; readonly text: string }[];
}

const waitMs = 10_000;
const everyMs = 200;

/**
 * Confirms the address of the demo client as every user does: with the link from the mail, which the mail catcher holds.
 * False if the mail went elsewhere; the sandbox works without it.
 */
export async function confirmDemoAddress(
  { api, mailPage }: { readonly api: string; readonly mailPage: string | null },
  { email, accessToken }: { readonly email: string; readonly accessToken: string },
): Promise<boolean> {
  if (await isConfirmed(api, accessToken)) return true;
  if (mailPage === null) return false;
  if (await confirmWith(api, await waitForToken(mailPage, email))) return true;
  // The link of an earlier start has expired.
  const used = await newestToken(mailPage, email);
  await requestJson(`${api}/api/auth/request-confirmation`, { body: { email } });
  return confirmWith(api, await waitForToken(mailPage, email, used));
}

async function isConfirmed(api: string, accessToken: string): Promise<boolean> {
  const { body } = await requestJson(`${api}/api/auth/me`, { accessToken });
  const { user } = body as { user?: { emailConfirmedAt?: string | null } };
  return typeof user?.emailConfirmedAt === 'string';
}

async function confirmWith(api: string, token: string | undefined): Promise<boolean> {
  if (token === undefined) return false;
  return (await requestJson(`${api}/api/auth/confirm-email`, { body: { token } })).status === 204;
}

/** The token of the newest mail; undefined if none but `known` comes in time. */
async function waitForToken(mailPage: string, email: string, known?: string): Promise<string | undefined> {
  for (const deadline = Date.now() + waitMs; Date.now() < deadline; await sleep(everyMs)) {
    const token = await newestToken(mailPage, email);
    if (token !== undefined && token !== known) return token;
  }
  return undefined;
}

async function newestToken(mailPage: string, email: string): Promise<string | undefined> {
  const { items = [] } = (await requestJson(`${mailPage}.json`, {})).body as CaughtMails;
  return items
    .filter(({ to }) => to.includes(email))
    .flatMap(({ text }) => /\/confirm-email#token=([\w-]+)/.exec(text)?.[1] ?? [])[0];
}
