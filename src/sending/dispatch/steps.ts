import type { Types } from 'mongoose';
import type { ChannelDirectory } from '../../channels/directory.ts';
import type { FileSends } from '../../inbox/media/sends.ts';
import type { AnswerLog } from '../../inbox/sla/answer-log.ts';
import type { ConversationThreads } from '../../inbox/conversations/threads.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { SendRates } from '../../rates/send-rates.ts';
import type { TemplateCatalogue } from '../../templates/catalogue.ts';
import type { Gateway } from '../../whatsapp/gateway.ts';
import type { GateFactsReader } from '../gates/facts.ts';
import { reportOfSent } from '../messages/answers.ts';
import type { DispatchResult } from '../messages/contract.ts';
import type { DispatchOutcome } from '../messages/lifecycle.ts';
import type { DispatchObserver } from '../messages/observer.ts';
import { leavesLate } from '../messages/rules.ts';
import type { MessageDoc, MessageRepository } from '../messages/use-cases.ts';
import type { ErrorEffects } from './effects.ts';
import { insistOn } from './insist.ts';
import type { UnreadEvents } from './unread-events.ts';

export interface DispatchDeps {
  readonly messages: Pick<
    MessageRepository,
    | 'findById'
    | 'findEarlierReplies'
    | 'noteTurn'
    | 'overtake'
    | 'readdress'
    | 'reword'
    | 'claim'
    | 'withdraw'
    | 'noteWaiting'
    | 'prolongWait'
    | 'recordOutcome'
    | 'returnClaim'
  >;
  readonly channels: Pick<ChannelDirectory, 'senderOf'>;
  readonly templates: Pick<TemplateCatalogue, 'contentForSend'>;
  readonly facts: GateFactsReader;
  readonly unreadEvents: UnreadEvents;
  readonly conversations: Pick<ConversationThreads, 'moveUp'>;
  readonly answers: Pick<AnswerLog, 'note'>;
  readonly rates: Pick<SendRates, 'acquire' | 'reservePair' | 'reserveUser'>;
  readonly effects: Pick<ErrorEffects, 'afterRefusal'>;
  readonly files: Pick<FileSends, 'copyFor' | 'startCopy'>;
  readonly gateway: Pick<Gateway, 'send'>;
  /** Notified of each dispatch, for metrics. */
  readonly observer?: DispatchObserver;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The dependencies with `insist` around every database step. `acquire` is exempt: it has a wait of its own. */
export const insistentSteps = (deps: DispatchDeps): DispatchDeps => {
  const { messages, templates, facts, unreadEvents, conversations, answers, effects } = deps;
  const { acquire, ...reservations } = deps.rates;
  return {
    ...deps,
    messages: insistOn(messages),
    templates: insistOn({ contentForSend: templates.contentForSend }),
    facts: insistOn(facts),
    unreadEvents: insistOn(unreadEvents),
    conversations: insistOn({ moveUp: conversations.moveUp }),
    answers: insistOn({ note: answers.note }),
    rates: { ...insistOn(reservations), acquire },
    effects: insistOn(effects),
  };
};

/** The attempt ends without an outcome, and the next one begins after the delay. */
export interface AttemptRetry {
  readonly kind: 'again';
  /** The failure type that the Temporal UI shows: `WA_<code>` or `WAIT_<gate>`. */
  readonly type: string;
  readonly message: string;
  readonly delayMs: number;
  /** A wait for a rate limit, as opposed to a refusal by the provider. */
  readonly isWait: boolean;
}

/** The message or its channel was deleted: no further attempt can succeed. */
export interface Missing {
  readonly kind: 'missing';
  readonly type: 'message-missing' | 'channel-missing';
  readonly message: string;
}

/** The end of one attempt. */
export type AttemptEnd = DispatchResult | AttemptRetry | Missing;

export const messageMissing: Missing = {
  kind: 'missing',
  type: 'message-missing',
  message: 'The message does not exist in the database.',
};

export interface Target {
  readonly scope: ClientScope;
  readonly id: Types.ObjectId;
}

/** An attempt as stored in the message. */
export const attemptOf = (number: number, startedAt: Date, endedAt: Date, outcome: DispatchOutcome) => ({
  number,
  startedAt,
  endedAt,
  outcome: outcome.kind,
  ...(outcome.kind === 'rejected' ? { code: outcome.failure.code } : {}),
  ...(outcome.kind === 'unknown' && outcome.code !== undefined ? { code: outcome.code } : {}),
});

/** Stores an outcome; false if the database is unavailable: then the workflow must store it. */
export async function record(
  deps: Pick<DispatchDeps, 'messages' | 'conversations' | 'answers' | 'clock' | 'logger'>,
  { scope, id }: Target,
  { message, outcome }: { message: MessageDoc; outcome: DispatchOutcome },
): Promise<boolean> {
  const { messages, clock, logger } = deps;
  const { attempt, startedAt } = message.dispatch;
  const endedAt = clock.now();
  try {
    await messages.recordOutcome(scope, id, {
      outcome,
      attempt: attemptOf(attempt, startedAt ?? endedAt, endedAt, outcome),
    });
    await tellInbox(deps, { message, outcome, at: endedAt });
    return true;
  } catch (error) {
    logger.warn({ messageId: id.toHexString(), error }, 'outcome not stored: the workflow stores it');
    return false;
  }
}

interface KnownOutcome {
  readonly message: MessageDoc;
  readonly outcome: DispatchOutcome;
  readonly at: Date;
}

/** What a stored outcome means for the conversation. Idempotent. */
export async function tellInbox(
  deps: Pick<DispatchDeps, 'conversations' | 'answers'>,
  known: KnownOutcome,
): Promise<void> {
  await moveConversation(deps, known);
  const { message, outcome, at } = known;
  if (outcome.kind !== 'accepted') return;
  const { providerMessageId } = outcome;
  const report = reportOfSent(message, { providerMessageId, at });
  if (report !== null) await deps.answers.note({ clientId: message.clientId }, report);
}

/** Moves the conversation of a message that leaves late to the top of the list. Idempotent. */
async function moveConversation(
  { conversations }: Pick<DispatchDeps, 'conversations'>,
  { message, outcome, at }: KnownOutcome,
): Promise<void> {
  const { clientId, conversationId } = message;
  // What a survey says is no news for people.
  if (outcome.kind !== 'accepted' || message.survey !== undefined || !leavesLate(message, at)) return;
  await conversations.moveUp({ clientId }, conversationId, at);
}
