import { Types, type ClientSession } from 'mongoose';
import type { EventRecorder } from '../../events/recorder.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Timers } from '../../timers/timers.ts';
import { placeOfArrival, placeOfOwn, type MessageOrder } from '../conversations/order.ts';
import type { ArrivalTouch, AsideConversations } from '../conversations/aside.ts';
import { windowAfter } from '../conversations/rules.ts';
import type { ConversationDoc } from '../conversations/threads.ts';
import type { InboxSettingsReader } from '../settings/reader.ts';
import { surveyEventOf } from './events.ts';
import type { SurveyMark } from './model.ts';
import type { SurveyDoc, SurveyRepository } from './repository.ts';
import {
  boundedComment,
  commentUntil,
  countedChoice,
  judgeText,
  readAnswerId,
  withChoice,
  type CommentVerdict,
} from './rules.ts';

/** The kinds of the timers that ask for a comment, and say thanks. */
export const commentTimer = 'survey.ask-comment';
export const thanksTimer = 'survey.thank';

/** A new message that the contact wrote. */
export interface Heard {
  readonly channelId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
  /** By the provider's clock. */
  readonly at: Date;
  /** The keys of the identities that wrote it. */
  readonly from: readonly string[];
  readonly providerMessageId: string;
  /** Of the row that was chosen in a list. */
  readonly rowId: string | null;
  /** Null for anything but a text. */
  readonly text: string | null;
  /** The stored message that it quotes. */
  readonly repliesTo: Types.ObjectId | null;
  /** It says stop or start. */
  readonly isKeyword: boolean;
}

/** What a message is for a survey. */
export interface SurveyAnswer {
  /** The conversation that has taken it in; null if the message has its place like any other. */
  readonly place: { readonly thread: ConversationDoc; readonly order: MessageOrder } | null;
  readonly survey: SurveyMark;
  /** Notes the answer once the message is stored, in the same transaction. */
  note(messageId: Types.ObjectId): Promise<void>;
}

export interface AnsweringDeps {
  readonly surveys: SurveyRepository;
  readonly conversations: AsideConversations;
  readonly readSettings: InboxSettingsReader;
  readonly timers: Pick<Timers, 'arm'>;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
}

/**
 * What a contact's message means for a survey, read in the transaction that stores it; null for a message like any other.
 * A score is no message that anybody waits for: its conversation stays closed and read. A comment is unread.
 */
export type ReadSurveyAnswer = (
  scope: ClientScope,
  heard: Heard,
  session: ClientSession,
) => Promise<SurveyAnswer | null>;

export function createReadSurveyAnswer(deps: AnsweringDeps): ReadSurveyAnswer {
  const readScore = createReadScore(deps);
  const readComment = createReadComment(deps);
  return async (scope, heard, session) =>
    (await readScore(scope, heard, session)) ?? (await readComment(scope, heard, session));
}

const touchOf = ({ at, from }: Heard): ArrivalTouch => ({
  at,
  windowExpiresAt: windowAfter(at),
  windowFrom: { at, keys: from },
  awaitsAnswer: false,
});

const createReadScore =
  (deps: AnsweringDeps): ReadSurveyAnswer =>
  async (scope, heard, session) => {
    const answer = heard.rowId === null ? null : readAnswerId(heard.rowId);
    if (answer === null) return null;
    const { contactId, channelId } = heard;
    const { score, secret } = answer;
    const _id = Types.ObjectId.createFromHexString(answer.surveyId);
    const survey = await deps.surveys.findForAnswer(scope, { _id, secret, contactId, channelId }, session);
    if (survey === null) return null;
    const { conversationId } = survey;
    const thread = await deps.conversations.takeInAside(scope, conversationId, session, touchOf(heard));
    if (thread === null) return null;
    return {
      place: { thread, order: placeOfOwn(thread) },
      survey: { id: _id, part: 'score' },
      async note(messageId) {
        const { at, providerMessageId: key } = heard;
        await noteChoice(deps, scope, { survey, choice: { score, at, key, messageId } }, session);
      },
    };
  };

/** The first choice also brings the next question, or the thanks. */
async function noteChoice(
  deps: AnsweringDeps,
  scope: ClientScope,
  { survey, choice }: { readonly survey: SurveyDoc; readonly choice: Parameters<typeof withChoice>[1] },
  session: ClientSession,
): Promise<void> {
  const { surveys, readSettings, timers, events, clock } = deps;
  const choices = withChoice(survey.choices ?? [], choice);
  const counted = countedChoice(choices) ?? choice;
  const { satisfactionSurvey } = await readSettings(scope, session);
  const isFirst = survey.score === undefined;
  const asksComment = isFirst
    ? (satisfactionSurvey?.commentQuestion ?? null) !== null
    : survey.commentUntil !== undefined;
  const next = await surveys.replace(
    scope,
    survey,
    {
      ...survey,
      choices,
      ...{ score: counted.score, answeredAt: counted.at, answerId: counted.messageId },
      ...(asksComment ? { commentUntil: commentUntil(counted) } : {}),
    },
    session,
  );
  const isNews = survey.score !== next.score;
  if (isNews) await events.record(scope, session, surveyEventOf('survey.answered', next));
  if (!isFirst || satisfactionSurvey === undefined) return;
  const kind = asksComment ? commentTimer : thanksTimer;
  if (kind === thanksTimer && satisfactionSurvey.thanks === null) return;
  await timers.arm(scope, { kind, subjectId: survey._id, dueAt: clock.now() }, session);
}

interface Commented {
  readonly survey: SurveyDoc;
  readonly verdict: Exclude<CommentVerdict, 'none'>;
}

const createReadComment = (deps: AnsweringDeps): ReadSurveyAnswer => {
  const judge = createJudge(deps);
  return async (scope, heard, session) => {
    const { text } = heard;
    if (text === null || heard.isKeyword) return null;
    const commented = await judge(scope, heard, session);
    if (commented === null) return null;
    const { survey, verdict } = commented;
    const thread =
      verdict === 'beside'
        ? null
        : await deps.conversations.receiveAside(scope, survey.conversationId, touchOf(heard), session);
    // It was read as closed in this transaction, so anything else is a write conflict.
    if (verdict === 'aside' && thread === null) return null;
    return {
      place: thread === null ? null : { thread, order: placeOfArrival(thread) },
      survey: { id: survey._id, part: 'comment' },
      note: (messageId) => noteComment(deps, scope, { survey, text, at: heard.at, messageId }, session),
    };
  };
};

/** Finds the survey that a text comments on. */
const createJudge =
  ({ surveys, conversations }: AnsweringDeps) =>
  async (scope: ClientScope, heard: Heard, session: ClientSession): Promise<Commented | null> => {
    const { repliesTo, contactId, channelId, at, isKeyword } = heard;
    const quoted = repliesTo === null ? null : await surveys.findByCommentQuestion(scope, repliesTo, session);
    const isOwn = quoted !== null && quoted.contactId.equals(contactId) && quoted.channelId.equals(channelId);
    const survey = isOwn
      ? quoted
      : await surveys.findAwaitingComment(scope, { contactId, channelId }, at, session);
    if (survey === null) return null;
    const [conversation, live] = [
      await conversations.findById(scope, survey.conversationId, session),
      await conversations.findLive(scope, { channelId, contactId }, session),
    ];
    const verdict = judgeText(
      { at, quotes: isOwn, isKeyword },
      {
        hasComment: survey.comment !== undefined,
        answeredAt: survey.answeredAt ?? null,
        commentUntil: survey.commentUntil ?? null,
        isClosed: conversation?.status === 'closed',
        hasLive: live !== null,
      },
    );
    return verdict === 'none' ? null : { survey, verdict };
  };

async function noteComment(
  { surveys, readSettings, timers, events, clock }: AnsweringDeps,
  scope: ClientScope,
  {
    survey,
    text,
    ...given
  }: { readonly survey: SurveyDoc; readonly text: string } & {
    readonly at: Date;
    readonly messageId: Types.ObjectId;
  },
  session: ClientSession,
): Promise<void> {
  const { commentUntil: _over, ...rest } = survey;
  const comment = { text: boundedComment(text), ...given };
  const next = await surveys.replace(scope, survey, { ...rest, comment }, session);
  await events.record(scope, session, surveyEventOf('survey.commented', next));
  const { satisfactionSurvey } = await readSettings(scope, session);
  if ((satisfactionSurvey?.thanks ?? null) === null) return;
  await timers.arm(scope, { kind: thanksTimer, subjectId: survey._id, dueAt: clock.now() }, session);
}
