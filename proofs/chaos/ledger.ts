import { requestJson } from '../../scripts/stack/request-json.ts';

/** One call that the sandbox has seen, accepted or refused. */
export interface LedgerItem {
  readonly at: string;
  readonly phoneNumberId: string;
  /** Only of calls to another endpoint than the one for messages. */
  readonly edge?: string;
  readonly to: string | null;
  readonly opaque: string | null;
  readonly wamid: string | null;
  readonly answered: { readonly status: number; readonly code?: number | null } | null;
}

interface LedgerPage {
  readonly items: readonly LedgerItem[];
  readonly nextCursor: string | null;
}

const pageSize = 1_000;

/** The calls of the sandbox in order of arrival; without those of which the caller knows already. */
export async function readLedger(sandboxUrl: string, known = 0): Promise<readonly LedgerItem[]> {
  const items: LedgerItem[] = [];
  for (let cursor: string | null = String(known); cursor !== null;) {
    const answer = await requestJson(`${sandboxUrl}/sandbox/ledger?cursor=${cursor}&limit=${pageSize}`, {});
    if (answer.status !== 200) throw new Error(`the sandbox answers ${answer.status} for its ledger`);
    const page = answer.body as LedgerPage;
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

/** The id of the message that a call was made for; our key in the opaque data is `<message>:<attempt>`. */
export const messageIdOf = ({ opaque }: LedgerItem): string => (opaque ?? '').split(':', 1)[0] ?? '';

/** Calls by message. */
export function callsByMessage(items: readonly LedgerItem[]): ReadonlyMap<string, readonly LedgerItem[]> {
  const calls = new Map<string, LedgerItem[]>();
  for (const item of items) {
    const id = messageIdOf(item);
    const known = calls.get(id);
    if (known === undefined) calls.set(id, [item]);
    else known.push(item);
  }
  return calls;
}

/** When the provider saw each message first, in epoch milliseconds. */
export function firstCallsOf(items: readonly LedgerItem[]): ReadonlyMap<string, number> {
  const firstCalls = new Map<string, number>();
  for (const item of items) {
    const id = messageIdOf(item);
    if (!firstCalls.has(id)) firstCalls.set(id, Date.parse(item.at));
  }
  return firstCalls;
}
