import { below, createRandom, pickByShare, shuffle, type Random } from '../shared/random.ts';
import type { BurstOptions } from './options.ts';

/** The webhooks of a burst and what must be stored after it, decided by its seed alone. Pure. */

export interface PlannedFact {
  readonly status: 'sent' | 'delivered' | 'read' | 'failed';
  /** Seconds after the start of the burst's own time. */
  readonly second: number;
}

export interface PlannedOutbound {
  readonly index: number;
  /** In the order in which they happened. */
  readonly facts: readonly PlannedFact[];
  readonly endsAs: PlannedFact['status'];
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
const messagesPerContact = 10;
const maxItemsPerPost = 20;

interface Course {
  /** In the order in which they happen. */
  readonly statuses: readonly PlannedFact['status'][];
  /** Written out by hand: the product's own order of statuses must not decide it. */
  readonly endsAs: PlannedFact['status'];
  readonly share: number;
}

const courses: readonly [Course, ...Course[]] = [
  { statuses: ['sent', 'delivered', 'read'], endsAs: 'read', share: 0.6 },
  { statuses: ['sent', 'delivered'], endsAs: 'delivered', share: 0.2 },
  { statuses: ['sent', 'failed'], endsAs: 'failed', share: 0.1 },
  { statuses: ['sent', 'failed', 'delivered'], endsAs: 'delivered', share: 0.05 },
  { statuses: ['sent'], endsAs: 'sent', share: 0.05 },
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
  const again = Array.from({ length: repeated }, () => distinct[below(distinct.length, random)]);
  const items = shuffle([...distinct, ...again.filter((item) => item !== undefined)], random);
  return { outbound, inbound, posts: inPosts(items, random) };
}

function planInbound(count: number, seed: number): PlannedInbound[] {
  const contacts = Math.max(1, Math.floor(count / messagesPerContact));
  return Array.from({ length: count }, (_, index) => ({
    wamid: `wamid.burst-in-${seed}-${index}`,
    from: `491601${String(index % contacts).padStart(6, '0')}`,
    second: index,
  }));
}

/** Messages until there are so many facts about them; the last ones may have fewer. */
function planOutbound(factCount: number, random: Random): PlannedOutbound[] {
  const outbound: PlannedOutbound[] = [];
  for (let left = factCount; left > 0;) {
    const course =
      left < 3 ? { statuses: ['sent'] as const, endsAs: 'sent' as const } : pickByShare(courses, random);
    const index = outbound.length;
    const facts = course.statuses.map((status, place) => ({ status, second: index + place }));
    outbound.push({ index, facts, endsAs: course.endsAs });
    left -= facts.length;
  }
  return outbound;
}

function inPosts(items: readonly BurstItem[], random: Random): BurstItem[][] {
  const posts: BurstItem[][] = [];
  for (let from = 0; from < items.length;) {
    const size = 1 + below(maxItemsPerPost, random);
    posts.push(items.slice(from, from + size));
    from += size;
  }
  return posts;
}
