import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Cursor } from '../../platform/pagination.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { surveyModel, type AskedQuestion, type SurveyDoc } from './model.ts';
import { lostStatuses } from './rules.ts';

export type { SurveyDoc } from './model.ts';

export interface SurveyFilter {
  readonly conversationId?: Types.ObjectId;
  readonly agentId?: Types.ObjectId;
  readonly contactId?: Types.ObjectId;
  readonly score?: number;
  readonly isAnswered?: boolean;
  readonly since?: Date;
  readonly until?: Date;
}

/** Which conversation and contact an answer must come from. */
export interface AnswerKey extends Pick<SurveyDoc, 'contactId' | 'channelId' | 'secret'> {
  readonly _id: Types.ObjectId;
}

/** The surveys of a time that were asked, by their scores; null without one. */
export interface ScoreCount {
  readonly score: number | null;
  readonly count: number;
}

export type SurveyRepository = ReturnType<typeof createSurveyRepository>;

export function createSurveyRepository(connection: Connection) {
  const surveys = openTenantCollection(surveyModel, connection);
  return {
    ...createSurveyWrites(surveys),
    ...createSurveyLists(surveys),

    findById: (scope: ClientScope, _id: Types.ObjectId, session?: ClientSession): Promise<SurveyDoc | null> =>
      surveys.findOne(scope, { _id }, { session }),

    /** The survey that an answer is for; null if it was not asked, or if the answer is somebody else's. */
    findForAnswer: (scope: ClientScope, key: AnswerKey, session: ClientSession): Promise<SurveyDoc | null> =>
      surveys.findOne(scope, { ...key, step: 'asked' }, { session }),

    /** The survey whose question for a comment is this message. */
    findByCommentQuestion: (
      scope: ClientScope,
      commentQuestionId: Types.ObjectId,
      session: ClientSession,
    ): Promise<SurveyDoc | null> => surveys.findOne(scope, { commentQuestionId }, { session }),

    /** The survey of the contact that waits for a comment at `at`. */
    findAwaitingComment: (
      scope: ClientScope,
      key: Pick<SurveyDoc, 'contactId' | 'channelId'>,
      at: Date,
      session: ClientSession,
    ): Promise<SurveyDoc | null> =>
      surveys.findOne(scope, { ...key, commentUntil: { $gte: at } }, { sort: { commentUntil: -1 }, session }),
  };
}

const createSurveyWrites = (surveys: TenantCollection<SurveyDoc>) => ({
  /** False if the episode has one. Another transaction that inserts it is a duplicate key, which repeats none. */
  async insert(scope: ClientScope, fresh: SurveyDoc, session: ClientSession): Promise<boolean> {
    const { conversationId, cycle } = fresh;
    if ((await surveys.findOne(scope, { conversationId, cycle }, { session })) !== null) return false;
    await surveys.insertOne(scope, fresh, { session });
    return true;
  },

  /** Replaces `current`, which was read in the same transaction. */
  async replace(
    scope: ClientScope,
    current: SurveyDoc,
    next: Omit<SurveyDoc, 'version'>,
    session: ClientSession,
  ): Promise<SurveyDoc> {
    const after = { ...next, version: current.version + 1 };
    // Another change since the reading is a write conflict, which repeats the transaction.
    if (!(await surveys.replaceVersioned(scope, current, after, session)))
      throw new Error('A survey changed inside a transaction.');
    return after;
  },

  /** Notes what became of the question, unless something newer is known. */
  async noteQuestion(scope: ClientScope, _id: Types.ObjectId, question: AskedQuestion): Promise<void> {
    const { timestamp, revision } = question;
    await surveys.updateOne(
      scope,
      {
        ...{ _id, step: 'asked' },
        $or: [
          { 'question.timestamp': { $lt: timestamp } },
          { 'question.timestamp': timestamp, 'question.revision': { $lt: revision } },
        ],
      },
      { $set: { question }, $inc: { version: 1 } },
    );
  },

  /** The contact has deleted the message with the comment. */
  async forgetComment(scope: ClientScope, _id: Types.ObjectId, messageId: Types.ObjectId): Promise<void> {
    await surveys.updateOne(
      scope,
      { _id, 'comment.messageId': messageId, 'comment.text': { $ne: '' } },
      { $set: { 'comment.text': '' }, $inc: { version: 1 } },
    );
  },
});

const createSurveyLists = (surveys: TenantCollection<SurveyDoc>) => ({
  /** Latest closing first. Throws `search-too-broad`. */
  list: (
    scope: ClientScope,
    filter: SurveyFilter,
    { limit, after }: { readonly limit: number; readonly after: Cursor<Date> | null },
  ): Promise<SurveyDoc[]> =>
    surveys.search(
      scope,
      {
        ...toQuery(filter, after),
        ...(after === null ? {} : { $or: [{ closedAt: { $lt: after.key } }, { _id: { $lt: after.id } }] }),
      },
      { sort: { closedAt: -1, _id: -1 }, limit },
    ),

  /** Of these episodes. */
  findOfEpisodes: (
    scope: ClientScope,
    episodes: readonly Pick<SurveyDoc, 'conversationId' | 'cycle'>[],
  ): Promise<SurveyDoc[]> =>
    episodes.length === 0
      ? Promise.resolve([])
      : surveys.find(scope, { $or: episodes.map((one) => ({ ...one })) }),

  /** Counts those whose question was sent and not lost; an answered one was not lost, whatever is reported. */
  countByScore: (
    scope: ClientScope,
    filter: Pick<SurveyFilter, 'agentId' | 'since' | 'until'>,
  ): Promise<ScoreCount[]> =>
    surveys.searchStages<ScoreCount>(scope, toQuery(filter), [
      {
        $match: {
          step: 'asked',
          $or: [{ score: { $exists: true } }, { 'question.status': { $nin: [...lostStatuses] } }],
        },
      },
      { $group: { _id: '$score', count: { $sum: 1 } } },
      { $project: { _id: 0, score: { $ifNull: ['$_id', null] }, count: 1 } },
    ]),
});

/** The times of the filter, and of what comes after the cursor: the bound outside the $or lets one index serve both. */
function toQuery(
  { since, until, isAnswered, score, ...equal }: SurveyFilter,
  after: Cursor<Date> | null = null,
): ScopedFilter<SurveyDoc> {
  const closedAt = {
    ...(since === undefined ? {} : { $gte: since }),
    ...(until === undefined ? {} : { $lt: until }),
    ...(after === null ? {} : { $lte: after.key }),
  };
  return {
    ...equal,
    ...(isAnswered === undefined ? {} : { score: { $exists: isAnswered } }),
    ...(score === undefined ? {} : { score }),
    ...(Object.keys(closedAt).length === 0 ? {} : { closedAt }),
  };
}
