import type { ConversationRepository } from './repository.ts';

/** What assignment reads and writes of conversations, beside the decisions of `resource.ts`. */

export type {
  ConversationAssignment,
  ConversationDoc,
  ConversationQueue,
  ConversationReason,
  ConversationRecord,
} from './model.ts';
export type { QueueFilter, Waiting } from './queue-writes.ts';

export type QueuedConversations = Pick<
  ConversationRepository,
  | 'countOpenOf'
  | 'enqueue'
  | 'findWithHistory'
  | 'keepAgent'
  | 'list'
  | 'listOpenOf'
  | 'listQueued'
  | 'measureQueue'
  | 'replace'
>;
