import { createRandom, shuffle } from '../chaos/plan.ts';
import type { BurstOptions } from './options.ts';

/** What a burst says and what must be left of it, decided by its seed alone. Pure. */

export interface PlannedFact {
  readonly word: 'sent' | 'delivered' | 'read' | 'failed';
  /** Seconds after the burst's own beginning of time. */
  readonly second: number;
}

export interface PlannedOutbound {
  readonly index: number;
  /** In the order in which they happened. */
  readonly facts: readonly PlannedFact[];
  readonly endsAs: PlannedFact['word'];
}

export interface PlannedInbound {
  readonly wamid: string;
  /** Digits only, as Meta writes them. */
  readonly from: string;
  readonly second: number;
}

export type BurstItem =
  | { readonly kind: 'status'; readonly outbound: PlannedOutbound; readonly fact: PlannedFact }
  | { readonly kind: 'message'; readonly inbound: PlannedInbound };

export interface BurstPlan {
  readonly outbound: readonly PlannedOutbound[];
  readonly inbound: readonly PlannedInbound[];
  /** The items of each POST. */
  readonly posts: readonly (readonly BurstItem[])[];
}

const repeatedShare = 0.3;
const inboundShare = 0.15;
const messagesOfContact = 10;
const mostItemsOfPost = 20;

/** The ways of a message with the status that each ends in, written out from the product's words. */
const ways: readonly { words: readonly PlannedFact['word'][]; endsAs: PlannedFact['word']; share: number }[] =
  [
    { words: ['sent', 'delivered', 'read'], endsAs: 'read', share: 0.6 },
    { words: ['sent', 'delivered'], endsAs: 'delivered', share: 0.2 },
    { words: ['sent', 'failed'], endsAs: 'failed', share: 0.1 },
    { words: ['sent', 'failed', 'delivered'], endsAs: 'delivered', share: 0.05 },
    { words: ['sent'], endsAs: 'sent', share: 0.05 },
  ];

export function planBurst({ seed, receipts }: BurstOptions): BurstPlan {
  const random = createRandom(seed);
  const repeated = Math.floor(receipts * repeatedShare);
  const inbound = planInbound(Math.floor((receipts - repeated) * inboundShare), seed);
  const outbound = planOutbound(receipts - repeated - inbound.length, random);
  const distinct: readonly BurstItem[] = [
    ...outbound.flatMap((message) =>
      message.facts.map((fact): BurstItem => ({ kind: 'status', outbound: message, fact })),
    ),
    ...inbound.map((message): BurstItem => ({ kind: 'message', inbound: message })),
  ];
  const again = Array.from({ length: repeated }, () => distinct[Math.floor(random() * distinct.length)]);
  const items = shuffle([...distinct, ...again.filter((item) => item !== undefined)], random);
  return { outbound, inbound, posts: inPosts(items, random) };
}

function planInbound(count: number, seed: number): PlannedInbound[] {
  const contacts = Math.max(1, Math.floor(count / messagesOfContact));
  return Array.from({ length: count }, (_, index) => ({
    wamid: `wamid.burst-in-${seed}-${index}`,
    from: `491601${String(index % contacts).padStart(6, '0')}`,
    second: index,
  }));
}

/** Messages until so many facts are told of them; the last one may be told less. */
function planOutbound(factCount: number, random: () => number): PlannedOutbound[] {
  const outbound: PlannedOutbound[] = [];
  for (let left = factCount; left > 0;) {
    const way = left < 3 ? { words: ['sent'] as const, endsAs: 'sent' as const } : chooseWay(random());
    const index = outbound.length;
    const facts = way.words.map((word, place) => ({ word, second: index + place }));
    outbound.push({ index, facts, endsAs: way.endsAs });
    left -= facts.length;
  }
  return outbound;
}

function chooseWay(fraction: number) {
  let left = fraction;
  for (const way of ways) {
    left -= way.share;
    if (left < 0) return way;
  }
  return { words: ['sent'] as const, endsAs: 'sent' as const };
}

function inPosts(items: readonly BurstItem[], random: () => number): BurstItem[][] {
  const posts: BurstItem[][] = [];
  for (let from = 0; from < items.length;) {
    const size = 1 + Math.floor(random() * mostItemsOfPost);
    posts.push(items.slice(from, from + size));
    from += size;
  }
  return posts;
}
