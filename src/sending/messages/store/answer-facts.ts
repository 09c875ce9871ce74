import { Types, type ClientSession } from 'mongoose';
import type { AnswerReport } from '../../../inbox/sla/answer-log.ts';
import { answerStates, mergeAnswers, type AnswerFact } from '../../../inbox/sla/clocks/answers.ts';
import type { AskRange } from '../../../inbox/waiting/facts.ts';
import type { AnswerChange } from '../../../inbox/waiting/open-asks.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../../platform/tenant-queries.ts';
import { reportOfStored } from '../answers.ts';
import type { MessageStatus } from '../lifecycle.ts';
import { writtenTimeOf } from '../rules.ts';
import type { MessageDoc } from './model.ts';

type Noted = Pick<MessageDoc, '_id' | 'answer'>;
type Asked = Pick<MessageDoc, '_id' | 'timestamp' | 'writtenAt'>;

const secondMs = 1_000;
/** How far the provider's clock may be ahead of ours: the place of a message in the thread is then before its time. */
const maxSkewMs = 60_000;
/** Messages of one moment, among which the first is looked for. */
const maxAsks = 50;
/** An answer of an earlier version that fails after the upgrade is one of the latest. */
const maxEarlierAnswers = 20;

/** The index of a conversation's messages. */
const inTime = { clientId: 1, conversationId: 1, timestamp: -1, _id: -1 } as const;

const left = { $in: ['sent', 'delivered', 'read'] as MessageStatus[] };
const failed = answerStates.indexOf('failed');

/** As `awaitsAnswer` of what arrives. Of earlier versions, an opt-out is one too. */
const asks: ScopedFilter<MessageDoc> = {
  ...{ direction: 'inbound', senderType: 'contact', messageType: { $nin: ['reaction', 'call'] } },
  ...{ asksNothing: { $ne: true }, isImported: { $ne: true }, awaitsOriginal: { $ne: true } },
  groupId: { $exists: false },
};

const earlierAnswers: ScopedFilter<MessageDoc> = {
  ...{ direction: 'outbound', senderType: { $in: ['agent', 'phone'] } },
  ...{ messageType: { $nin: ['reaction', 'call'] }, status: left, answer: { $exists: false } },
};

/** What is known of answers, and who waits for one. */
export const createAnswerFacts = (messages: TenantCollection<MessageDoc>) => {
  const note = createNote(messages);
  return {
    ...createAskQueries(messages),

    noteAnswer: (
      scope: ClientScope,
      { messageId, state, at }: AnswerReport,
      session: ClientSession,
    ): Promise<AnswerChange | null> =>
      note(scope, messageId, { state, at: state === 'failed' ? null : at }, session),

    /** Reads the entries of an index from the latest one; only failed answers are passed over. */
    async findLastAnswer(
      scope: ClientScope,
      conversationId: Types.ObjectId,
      session: ClientSession,
    ): Promise<Date | null> {
      const found = await messages.findOne<Noted>(
        scope,
        { conversationId, 'answer.at': { $exists: true }, 'answer.rank': { $ne: failed } },
        { projection: { answer: 1 }, sort: { 'answer.at': -1 }, hint: 'answers', session },
      );
      return found?.answer?.at ?? null;
    },

    async noteEarlierAnswers(scope: ClientScope, conversationId: Types.ObjectId): Promise<void> {
      const found = await messages.find(
        scope,
        { conversationId, ...earlierAnswers },
        { sort: { timestamp: -1, _id: -1 }, limit: maxEarlierAnswers },
      );
      for (const message of found) {
        const report = reportOfStored(message);
        if (report !== null) await note(scope, message._id, report);
      }
    },
  };
};

/** The update commutes; what it changed is told by the state before it. */
const createNote =
  (messages: TenantCollection<MessageDoc>) =>
  async (
    scope: ClientScope,
    _id: Types.ObjectId,
    { state, at }: AnswerFact,
    session?: ClientSession,
  ): Promise<AnswerChange | null> => {
    const said = { state, at };
    const earlier = await messages.findOneAndUpdate(
      scope,
      { _id },
      {
        $max: { 'answer.rank': answerStates.indexOf(state) },
        ...(at === null ? {} : { $min: { 'answer.at': at } }),
      },
      { projection: { answer: 1 }, returnDocument: 'before', session },
    );
    if (earlier === null) return null;
    const before = earlier.answer === undefined ? null : factOf(earlier.answer);
    const after = before === null ? said : mergeAnswers(before, said);
    return after === before ? null : { before, after };
  };

const factOf = ({ rank, at }: NonNullable<MessageDoc['answer']>): AnswerFact => ({
  state: answerStates[rank] ?? 'sent',
  at: at ?? null,
});

const createAskQueries = (messages: TenantCollection<MessageDoc>) => ({
  async findFirstAsk(
    scope: ClientScope,
    { conversationId, answeredAt, settledArrivals }: AskRange,
    session: ClientSession,
  ): Promise<Date | null> {
    const found = await messages.find<Asked>(
      scope,
      {
        ...{ conversationId, ...asks },
        ...(settledArrivals === undefined ? {} : { arrival: { $gt: settledArrivals } }),
        ...(answeredAt === null ? {} : writtenAfter(new Date(answeredAt.getTime() - secondMs))),
      },
      {
        projection: { timestamp: 1, writtenAt: 1 },
        ...{ sort: { timestamp: 1, _id: 1 }, limit: maxAsks, hint: inTime, session },
      },
    );
    const times = found.map((message) => writtenTimeOf(message).getTime());
    return times.length === 0 ? null : new Date(Math.min(...times));
  },

  async findLastArrivalUntil(
    scope: ClientScope,
    conversationId: Types.ObjectId,
    until: Date,
  ): Promise<number> {
    const stored = Types.ObjectId.createFromTime(Math.floor(until.getTime() / secondMs) + 1);
    const found = await messages.findOne<Pick<MessageDoc, 'arrival'>>(
      scope,
      { conversationId, arrival: { $exists: true }, _id: { $lt: stored } },
      { projection: { arrival: 1 }, sort: { arrival: -1 } },
    );
    return found?.arrival ?? 0;
  },
});

/** The time of a message is its `writtenAt`, or else its `timestamp`; the first bound serves the index. */
const writtenAfter = (time: Date): ScopedFilter<MessageDoc> => ({
  timestamp: { $gt: new Date(time.getTime() - maxSkewMs) },
  $or: [{ writtenAt: { $gt: time } }, { writtenAt: { $exists: false }, timestamp: { $gt: time } }],
});
