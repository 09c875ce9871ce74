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

/** The calls of the sandbox in order of arrival, without the first ones that the caller has `known`. */
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
    const earlier = calls.get(id);
    if (earlier === undefined) calls.set(id, [item]);
    else earlier.push(item);
  }
  return calls;
}

/** When the provider saw each message first, in epoch milliseconds. */
export const firstCallsOf = (items: readonly LedgerItem[]): ReadonlyMap<string, number> =>
  new Map([...callsByMessage(items)].map(([id, [first]]) => [id, Date.parse(first?.at ?? '')]));

/** The calls in which the provider took a message. */
export const takenCalls = (items: readonly LedgerItem[]): readonly LedgerItem[] =>
  items.filter(({ wamid }) => wamid !== null);
