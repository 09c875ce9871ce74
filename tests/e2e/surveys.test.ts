import assert from 'node:assert/strict';
import type { ConversationView } from '../../src/inbox/conversations/schemas.ts';
import type { SurveyView } from '../../src/inbox/surveys/schemas.ts';
import { phoneEndingIn, signUp, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

const satisfactionSurvey = {
  question: 'How did we do?',
  buttonLabel: 'Choose',
  labels: ['Bad', 'Poor', 'Fair', 'Good', 'Great'],
  commentQuestion: 'What could we do better?',
  thanks: 'Thank you!',
};

describe('e2e › a satisfaction survey', function () {
  this.timeout(90_000);
  const stack = useStack('surveys');
  let user: CrmUser;

  before(async () => {
    user = await signUp(stack().apiUrl);
    const body = { satisfactionSurvey };
    const changed = await user.call('/api/inbox-settings', { method: 'PATCH', body });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
  });

  const write = (fields: object) =>
    stack().control<{ wamid: string }>('/inbound', {
      body: { phoneNumberId: user.phoneNumberId, ...fields },
    });

  const received = (wamid: string): Promise<MessageJson> =>
    waitFor(`the message ${wamid} is stored`, async () => {
      const page = await user.call<{ items: MessageJson[] }>('/api/messages?status=received');
      return page.body.items.find(({ providerMessageId }) => providerMessageId === wamid);
    });

  const conversation = async (id: string): Promise<ConversationView> =>
    (await user.call<ConversationView>(`/api/conversations/${id}`)).body;

  /** The only survey of the conversation, once it is as wanted. */
  const survey = (id: string, what: string, isReady: (one: SurveyView) => boolean): Promise<SurveyView> =>
    waitFor(what, async () => {
      const page = await user.call<{ items: SurveyView[] }>(`/api/surveys?conversationId=${id}`);
      const [found] = page.body.items;
      return found !== undefined && isReady(found) ? found : undefined;
    });

  /** A conversation in which the contact asked and was answered, closed by hand. */
  async function closedWith(from: string): Promise<string> {
    const asked = await received((await write({ from, type: 'text', text: 'A table?' })).body.wamid);
    const { conversationId } = asked;
    const body = { conversationId, content: { type: 'text', body: 'Yes, at eight.' } };
    const answer = await user.call<MessageJson>('/api/messages', { body });
    await user.waitForStatus(answer.body.id, ['sent', 'delivered', 'read']);
    await user.call(`/api/conversations/${conversationId}/read`, { body: {} });
    const path = `/api/conversations/${conversationId}`;
    const closed = await user.call(path, { method: 'PATCH', body: { status: 'closed' } });
    assert.equal(closed.status, 200, JSON.stringify(closed.body));
    return conversationId;
  }

  it('closed › asked, scored, commented and thanked, and the conversation stays closed', async () => {
    const from = phoneEndingIn('01');
    const conversationId = await closedWith(from);
    const { lastMessageAt, unreadCount } = await conversation(conversationId);

    const sent = await survey(conversationId, 'the question is sent', ({ state }) => state === 'sent');
    const question = await user.waitForStatus(sent.questionId ?? '', ['read']);
    assert.deepEqual([question.senderType, question.conversationId], ['system', conversationId]);
    const calls = await stack().ledgerOf(question.id);
    assert.equal(calls.length, 1);
    const wamid = calls[0]?.wamid;

    // The second row is the score 4.
    const tap = await stack().control<{ wamid: string }>('/tap', { body: { wamid, buttonIndex: 1 } });
    const scored = await survey(conversationId, 'the score is known', (one) => one.score !== null);
    assert.deepEqual([scored.score, scored.state], [4, 'answered']);
    const chosen = await received(tap.body.wamid);
    assert.deepEqual([chosen.id, chosen.conversationId], [scored.answerId, conversationId]);
    const after = await conversation(conversationId);
    assert.deepEqual(
      [after.status, after.unreadCount, after.lastMessageAt, after.survey?.score],
      ['closed', unreadCount, lastMessageAt, 4],
    );

    const more = await survey(
      conversationId,
      'a comment is asked for',
      (one) => one.commentQuestionId !== null,
    );
    await user.waitForStatus(more.commentQuestionId ?? '', ['read']);
    await write({ from, type: 'text', text: 'The music was loud.' });
    const commented = await survey(conversationId, 'the thanks are sent', (one) => one.thanksId !== null);
    assert.equal(commented.comment?.text, 'The music was loud.');
    await user.waitForStatus(commented.thanksId ?? '', ['read']);
    const end = await conversation(conversationId);
    assert.deepEqual([end.status, end.unreadCount], ['closed', unreadCount + 1]);
    const summary = await user.call('/api/surveys/summary');
    assert.deepEqual(summary.body, {
      ...{ sent: 1, answered: 1, share: 1, averageScore: 4 },
      scores: { 1: 0, 2: 0, 3: 0, 4: 1, 5: 0 },
    });
    const all = await user.call<{ items: unknown[] }>('/api/conversations');
    assert.equal(all.body.items.length, 1);
  });

  it('the same answer delivered again, then STOP › one score, no comment, an opt-out, no thanks', async () => {
    const from = phoneEndingIn('01');
    const id = await closedWith(from);
    const sent = await survey(id, 'the question is sent', ({ state }) => state === 'sent');
    const question = await user.waitForStatus(sent.questionId ?? '', ['read']);
    const [called] = await stack().ledgerOf(question.id);
    const tap = { wamid: called?.wamid, buttonIndex: 0 };
    const { body: tapped } = await stack().control<{ wamid: string; payload: string }>('/tap', { body: tap });
    const { wamid, payload } = tapped;
    const again = { from, type: 'list_reply', payload, text: 'Great', wamid };
    await Promise.all([write(again), write(again), write(again)]);
    const scored = await survey(id, 'a comment is asked for', (one) => one.commentQuestionId !== null);
    assert.equal(scored.score, 5);
    const stopped = await received((await write({ from, type: 'text', text: 'STOP' })).body.wamid);
    const consent = await waitFor('the contact has opted out', async () => {
      const path = `/api/contacts/${stopped.contactId}`;
      const contact = await user.call<{ consent: { optInStatus?: string } }>(path);
      return JSON.stringify(contact.body).includes('opted-out') ? contact.body : undefined;
    });
    assert.ok(consent);
    const end = await survey(id, 'the survey is there', () => true);
    assert.deepEqual([end.comment, end.thanksId, end.answerId], [null, null, scored.answerId]);
    const page = await user.call<{ items: MessageJson[] }>(`/api/messages?conversationId=${id}`);
    assert.equal(page.body.items.filter(({ content }) => content.type === 'reply').length, 1);
  });
});
