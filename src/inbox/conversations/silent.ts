import type { ConversationRepository } from './repository.ts';

/** What closing reads of conversations, beside the decisions of `resource.ts`. */

export type { SilentConversation, SilentRange } from './silent-queries.ts';

export type SilentConversations = Pick<
  ConversationRepository,
  'findById' | 'listSilent' | 'findFirstSpokenAfter'
>;
