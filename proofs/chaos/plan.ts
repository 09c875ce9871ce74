import { killTargets, type KillTarget } from '../cluster/targets.ts';
import { createRandom, pickByShare, shuffle, type Random } from '../shared/random.ts';

/** The messages and kills of a run, decided by its seed alone. Pure. */

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

/** Numbers whose messages end as read or failed; those that wait for receipts forever prove nothing here. */
const numbers = [
  { digits: '01', share: 0.7 },
  { digits: '03', share: 0.03 },
  { digits: '05', share: 0.05 },
  { digits: '06', share: 0.05 },
  { digits: '07', share: 0.04 },
  { digits: '08', share: 0.02 },
  { digits: '09', share: 0.05 },
  { digits: '10', share: 0.03 },
  { digits: '12', share: 0.03 },
] as const;
export type SandboxDigits = (typeof numbers)[number]['digits'];

export interface Ending {
  readonly status: 'read' | 'failed';
  /** Whether the provider takes the message. */
  readonly isAccepted: boolean;
}

/** How a message to such a number ends if every call is answered. */
export function endingOf(digits: SandboxDigits): Ending {
  if (digits === '08') return { status: 'failed', isAccepted: false };
  return { status: digits === '03' || digits === '12' ? 'failed' : 'read', isAccepted: true };
}

const maxDelayMs = 500;
/** The first kill comes when work is under way, the last while some is left to do. */
const firstShare = 0.1;
const lastShare = 0.9;

export function planRun({ seed, messages, kills }: { seed: number; messages: number; kills: number }): Plan {
  const random = createRandom(seed);
  return {
    messages: Array.from({ length: messages }, (_, index) => {
      const { digits } = pickByShare(numbers, random);
      return { index, digits, to: `+4915${String(index).padStart(6, '0')}0${digits}` };
    }),
    kills: planKills(kills, messages, random),
  };
}

/** Every target once before any of them a second time, each round in another order. */
function planKills(count: number, messages: number, random: Random): PlannedKill[] {
  const moments = Array.from({ length: count }, () => firstShare + random() * (lastShare - firstShare));
  moments.sort((a, b) => a - b);
  let round: KillTarget[] = [];
  return moments.map((share) => {
    if (round.length === 0) round = shuffle(killTargets, random);
    const target = round.pop() ?? 'worker';
    return {
      target,
      afterAccepted: Math.floor(share * messages),
      delayMs: Math.floor(random() * maxDelayMs),
    };
  });
}
