/** What a crowd of contacts does, decided before it starts. Pure. */
import { createRandom, shuffle } from './random.ts';

export const CROWD_ACTIONS = ['write', 'answer', 'file', 'move', 'stop'] as const;
export type CrowdAction = (typeof CROWD_ACTIONS)[number];

export interface CrowdOptions {
  readonly contacts: number;
  readonly messagesPerContact: number;
  readonly seed: number;
  /** How often each action is chosen, in relation to the others. */
  readonly mix: Readonly<Record<CrowdAction, number>>;
}

export interface CrowdStep {
  readonly action: CrowdAction;
  /** From 0. */
  readonly contact: number;
  /** The number that the contact has at this step: digits. */
  readonly from: string;
  readonly name: string;
  /** A number between 0 and 1 that decides the details. */
  readonly chance: number;
  /** Only of `move`. */
  readonly newNumber?: string;
}

const NAMES = [
  'Ana',
  'Ben',
  'Chloé',
  'Đorđe',
  'Elif',
  'Fatou',
  'Gül',
  'Håkon',
  'Ines',
  'José',
  '小明',
  'Łucja',
];

/** Numbers of a seed end in 01: sent, delivered and read. Those after a move end in 51, which is the same. */
const numberOf = (seed: number, contact: number, moves: number): string =>
  `1555${String((seed % 10) * 1_000_000 + contact * 100 + (moves === 0 ? 1 : 50 + moves)).padStart(7, '0')}`;

/** A contact moves at most once. */
const MAX_MOVES = 1;

/**
 * The steps of all contacts in the order of time. The first one of a contact is a message, and a STOP is the last one.
 * Contacts take turns by chance.
 */
export function planCrowd({ contacts, messagesPerContact, seed, mix }: CrowdOptions): CrowdStep[] {
  const random = createRandom(seed);
  const inOrder = Array.from({ length: contacts }, (_value, contact) =>
    Array<number>(messagesPerContact).fill(contact),
  );
  const turns = shuffle(inOrder.flat(), random);
  const states = Array.from({ length: contacts }, () => ({ steps: 0, moves: 0, hasStopped: false }));
  return turns.flatMap((contact) => {
    const state = states[contact];
    // Drawn for every turn, so that a contact who stops changes nothing for the others.
    const [choice, chance] = [random(), random()];
    if (state === undefined || state.hasStopped) return [];
    const action = state.steps === 0 ? 'write' : choose(mix, choice, state.moves < MAX_MOVES);
    const from = numberOf(seed, contact, state.moves);
    state.steps += 1;
    state.hasStopped = action === 'stop';
    if (action === 'move') state.moves += 1;
    const moved = action === 'move' ? { newNumber: numberOf(seed, contact, state.moves) } : {};
    const name = `${NAMES[contact % NAMES.length] ?? ''} ${contact + 1}`;
    return [{ action, contact, from, name, chance, ...moved }];
  });
}

function choose(mix: CrowdOptions['mix'], chance: number, mayMove: boolean): CrowdAction {
  const choices = CROWD_ACTIONS.filter((action) => mayMove || action !== 'move');
  const total = choices.reduce((sum, action) => sum + mix[action], 0);
  let rest = chance * total;
  for (const action of choices) {
    rest -= mix[action];
    if (rest < 0) return action;
  }
  return 'write';
}

const TEXTS = [
  'Hello, do you have this in blue?',
  'Where is my order 1042?',
  'Thank you!',
  'Can I come by at 18:00?',
  '¿Cuánto cuesta el envío?',
  'ok 👍',
  'I would like to change my address. '.repeat(8).trim(),
];
const FILES = ['image', 'document', 'audio'] as const;

const pick = <T>(choices: readonly T[], chance: number): T | undefined =>
  choices[Math.floor(chance * choices.length)];

/** The body of `POST /sandbox/inbound` for a step; `contextId` is our message that the contact answers. */
export function requestOf(
  { action, from, name, chance, newNumber }: CrowdStep,
  { phoneNumberId, contextId }: { readonly phoneNumberId: string; readonly contextId: string | null },
): object {
  const person = { phoneNumberId, from, name };
  const text = pick(TEXTS, chance);
  switch (action) {
    case 'write':
      return { ...person, type: 'text', text };
    case 'answer':
      return { ...person, type: 'text', text, ...(contextId === null ? {} : { contextId }) };
    case 'file':
      return { ...person, type: pick(FILES, chance), text: 'See here' };
    case 'move':
      return { phoneNumberId, from, type: 'system', event: 'user_changed_number', newWaId: newNumber };
    case 'stop':
      return { ...person, type: 'text', text: 'STOP' };
  }
}
