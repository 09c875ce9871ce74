import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc, ConversationRecord } from './model.ts';

export const deadlineKinds = ['first-response', 'next-response', 'resolution'] as const;
export type DeadlineKind = (typeof deadlineKinds)[number];

export const deadlineStates = ['running', 'paused', 'met', 'breached'] as const;
export type DeadlineState = (typeof deadlineStates)[number];

/** A deadline as lists and views show it. */
export interface Deadline {
  readonly kind: DeadlineKind;
  /** Null while it is paused, and if the business never opens again. */
  readonly dueAt: Date | null;
  readonly state: DeadlineState;
}

export type DeadlinesById = ReadonlyMap<string, readonly Deadline[]>;

/** A message of the contact that waits for an answer, placed in its open or pending conversation. */
export interface Awaiting {
  readonly conversation: ConversationDoc;
  /** By the provider's clock. */
  readonly at: Date;
  /** The message began the conversation, or reopened it. */
  readonly isFirst: boolean;
}

/** The deadlines of conversations. Service levels keep them; every change is in the transaction of the conversation. */
export interface ConversationDeadlines {
  awaitAnswer(scope: ClientScope, awaiting: Awaiting, session: ClientSession): Promise<void>;
  followStatus(
    scope: ClientScope,
    change: { readonly before: ConversationRecord; readonly after: ConversationRecord; readonly at: Date },
    session: ClientSession,
  ): Promise<void>;
  /** Those of the current cycle, by the id of the conversation. */
  ofConversations(
    scope: ClientScope,
    conversations: readonly Pick<ConversationDoc, '_id' | 'reopenings'>[],
  ): Promise<DeadlinesById>;
}

/** Cycles count from 1: each reopening begins another one. */
export const cycleOf = ({ reopenings = 0 }: Pick<ConversationDoc, 'reopenings'>): number => reopenings + 1;

/** A breach of a deadline of this cycle. */
export interface Breach {
  readonly conversationId: Types.ObjectId;
  readonly cycle: number;
  readonly at: Date;
}
