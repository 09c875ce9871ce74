import { below, createRandom, pickByShare, shuffle, type Random } from '../shared/random.ts';
import type { StormOptions } from './options.ts';

/** What contacts write and when, decided by the seed alone. Pure. */

export interface PlannedMessage {
  readonly wamid: string;
  /** Digits only, as Meta writes them. */
  readonly from: string;
  /** From the start of the storm to the first time that its webhook is posted. */
  readonly postedAfterMs: number;
  /** How much earlier it was written. */
  readonly lagMs: number;
  readonly isFromAd: boolean;
  /** Null for a text. */
  readonly file: PlannedFile | null;
}

export interface PlannedFile {
  readonly name: string;
  readonly content: string;
}

export interface PlannedPost {
  readonly afterMs: number;
  readonly messages: readonly PlannedMessage[];
}

export interface StormPlan {
  readonly messages: readonly PlannedMessage[];
  /** In order of time; a message may be in two of them. */
  readonly posts: readonly PlannedPost[];
}

const dayMs = 24 * 60 * 60 * 1_000;

/** How long ago a message was written when its webhook comes. */
const lags = [
  { lagMs: 5_000, share: 0.82 },
  // Nearly as long as an answer may take: it is due in a moment.
  { lagMs: 50_000, share: 0.1 },
  { lagMs: 90_000, share: 0.04 },
  { lagMs: 3 * dayMs, share: 0.04 },
] as const;
const messagesPerContact = [
  { count: 1, share: 0.7 },
  { count: 2, share: 0.2 },
  { count: 4, share: 0.1 },
] as const;
const adShare = 0.08;
const fileShare = 0.06;
const repeatedShare = 0.15;
const maxMessagesPerPost = 5;
/** Posts that change places with each other. */
const shuffledTogether = 12;
const maxRepeatAfterMs = 20_000;

export function planStorm({
  seed,
  conversations,
  minutes,
}: Pick<StormOptions, 'seed' | 'conversations' | 'minutes'>): StormPlan {
  const random = createRandom(seed);
  const durationMs = minutes * 60_000;
  const messages = Array.from({ length: conversations }, (_, contact) =>
    planContact({ contact, seed, durationMs }, random),
  ).flat();
  const ordered = messages.toSorted((a, b) => a.postedAfterMs - b.postedAfterMs);
  const first = shuffleNear(inPosts(ordered, random), random);
  const again = first.flatMap(({ afterMs, messages: posted }) =>
    random() < repeatedShare
      ? [{ afterMs: afterMs + below(maxRepeatAfterMs, random), messages: posted }]
      : [],
  );
  return { messages, posts: [...first, ...again].toSorted((a, b) => a.afterMs - b.afterMs) };
}

interface Contact {
  readonly contact: number;
  readonly seed: number;
  readonly durationMs: number;
}

function planContact({ contact, seed, durationMs }: Contact, random: Random): PlannedMessage[] {
  const { count } = pickByShare(messagesPerContact, random);
  const isFromAd = count === 1 && random() < adShare;
  return Array.from({ length: count }, (_, number) => {
    const wamid = `wamid.storm-${seed}-${contact}-${number}`;
    const hasFile = random() < fileShare;
    return {
      ...{ wamid, isFromAd, from: `491701${String(contact).padStart(6, '0')}` },
      postedAfterMs: below(durationMs, random),
      lagMs: pickByShare(lags, random).lagMs,
      file: hasFile ? { name: `${contact}-${number}.pdf`, content: contentOf(wamid, random) } : null,
    };
  });
}

const maxFillers = 4_000;
const contentOf = (wamid: string, random: Random): string =>
  `%PDF-1.4\n${wamid}\n${'storm '.repeat(1 + below(maxFillers, random))}\n%%EOF\n`;

function inPosts(ordered: readonly PlannedMessage[], random: Random): PlannedPost[] {
  const posts: PlannedPost[] = [];
  for (let from = 0; from < ordered.length;) {
    const messages = ordered.slice(from, from + 1 + below(maxMessagesPerPost, random));
    from += messages.length;
    posts.push({ afterMs: messages.at(-1)?.postedAfterMs ?? 0, messages: shuffle(messages, random) });
  }
  return posts;
}

/** The same times with other posts, so that later messages come first. */
function shuffleNear(posts: readonly PlannedPost[], random: Random): PlannedPost[] {
  const places = Array.from({ length: Math.ceil(posts.length / shuffledTogether) }, (_, block) =>
    shuffle(posts.slice(block * shuffledTogether, (block + 1) * shuffledTogether), random),
  ).flat();
  return posts.map(({ afterMs }, index) => ({ afterMs, messages: places[index]?.messages ?? [] }));
}
