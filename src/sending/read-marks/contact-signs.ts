import type { ChannelDirectory } from '../../channels/directory.ts';
import type { ConversationDoc, ConversationThreads } from '../../inbox/conversations/threads.ts';
import type { InboxSettingsReader } from '../../inbox/settings/reader.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { Firing, TimerHandler, Timers } from '../../timers/timers.ts';
import type { Gateway, ReadMarkAnswer } from '../../whatsapp/gateway.ts';
import { isMissing, type GateFactsReader, type ReadFacts } from '../gates/facts.ts';
import type { MarkableMessage, MessageRepository } from '../messages/use-cases.ts';
import type { ReadMarkRepository } from './repository.ts';
import { afterMark, isShown, markObstacle, maxMarkedMs, type Obstacle } from './rules.ts';

export interface ContactSignDeps {
  readonly marks: ReadMarkRepository;
  readonly messages: Pick<MessageRepository, 'findMarkable'>;
  readonly conversations: Pick<ConversationThreads, 'findById'>;
  readonly channels: Pick<ChannelDirectory, 'senderOf'>;
  readonly facts: Pick<GateFactsReader, 'readFresh'>;
  readonly gateway: Pick<Gateway, 'markRead'>;
  readonly readSettings: InboxSettingsReader;
  readonly timers: Pick<Timers, 'arm'>;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
}

/** The handler of a timer has 15 s. */
const limits = { beginWithinMs: 1_000, timeoutMs: 8_000 } as const;

/** Shows the contact that their messages were read, some time after somebody did. */
export const createShowRead = (deps: ContactSignDeps): TimerHandler => {
  const { marks, conversations, readSettings, clock } = deps;
  return async (firing) => {
    const { scope, subjectId } = firing;
    const conversation = await conversations.findById(scope, subjectId);
    if (conversation === null || !(await readSettings(scope)).shareReadMarks) return;
    const message = await findMarkable(deps, scope, conversation, conversation.readUpTo ?? 0);
    if (message === null) return;
    const known = await marks.find(scope, subjectId);
    if (isShown(message, known?.shown)) return;
    const earlier = known?.failure?.messageId.equals(message._id) === true ? known.failure.tries : 0;
    const tries = earlier + 1;
    const end = await tryToMark(deps, scope, { conversation, message });
    const next = afterMark(end, tries);
    if (next.kind === 'shown') return noteShown(deps, scope, { conversation, message });
    const failure = {
      ...{ messageId: message._id, code: next.code, title: next.title },
      ...{ at: clock.now(), tries, isFinal: next.kind === 'given-up' },
    };
    if (next.kind === 'given-up') return marks.noteFailure(scope, subjectId, failure);
    await tryLater(deps, firing, { failure, delayMs: next.delayMs });
  };
};

/** Sets the timer again, unless somebody has read more meanwhile. */
const tryLater = (
  { marks, timers, runInTransaction, clock }: ContactSignDeps,
  { scope, kind, subjectId, complete }: Firing,
  {
    failure,
    delayMs,
  }: { readonly failure: Parameters<ReadMarkRepository['noteFailure']>[2]; readonly delayMs: number },
): Promise<void> =>
  runInTransaction(async (session) => {
    if (!(await complete(session))) return;
    await marks.noteFailure(scope, subjectId, failure, session);
    const dueAt = new Date(clock.now().getTime() + delayMs);
    await timers.arm(scope, { kind, subjectId, dueAt }, session);
  });

interface Marking {
  readonly conversation: ConversationDoc;
  readonly message: MarkableMessage;
}

async function tryToMark(
  deps: ContactSignDeps,
  scope: ClientScope,
  { conversation, message }: Marking,
): Promise<ReadMarkAnswer | ({ readonly kind: 'obstacle' } & Obstacle)> {
  const read = await readAnswerFacts(deps, scope, conversation);
  if (read === null)
    return { kind: 'obstacle', code: 'channel', title: 'The channel or the contact is gone' };
  const obstacle = markObstacle(read.facts);
  if (obstacle !== null) return { kind: 'obstacle', ...obstacle };
  return callProvider(deps, read, { message, isTyping: false });
}

/** The facts of the gates for an answer in this conversation, read from the database; null if something was deleted. */
export async function readAnswerFacts(
  { facts, clock }: Pick<ContactSignDeps, 'facts' | 'clock'>,
  scope: ClientScope,
  { channelId, contactId }: ConversationDoc,
): Promise<ReadFacts | null> {
  const answer = { channelId, contactId, senderType: 'agent', messageType: 'text', content: {} } as const;
  const read = await facts.readFresh(scope, { ...answer, afterOptOut: true }, { now: clock.now() });
  return isMissing(read) ? null : read;
}

/** The call, right after its facts were read. */
export async function callProvider(
  { channels, gateway, logger }: Pick<ContactSignDeps, 'channels' | 'gateway' | 'logger'>,
  { channel }: ReadFacts,
  { message, isTyping }: { readonly message: MarkableMessage; readonly isTyping: boolean },
): Promise<ReadMarkAnswer> {
  const { providerMessageId } = message;
  const beginByMs = performance.now() + limits.beginWithinMs;
  const { timeoutMs } = limits;
  const mark = { providerMessageId, isTyping };
  try {
    return await gateway.markRead(channels.senderOf(channel), mark, { beginByMs, timeoutMs });
  } catch (error) {
    // The gateway answers with values, so this is the key.
    logger.error({ channelId: channel._id.toHexString(), error }, 'access token not decrypted: no read mark');
    return { kind: 'away', reason: 'the access token of the channel cannot be opened' };
  }
}

export const noteShown = (
  { marks, clock }: Pick<ContactSignDeps, 'marks' | 'clock'>,
  scope: ClientScope,
  { conversation, message: { _id: messageId, ...message } }: Marking,
): Promise<void> => marks.noteShown(scope, conversation._id, { ...message, messageId, at: clock.now() });

/** The latest message up to this number that the provider can mark; null if there is none, or for a group. */
export async function findMarkable(
  { messages, clock }: Pick<ContactSignDeps, 'messages' | 'clock'>,
  scope: ClientScope,
  { _id, group }: ConversationDoc,
  upTo: number,
): Promise<MarkableMessage | null> {
  if (group !== undefined) return null;
  const since = new Date(clock.now().getTime() - maxMarkedMs);
  return messages.findMarkable(scope, _id, { upTo, since });
}
