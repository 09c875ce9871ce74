import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ConversationRecord } from '../../src/inbox/conversations/model.ts';
import type { SurveyDoc } from '../../src/inbox/surveys/model.ts';
import { createInboundService } from '../../src/sending/messages/incoming/inbound.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { createTimerRepository } from '../../src/timers/repository.ts';
import { createTimerRunner } from '../../src/timers/runner.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { parseWebhookBody } from '../../src/whatsapp/events.ts';
import { newWamid } from './consent.ts';
import { phoneEndingIn } from './crm-client.ts';
import { signUpAdmin, useMessagingApi, type Member } from './messaging-api.ts';
import { useWorkerCore } from './worker-core.ts';

export const survey = {
  question: 'How did we do?',
  buttonLabel: 'Choose',
  labels: ['Bad', 'Poor', 'Fair', 'Good', 'Great'],
  commentQuestion: 'What could we do better?',
  thanks: 'Thank you!',
};

/** What a contact does. */
interface Act {
  readonly id?: string;
  readonly agoMs?: number;
  readonly text?: string;
  /** The id of the row that is chosen. */
  readonly rowId?: string;
  /** The provider's id of the message that is quoted. */
  readonly quotes?: string;
}

interface Row {
  readonly id: string;
  readonly title: string;
}

/** A business that asks, with the worker's part run by hand. */
export function useSurveyStage(name: string) {
  const api = useMessagingApi(name);
  const core = useWorkerCore(api);
  let admin: Member | undefined;

  const business = (): Member => admin ?? assert.fail('no business yet');
  const collection = <Doc extends object>(of: string) => api().collection<Doc & { _id: Types.ObjectId }>(of);

  /** Another business from now on. */
  async function begin(satisfactionSurvey: object | null = survey): Promise<Member> {
    admin = await signUpAdmin(api());
    await settle({ satisfactionSurvey });
    return admin;
  }
  async function settle(settings: object): Promise<void> {
    const answer = await business().patch('/api/inbox-settings', settings);
    assert.equal(answer.status, 200, answer.text);
  }

  /** The contact writes, or chooses; a worker of its own takes it. Returns the stored message. */
  async function hear(phone: string, act: Act = {}): Promise<MessageDoc> {
    // Not in the second of a closing before, which the provider's times do not tell from it.
    const { id = newWamid(), agoMs = -1_000, text = 'Hello', rowId, quotes } = act;
    const timestamp = String(Math.floor((Date.now() - agoMs) / 1_000));
    const reply = { type: 'list_reply', list_reply: { id: rowId, title: 'A score' } };
    const content =
      rowId === undefined
        ? { type: 'text', text: { body: text } }
        : { type: 'interactive', interactive: reply };
    const context = quotes === undefined ? {} : { context: { from: '15550001001', id: quotes } };
    const message = { id, from: phone.slice(1), timestamp, ...content, ...context };
    const [item] = parseWebhookBody(JSON.stringify({ messages: [message] }));
    assert.ok(item?.kind === 'message');
    const { items } = (await business().get('/api/channels')).body as { items: { id: string }[] };
    const scope = scopeOf(business().clientId);
    await createInboundService(core()).receive(scope, new Types.ObjectId(items[0]?.id), item);
    const stored = await collection<MessageDoc>('messages').findOne({ ...scope, providerMessageId: id });
    return stored ?? assert.fail('the message is not stored');
  }

  /** A person of the business answers, and the answer is delivered unless another status is given. */
  async function answer(conversationId: Types.ObjectId, status = 'delivered'): Promise<void> {
    const content = { type: 'text', body: 'Here you are.' };
    const sent = await business().post('/api/messages', {
      conversationId: conversationId.toHexString(),
      content,
    });
    assert.equal(sent.status, 201, sent.text);
    const _id = new Types.ObjectId(String(sent.body['id']));
    await collection('messages').updateOne({ _id }, { $set: { status } });
  }

  const setStatus = (id: Types.ObjectId, status: string) =>
    business().patch(`/api/conversations/${id.toHexString()}`, { status });
  async function close(id: Types.ObjectId): Promise<void> {
    const closed = await setStatus(id, 'closed');
    assert.equal(closed.status, 200, closed.text);
  }

  /** A worker that fires what is due within the next seconds. */
  function fireOnce(aheadMs = 4_000): Promise<number> {
    const { mongo, areas, messages } = core();
    const { surveys, timerHandlers } = areas.inbox;
    const { prepareSurveySend: prepareSend } = areas.sending;
    const { findEpisode } = messages;
    const handlers = { ...timerHandlers, ...surveys.timerHandlers({ findEpisode, prepareSend }) };
    const clock = { now: () => new Date(Date.now() + aheadMs) };
    const timers = createTimerRepository(mongo);
    return createTimerRunner({ timers, handlers, clock, logger: api().log.logger }).fireDue();
  }
  async function fire(aheadMs?: number): Promise<void> {
    while ((await fireOnce(aheadMs)) > 0);
  }

  /** A conversation in which the contact asked and got an answer; closed, unless that is left out. */
  async function talk(phone = phoneEndingIn('01')): Promise<{ id: Types.ObjectId; phone: string }> {
    const { conversationId: id } = await hear(phone);
    await answer(id);
    return { id, phone };
  }

  const messagesOf = (conversationId: Types.ObjectId, part: string): Promise<MessageDoc[]> =>
    collection<MessageDoc>('messages')
      .find({ conversationId, 'survey.part': part })
      .sort({ timestamp: 1, _id: 1 })
      .toArray();
  const surveysOf = (conversationId: Types.ObjectId): Promise<SurveyDoc[]> =>
    collection<SurveyDoc>('surveys').find({ conversationId }).sort({ cycle: 1 }).toArray();

  /** The provider took the message: it has an id there. */
  async function taken({ _id }: MessageDoc): Promise<string> {
    const providerMessageId = newWamid();
    await collection('messages').updateOne({ _id }, { $set: { status: 'sent', providerMessageId } });
    return providerMessageId;
  }

  const rowsOf = ({ content }: MessageDoc): readonly Row[] => {
    const { interactive } = content.payload as unknown as {
      interactive: { action: { sections: { rows: Row[] }[] } };
    };
    return interactive.action.sections[0]?.rows ?? [];
  };
  /** The id of the row of this score in the latest question. */
  async function rowOf(id: Types.ObjectId, score: number): Promise<string> {
    const question = (await messagesOf(id, 'question')).at(-1) ?? assert.fail('no question');
    return rowsOf(question).find((row) => row.id.endsWith(`:${score}`))?.id ?? assert.fail('no row');
  }

  /** A conversation that is closed, and whose question was sent. */
  async function asked(): Promise<{ id: Types.ObjectId; phone: string }> {
    const begun = await talk();
    await close(begun.id);
    await fire();
    const [question] = await messagesOf(begun.id, 'question');
    await taken(question ?? assert.fail('no question'));
    return begun;
  }

  const conversation = async (_id: Types.ObjectId): Promise<ConversationRecord> =>
    (await collection<ConversationRecord>('conversations').findOne({ _id })) ?? assert.fail('it is gone');

  const shown = async (path: string) => (await business().get(path)).body;
  const counts = () => shown('/api/conversations/counts');

  return {
    ...{ api, core, business, begin, settle, hear, answer, setStatus, close, fire, fireOnce, talk, asked },
    ...{ messagesOf, surveysOf, taken, rowsOf, rowOf, conversation, collection, shown, counts },
  };
}
