import type { ClientSession } from 'mongoose';
import type { EventRecorder } from '../../events/recorder.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { Firing, TimerHandler, TimerHandlers, Timers } from '../../timers/timers.ts';
import type { AsideConversations } from '../conversations/aside.ts';
import type { ConversationDoc } from '../conversations/threads.ts';
import type { InboxSettingsReader } from '../settings/reader.ts';
import { commentTimer, thanksTimer } from './answering.ts';
import { askTimer } from './closings.ts';
import { listOf } from './contents.ts';
import { surveyEventOf } from './events.ts';
import type { SurveyDoc, SurveyRepository } from './repository.ts';
import { nextStep, type AskStep } from './rules.ts';
import type {
  FindEpisode,
  PreparedSurveySend,
  PrepareSurveySend,
  StoredSurveySend,
  SurveyContent,
  SurveyMark,
} from './sends.ts';

export interface AskingDeps {
  readonly surveys: SurveyRepository;
  readonly conversations: Pick<AsideConversations, 'findById' | 'takeInAside'>;
  readonly readSettings: InboxSettingsReader;
  readonly findEpisode: FindEpisode;
  readonly prepareSend: PrepareSurveySend;
  readonly timers: Pick<Timers, 'arm'>;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

/** Sends what surveys say: the question after a closing, the question for a comment, the thanks. */
export function createAskingHandlers(deps: AskingDeps): TimerHandlers {
  const { surveys, conversations, readSettings } = deps;
  const ask = createAsk(deps);
  const send = createSendPart(deps);

  const askWhenDue: TimerHandler = async (firing) => {
    const { scope, subjectId } = firing;
    const survey = await surveys.findById(scope, subjectId);
    if (survey?.step !== 'waiting') return;
    await ask(firing, survey);
  };

  const sayWhenDue =
    (part: 'comment-question' | 'thanks'): TimerHandler =>
    async (firing) => {
      const { scope, subjectId } = firing;
      const survey = await surveys.findById(scope, subjectId);
      const { satisfactionSurvey } = await readSettings(scope);
      if (survey === null || satisfactionSurvey === undefined || isSaid(survey, part)) return;
      const { commentQuestion, thanks } = satisfactionSurvey;
      const body = part === 'thanks' ? thanks : commentQuestion;
      const conversation = await conversations.findById(scope, survey.conversationId);
      if (body === null || conversation === null || !isClosedEpisode(conversation, survey)) return;
      await send(firing, { survey, conversation, part, content: { type: 'text', body } });
    };

  return {
    [askTimer]: askWhenDue,
    [commentTimer]: sayWhenDue('comment-question'),
    [thanksTimer]: sayWhenDue('thanks'),
  };
}

const isSaid = (
  { comment, commentQuestionId, thanksId }: SurveyDoc,
  part: 'comment-question' | 'thanks',
): boolean =>
  part === 'thanks' ? thanksId !== undefined : commentQuestionId !== undefined || comment !== undefined;

const isClosedEpisode = (
  { status, reopenings = 0 }: Pick<ConversationDoc, 'status' | 'reopenings'>,
  { cycle }: SurveyDoc,
): boolean => status === 'closed' && reopenings === cycle;

/** The question itself: sent, put off, or given up with a reason that stays. */
const createAsk = (deps: AskingDeps) => {
  const { conversations, readSettings, findEpisode, timers, clock, runInTransaction } = deps;
  const send = createSendPart(deps);
  const giveUp = createGiveUp(deps);

  async function stepOf(scope: ClientScope, survey: SurveyDoc, conversation: ConversationDoc | null) {
    const { conversationId, contactId, closedAt, since = null } = survey;
    const { satisfactionSurvey } = await readSettings(scope);
    const step = nextStep(
      {
        closedAt,
        isStillClosed: conversation !== null && isClosedEpisode(conversation, survey),
        isOn: satisfactionSurvey !== undefined,
        episode: await findEpisode(scope, { conversationId, contactId, since }),
      },
      clock.now(),
    );
    return { step, satisfactionSurvey };
  }

  const putOff = ({ scope, subjectId, complete }: Firing, { at: dueAt }: AskStep & { kind: 'later' }) =>
    runInTransaction(async (session) => {
      if (await complete(session)) await timers.arm(scope, { kind: askTimer, subjectId, dueAt }, session);
    });

  return async (firing: Firing, survey: SurveyDoc): Promise<void> => {
    const { scope } = firing;
    const conversation = await conversations.findById(scope, survey.conversationId);
    const { step, satisfactionSurvey } = await stepOf(scope, survey, conversation);
    if (step.kind === 'later') return putOff(firing, step);
    if (step.kind === 'skip') return giveUp(firing, survey, { step: 'skipped', reason: step.reason });
    if (conversation === null || satisfactionSurvey === undefined) return;
    const content = listOf(survey, satisfactionSurvey);
    await send(firing, { survey, conversation, part: 'question', content });
  };
};

type GivenUp = Pick<SurveyDoc, 'step'> & { readonly reason: string };

const createGiveUp =
  ({ surveys, runInTransaction }: Pick<AskingDeps, 'surveys' | 'runInTransaction'>) =>
  ({ scope, complete }: Firing, { _id }: SurveyDoc, given: GivenUp): Promise<void> =>
    runInTransaction(async (session) => {
      if (!(await complete(session))) return;
      await giveUpWithin(surveys, scope, { _id, given }, session);
    });

async function giveUpWithin(
  surveys: SurveyRepository,
  scope: ClientScope,
  { _id, given }: { readonly _id: SurveyDoc['_id']; readonly given: GivenUp },
  session: ClientSession,
): Promise<void> {
  const current = await surveys.findById(scope, _id, session);
  if (current?.step === 'waiting') await surveys.replace(scope, current, { ...current, ...given }, session);
}

interface Sending {
  readonly survey: SurveyDoc;
  readonly conversation: ConversationDoc;
  readonly part: SurveyMark['part'];
  readonly content: SurveyContent;
}

/**
 * Sends one message of a survey once: the timer, the thread, the message and the survey change together, and only while the
 * conversation is closed. A gate that refuses the message ends it.
 */
const createSendPart = (deps: AskingDeps) => {
  const { surveys, conversations, prepareSend, events, runInTransaction } = deps;
  const giveUp = createGiveUp(deps);

  async function storeWithin(
    { scope }: Firing,
    { survey: { _id }, part }: Sending,
    { prepared, session }: { readonly prepared: PreparedSurveySend; readonly session: ClientSession },
  ): Promise<boolean> {
    const current = await surveys.findById(scope, _id, session);
    const conversation =
      current === null ? null : await conversations.findById(scope, current.conversationId, session);
    if (current === null || conversation === null) return false;
    if (!isClosedEpisode(conversation, current)) {
      const given = { step: 'skipped', reason: 'reopened' } as const;
      await giveUpWithin(surveys, scope, { _id, given }, session);
      return false;
    }
    const thread = await conversations.takeInAside(scope, conversation._id, session);
    if (thread === null) return false;
    const stored = await prepared.store(thread, session);
    const next = await surveys.replace(scope, current, withPart(current, part, stored), session);
    if (part === 'question') await events.record(scope, session, surveyEventOf('survey.sent', next));
    return true;
  }

  return async (firing: Firing, sending: Sending): Promise<void> => {
    const { conversation, content, survey, part } = sending;
    const prepared = await unlessRefused(() =>
      prepareSend(firing.scope, { conversation, content, survey: { id: survey._id, part } }),
    );
    if (prepared instanceof AppError) {
      const given = { step: 'refused', reason: prepared.code } as const;
      return giveUp(firing, survey, given);
    }
    const isStored = await runInTransaction(
      async (session) =>
        (await firing.complete(session)) && (await storeWithin(firing, sending, { prepared, session })),
    );
    if (isStored) await prepared.start();
  };
};

const withPart = (survey: SurveyDoc, part: SurveyMark['part'], stored: StoredSurveySend): SurveyDoc => {
  const { messageId, status, timestamp } = stored;
  if (part === 'thanks') return { ...survey, thanksId: messageId };
  if (part === 'comment-question') return { ...survey, commentQuestionId: messageId };
  return { ...survey, step: 'asked', question: { messageId, status, timestamp, revision: 0 } };
};

/** The refusal as a value: nothing of a survey is tried again by people. */
async function unlessRefused<Result>(work: () => Promise<Result>): Promise<Result | AppError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.isRefusal) return error;
    throw error;
  }
}
