import { createRandom, shuffle } from '../chaos/plan.ts';
import type { StopRaceOptions } from './options.ts';

/** Who gets what and who says STOP when, decided by the seed alone. Pure. */
export interface StopRacePlan {
  /** The recipient of each message, in the order of sending. */
  readonly recipients: readonly string[];
  readonly stops: readonly PlannedStop[];
}

export interface PlannedStop {
  readonly phone: string;
  /** Said when the provider has had so many calls. */
  readonly afterCalls: number;
}

/** Stops are said while this part of the messages leaves, so that there is always something left that waits. */
const during = { from: 0.02, to: 0.6 } as const;
/** Every so many messages one goes to the first contact, who says STOP early and has the most that waits. */
const firstContactEvery = 10;

export function planStopRace({ seed, messages, contacts, stops }: StopRaceOptions): StopRacePlan {
  const random = createRandom(seed);
  const recipients = Array.from({ length: messages }, (_, index) =>
    phoneOf(index % firstContactEvery === 0 ? 0 : otherContact(index, contacts)),
  );
  const others = shuffle(
    Array.from({ length: contacts - 1 }, (_, index) => index + 1),
    random,
  );
  const who = [0, ...others].slice(0, stops);
  const placeOf = (order: number) => during.from + ((during.to - during.from) * (order + random())) / stops;
  return {
    recipients,
    stops: who.map((contact, order) => ({
      phone: phoneOf(contact),
      afterCalls: Math.floor(placeOf(order) * messages),
    })),
  };
}

/** The others in turn, whatever place the first one takes. */
const otherContact = (index: number, contacts: number): number =>
  1 + ((index - Math.ceil(index / firstContactEvery)) % Math.max(1, contacts - 1));

/** The last two digits tell the sandbox to take the message. */
const phoneOf = (contact: number): string => `+4917${String(contact).padStart(7, '0')}01`;
