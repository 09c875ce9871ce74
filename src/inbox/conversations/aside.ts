import type { ConversationRepository } from './repository.ts';

export type { ArrivalTouch } from './arrival-writes.ts';

/** Takes messages into conversations without changing what people do with them. */
export type AsideConversations = Pick<
  ConversationRepository,
  'findById' | 'findLive' | 'takeInAside' | 'receiveAside'
>;
