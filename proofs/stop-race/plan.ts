import { createRandom, shuffle } from '../shared/random.ts';
import type { StopRaceOptions } from './options.ts';

/** The recipients of messages and the moments of stops, decided by the seed alone. Pure. */
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

/** Stops are said while this part of the messages leaves, so that some always wait. */
const during = { from: 0.02, to: 0.6 } as const;
/** One in so many messages goes to the first contact, who says STOP first and has most messages waiting. */
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
  const stopping = [0, ...others].slice(0, stops);
  const placeOf = (order: number) => during.from + ((during.to - during.from) * (order + random())) / stops;
  return {
    recipients,
    stops: stopping.map((contact, order) => ({
      phone: phoneOf(contact),
      afterCalls: Math.floor(placeOf(order) * messages),
    })),
  };
}

/** The others in turn, skipping the places of the first one. */
const otherContact = (index: number, contacts: number): number =>
  1 + ((index - Math.ceil(index / firstContactEvery)) % Math.max(1, contacts - 1));

/** The last two digits tell the sandbox to take the message. */
const phoneOf = (contact: number): string => `+4917${String(contact).padStart(7, '0')}01`;
