import { maxInWindow, minGap } from '../stats.ts';
import { messageIdOf, type LedgerItem } from '../../proofs/shared/ledger.ts';

/** A message that the API accepted. */
export interface AcceptedMessage {
  readonly id: string;
  /** Epoch milliseconds, by the clock of the API. */
  readonly acceptedAtMs: number;
  /** Epoch milliseconds at which the request was due; after that, an agent is already waiting. */
  readonly plannedAtMs: number;
}

export interface ChannelCalls {
  /** All calls, including refused ones: they count towards a limit too. */
  readonly calls: number;
  readonly refused: number;
  /** Accepted messages that the provider never got, or got more than once. */
  readonly lost: number;
  readonly duplicated: number;
  readonly maxInOneSecond: number;
  /** Milliseconds between two calls for the same recipient; null if there are no two. */
  readonly closestPairMs: number | null;
}

const windowMs = 1_000;

/** The sandbox's ledger for these messages of a channel. Pure. */
export function judgeCalls(ledger: readonly LedgerItem[], messageIds: readonly string[]): ChannelCalls {
  const wanted = new Set(messageIds);
  const calls = ledger.filter((item) => wanted.has(messageIdOf(item)));
  const taken = new Map<string, number>();
  const byRecipient = new Map<string, number[]>();
  for (const item of calls) {
    const { to, wamid, at } = item;
    const id = messageIdOf(item);
    if (wamid !== null) taken.set(id, (taken.get(id) ?? 0) + 1);
    const moments = byRecipient.get(to ?? '') ?? [];
    moments.push(Date.parse(at));
    byRecipient.set(to ?? '', moments);
  }
  const gaps = [...byRecipient.values()].flatMap((moments) => minGap(moments) ?? []);
  return {
    calls: calls.length,
    refused: calls.filter(({ wamid }) => wamid === null).length,
    lost: [...wanted].filter((id) => !taken.has(id)).length,
    duplicated: [...taken.values()].filter((times) => times > 1).length,
    maxInOneSecond: maxInWindow(
      calls.map(({ at }) => Date.parse(at)),
      windowMs,
    ),
    closestPairMs: gaps.length === 0 ? null : Math.min(...gaps),
  };
}

export interface ReplyLatencies {
  /** Milliseconds from the acceptance to the arrival at the provider, for each reply that arrived. */
  readonly fromAcceptance: readonly number[];
  /** The same from the time at which the request was due. */
  readonly fromPlan: readonly number[];
  /** Calls for other messages after the last reply was accepted: the remaining backlog. */
  readonly othersAfterLast: number;
}

/** How long replies took to reach the provider, by the ledger. Pure. */
export function measureReplies(
  ledger: readonly LedgerItem[],
  replies: readonly AcceptedMessage[],
): ReplyLatencies {
  const arrivedAt = new Map<string, number>();
  for (const item of ledger) {
    const id = messageIdOf(item);
    if (item.wamid !== null && !arrivedAt.has(id)) arrivedAt.set(id, Date.parse(item.at));
  }
  const arrived = replies.flatMap((reply) => {
    const at = arrivedAt.get(reply.id);
    return at === undefined ? [] : [{ ...reply, at }];
  });
  const own = new Set(replies.map(({ id }) => id));
  const lastAcceptedAt = Math.max(...replies.map(({ acceptedAtMs }) => acceptedAtMs));
  const isOtherAfterLast = ([id, at]: [string, number]) => !own.has(id) && at > lastAcceptedAt;
  return {
    fromAcceptance: arrived.map(({ at, acceptedAtMs }) => at - acceptedAtMs),
    fromPlan: arrived.map(({ at, plannedAtMs }) => at - plannedAtMs),
    othersAfterLast: [...arrivedAt].filter(isOtherAfterLast).length,
  };
}
