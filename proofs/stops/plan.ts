import { below, createRandom, pick } from '../shared/random.ts';
import type { StopsOptions } from './options.ts';

export const stopKinds = ['pause', 'block', 'opt-out', 'cancel'] as const;
export type StopKind = (typeof stopKinds)[number];

export interface PlannedTry {
  readonly kind: StopKind;
  /** The numbers that get a message each; of one person for a block or an opt-out. */
  readonly recipients: readonly string[];
  /** From the first accepted message to the stop. */
  readonly afterMs: number;
}

const messagesPerTry = 4;
/** About the time in which the messages of a try leave. */
const maxAfterMs = 700;

/** The tries of each business in turn, decided by the seed alone. Pure. */
export function planStops({ seed, tries, businesses }: StopsOptions): readonly (readonly PlannedTry[])[] {
  const random = createRandom(seed);
  const plans: PlannedTry[][] = Array.from({ length: businesses }, () => []);
  for (let index = 0; index < tries; index += 1) {
    const kind = pick(stopKinds, random);
    const isOnePerson = kind === 'block' || kind === 'opt-out';
    const recipients = Array.from({ length: messagesPerTry }, (_, message) =>
      phoneOf(index * messagesPerTry + (isOnePerson ? 0 : message)),
    );
    plans[index % businesses]?.push({ kind, recipients, afterMs: below(maxAfterMs, random) });
  }
  return plans;
}

/** The last two digits tell the sandbox to take the message. */
const phoneOf = (person: number): string => `+4917${String(person).padStart(7, '0')}01`;
