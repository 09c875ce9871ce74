/** What a run does, decided by its seed alone. Pure. */

export const killTargets = ['api', 'worker', 'mongod', 'temporal'] as const;
export type KillTarget = (typeof killTargets)[number];

export interface PlannedKill {
  readonly target: KillTarget;
  /** As soon as so many messages were accepted … */
  readonly afterAccepted: number;
  /** … and then this long. */
  readonly delayMs: number;
}

export interface PlannedMessage {
  readonly index: number;
  readonly to: string;
  /** The last digits, by which the sandbox knows what to do. */
  readonly digits: SandboxDigits;
}

export interface Plan {
  readonly messages: readonly PlannedMessage[];
  readonly kills: readonly PlannedKill[];
}

/** Numbers that end as read or failed; those that wait for receipts for ever prove nothing here. In per cent. */
const shares = { '01': 70, '03': 3, '05': 5, '06': 5, '07': 4, '08': 2, '09': 5, '10': 3, '12': 3 } as const;
export type SandboxDigits = keyof typeof shares;

export interface Ending {
  readonly status: 'read' | 'failed';
  /** Whether the provider takes the message; what it does not take, it must not count. */
  readonly isAccepted: boolean;
}

/** How a message to such a number ends if every call is answered. */
export function endingOf(digits: SandboxDigits): Ending {
  if (digits === '08') return { status: 'failed', isAccepted: false };
  return { status: digits === '03' || digits === '12' ? 'failed' : 'read', isAccepted: true };
}

const longestDelayMs = 500;
/** The first kill comes when work is under way, the last while some is left to do. */
const firstShare = 0.1;
const lastShare = 0.9;

export function planRun({ seed, messages, kills }: { seed: number; messages: number; kills: number }): Plan {
  const random = createRandom(seed);
  return {
    messages: Array.from({ length: messages }, (_, index) => {
      const digits = pickDigits(random());
      return { index, digits, to: `+4915${String(index).padStart(6, '0')}0${digits}` };
    }),
    kills: planKills(kills, messages, random),
  };
}

/** Every target once before any of them a second time, each round in another order. */
function planKills(count: number, messages: number, random: () => number): PlannedKill[] {
  const moments = Array.from({ length: count }, () => firstShare + random() * (lastShare - firstShare));
  moments.sort((a, b) => a - b);
  let round: KillTarget[] = [];
  return moments.map((share) => {
    if (round.length === 0) round = shuffle(killTargets, random);
    const target = round.pop() ?? 'worker';
    return {
      target,
      afterAccepted: Math.floor(share * messages),
      delayMs: Math.floor(random() * longestDelayMs),
    };
  });
}

function pickDigits(fraction: number): SandboxDigits {
  let left = fraction * 100;
  for (const [digits, share] of Object.entries(shares)) {
    left -= share;
    if (left < 0) return digits as SandboxDigits;
  }
  return '01';
}

export function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items];
  for (let index = shuffled.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    const [a, b] = [shuffled[index] as T, shuffled[other] as T];
    shuffled[index] = b;
    shuffled[other] = a;
  }
  return shuffled;
}

/** A small seeded generator (mulberry32) of numbers in [0, 1). */
export const pick = <T>(items: readonly [T, ...T[]], random: () => number): T =>
  items[Math.floor(random() * items.length)] ?? items[0];

export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
