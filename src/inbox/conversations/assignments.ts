import type { ClientSession } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc, ConversationRecord } from './model.ts';

/** Why an agent loses a conversation that goes back to the queue. */
export interface Return {
  readonly cause: 'no-reply' | 'given-back' | 'gone';
  /** Since when the contact waits, if it is known; null if they do not. */
  readonly since?: Date | null;
}

/** The end of a snooze: the agent gets the conversation back if they are online, else the queue does. */
export interface Wake {
  /** When the contact wrote, if a message ended it. */
  readonly since?: Date;
}

/** A decision about a conversation, before it is stored. */
export interface Placing {
  readonly before: ConversationRecord;
  readonly after: ConversationRecord;
  readonly at: Date;
  readonly returned?: Return;
  readonly wake?: Wake;
  /** A user wants it in the queue, also if it lost no agent. */
  readonly isWanted?: true;
}

/** The queue of conversations that wait for an agent, and the slots of agents. Assignment keeps them. */
export interface ConversationAssignments {
  /** The state after a decision with its place in the queue. */
  place(scope: ClientScope, placing: Placing, session: ClientSession): Promise<ConversationRecord>;
  /** After the write: counts the slots, and lets the queue move on. */
  follow(
    scope: ClientScope,
    change: { readonly before: ConversationRecord; readonly after: ConversationRecord },
    session: ClientSession,
  ): Promise<void>;
}

/** A message of the contact that found, began or reopened an open conversation. */
export interface Arrived {
  readonly conversation: ConversationDoc;
  /** By the provider's clock. */
  readonly at: Date;
  readonly isReopened: boolean;
  readonly awaitsAnswer: boolean;
}

/** In the transaction of the message. */
export type ReceiveArrival = (scope: ClientScope, arrived: Arrived, session: ClientSession) => Promise<void>;
