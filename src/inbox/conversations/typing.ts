import type { Types } from 'mongoose';
import type { TellPassing } from '../../events/passing/teller.ts';
import type { Clock } from '../../platform/clock.ts';
import { notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc } from './model.ts';
import type { ConversationRepository } from './repository.ts';
import type { Person } from './taking.ts';

/** What became of showing the contact that somebody types; everything but `shown` means that no call was made, or took. */
export const typingOutcomes = [
  'shown',
  'shown-before',
  'not-shared',
  'window-closed',
  'gate-closed',
  'not-accepted',
  'group',
] as const;
export type TypingOutcome = (typeof typingOutcomes)[number];

/** Shows the contact that somebody types, or drops it. Sending does it. */
export type ShowTyping = (scope: ClientScope, conversation: ConversationDoc) => Promise<TypingOutcome>;

/** Colleagues see it for so long, unless it is told again. */
const typingMs = 6_000;

export interface TypingDeps {
  readonly conversations: Pick<ConversationRepository, 'findById'>;
  readonly tellPassing: TellPassing;
  readonly showTyping: ShowTyping;
  readonly clock: Clock;
}

export type NoteTyping = ReturnType<typeof createNoteTyping>;

/** Tells colleagues that a user types in a conversation, and the contact if they may see it. Keeps nothing. */
export const createNoteTyping =
  ({ conversations, tellPassing, showTyping, clock }: TypingDeps) =>
  async (scope: ClientScope, { userId }: Person, id: Types.ObjectId): Promise<TypingOutcome> => {
    const conversation = await conversations.findById(scope, id);
    if (conversation === null) throw notFound('conversation');
    const until = new Date(clock.now().getTime() + typingMs);
    await tellPassing(scope, userId, {
      ...{ type: 'conversation.typing', entity: { type: 'conversation', id } },
      view: { userId: userId.toHexString(), until: until.toISOString() },
    });
    return showTyping(scope, conversation);
  };
