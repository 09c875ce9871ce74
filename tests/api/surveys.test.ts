import assert from 'node:assert/strict';
import type { Types } from 'mongoose';
import { phoneEndingIn } from '../support/crm-client.ts';
import { addMember, codeOf } from '../support/messaging-api.ts';
import { survey, useSurveyStage } from '../support/survey-stage.ts';

describe('satisfaction surveys › asking', function () {
  this.timeout(60_000);
  const stage = useSurveyStage('surveys');
  const { begin, settle, hear, answer, close, fire, talk, messagesOf, surveysOf } = stage;

  beforeEach(() => begin());

  const outcome = async (id: Types.ObjectId) => {
    const found = await surveysOf(id);
    return found.map(({ step, reason = null }) => [step, reason].filter((part) => part !== null).join(' '));
  };

  describe('the setting', () => {
    it('off by default, and in settings of earlier versions', async () => {
      await begin(null);
      const { satisfactionSurvey } = await stage.shown('/api/inbox-settings');
      assert.equal(satisfactionSurvey, null);
      const { id } = await talk();
      await close(id);
      await fire();
      assert.deepEqual(await surveysOf(id), []);
    });
    it('changed by an admin › shown, audited, and off again', async () => {
      assert.deepEqual((await stage.shown('/api/inbox-settings'))['satisfactionSurvey'], survey);
      const short = { question: 'Happy?', buttonLabel: 'Rate' };
      await settle({ satisfactionSurvey: short });
      const full = { ...short, labels: null, commentQuestion: null, thanks: null };
      assert.deepEqual((await stage.shown('/api/inbox-settings'))['satisfactionSurvey'], full);
      await settle({ satisfactionSurvey: null });
      const audited = await stage.api().auditOf(stage.business().clientId.toHexString());
      const changes = audited.filter(({ action }) => action === 'inbox-settings.updated');
      assert.deepEqual(
        changes.map(({ after }) => (after as { satisfactionSurvey: unknown }).satisfactionSurvey),
        [survey, full, null],
      );
      const agent = await addMember(stage.api(), stage.business());
      const denied = await agent.patch('/api/inbox-settings', { satisfactionSurvey: survey });
      assert.equal(codeOf(denied), '403 forbidden');
    });
    for (const [what, change] of Object.entries({
      'a long question': { question: 'x'.repeat(1_025) },
      'a long button': { buttonLabel: 'x'.repeat(21) },
      'four names': { labels: ['1', '2', '3', '4'] },
      'a long name': { labels: ['1', '2', '3', '4', 'x'.repeat(25)] },
      'a blank comment question': { commentQuestion: ' ' },
      'an unknown field': { colour: 'red' },
    }))
      it(`${what} › 400`, async () => {
        const answered = await stage
          .business()
          .patch('/api/inbox-settings', { satisfactionSurvey: { ...survey, ...change } });
        assert.equal(codeOf(answered), '400 invalid-input');
      });
  });

  it('closed › asked once by the product, and nothing else changes', async () => {
    const { id } = await talk();
    await close(id);
    const [before, countsBefore] = [await stage.conversation(id), await stage.counts()];
    await fire();
    await fire();
    const [question, ...more] = await messagesOf(id, 'question');
    assert.deepEqual(more, []);
    assert.ok(question !== undefined);
    const { senderType, createdBy = null, turn = null, status, content } = question;
    assert.deepEqual(
      { senderType, createdBy, turn, status, text: content.text },
      {
        ...{ senderType: 'system', createdBy: null, turn: null, status: 'queued', text: survey.question },
      },
    );
    assert.deepEqual(
      stage.rowsOf(question).map(({ title }) => title),
      survey.labels.toReversed(),
    );
    const [row] = await surveysOf(id);
    assert.deepEqual([row?.step, row?.question?.messageId.equals(question._id)], ['asked', true]);
    const after = await stage.conversation(id);
    for (const field of ['status', 'lastMessageAt', 'unreadCount', 'turns', 'version', 'closedAt'] as const)
      assert.deepEqual(after[field], before[field], field);
    assert.deepEqual(await stage.counts(), countsBefore);
    const { state, survey: shown } = {
      state: 'sent',
      survey: await stage.shown(`/api/surveys?conversationId=${id.toHexString()}`),
    };
    assert.equal((shown as { items: { state: string }[] }).items[0]?.state, state);
  });

  it('two workers fire at once › one question', async () => {
    const { id } = await talk();
    await close(id);
    await Promise.all([stage.fireOnce(), stage.fireOnce(), stage.fireOnce()]);
    await fire();
    assert.equal((await messagesOf(id, 'question')).length, 1);
  });

  it('closed twice › one; reopened and closed again › another, if somebody answered again', async () => {
    const { id, phone } = await stage.asked();
    await close(id);
    await fire();
    assert.deepEqual(await outcome(id), ['asked']);
    await stage.setStatus(id, 'open');
    await close(id);
    await fire();
    assert.deepEqual(await outcome(id), ['asked', 'skipped contact-silent']);
    await hear(phone);
    await answer(id);
    await close(id);
    await fire();
    assert.deepEqual(await outcome(id), ['asked', 'skipped contact-silent', 'asked']);
    assert.equal((await messagesOf(id, 'question')).length, 2);
  });

  describe('nobody is asked', () => {
    it('the window is closed › no survey', async () => {
      const { id } = await talk();
      await stage
        .collection('conversations')
        .updateOne({ _id: id }, { $set: { windowExpiresAt: new Date() } });
      await close(id);
      assert.deepEqual(await outcome(id), []);
    });
    it('nobody answered › skipped', async () => {
      const { conversationId: id } = await hear(phoneEndingIn('01'));
      await close(id);
      await fire();
      assert.deepEqual(await outcome(id), ['skipped not-answered']);
    });
    it('only the product answered, or the answer failed › skipped', async () => {
      const { conversationId: id } = await hear(phoneEndingIn('01'));
      await answer(id, 'failed');
      await stage
        .collection('messages')
        .updateOne({ conversationId: id, direction: 'outbound' }, { $set: { status: 'failed' } });
      await close(id);
      await fire();
      assert.deepEqual(await outcome(id), ['skipped not-answered']);
    });
    it('reopened before › skipped', async () => {
      const { id } = await talk();
      await close(id);
      await stage.setStatus(id, 'open');
      await fire();
      assert.deepEqual(await outcome(id), ['skipped reopened']);
    });
    it('switched off before › skipped', async () => {
      const { id } = await talk();
      await close(id);
      await settle({ satisfactionSurvey: null });
      await fire();
      assert.deepEqual(await outcome(id), ['skipped switched-off']);
    });
    it('opted out before the closing › refused, and the reason is shown', async () => {
      const { id, phone } = await talk();
      await hear(phone, { text: 'STOP' });
      await close(id);
      await fire();
      assert.deepEqual(await outcome(id), ['refused contact-opted-out']);
      const { items } = (await stage.shown('/api/surveys')) as { items: { state: string; reason: string }[] };
      assert.deepEqual([items[0]?.state, items[0]?.reason], ['refused', 'contact-opted-out']);
      assert.deepEqual(await messagesOf(id, 'question'), []);
    });
    it('blocked, or the window closed meanwhile › refused', async () => {
      const { id } = await talk();
      await close(id);
      await stage
        .collection('conversations')
        .updateOne({ _id: id }, { $set: { windowExpiresAt: new Date() } });
      await fire();
      assert.deepEqual(await outcome(id), ['refused window-closed']);
      const other = await talk(phoneEndingIn('02'));
      await close(other.id);
      const { contactId } = await stage.conversation(other.id);
      await stage.collection('contacts').updateOne({ _id: contactId }, { $set: { isBlocked: true } });
      await fire();
      assert.deepEqual(await outcome(other.id), ['refused contact-blocked']);
    });
  });

  describe('every way of closing', () => {
    it('many at once › each is asked', async () => {
      const [one, other] = [await talk(), await talk(phoneEndingIn('02'))];
      const ids = [one, other].map(({ id }) => id.toHexString());
      const action = { type: 'set-status', status: 'closed' };
      const changed = await stage.business().post('/api/conversations/bulk', { ids, action });
      assert.equal(changed.status, 200, changed.text);
      await fire();
      assert.deepEqual([await outcome(one.id), await outcome(other.id)], [['asked'], ['asked']]);
    });
    it('a macro that answers and closes › asked once the answer has left', async () => {
      const { conversationId: id } = await hear(phoneEndingIn('01'));
      const actions = [
        { type: 'send-text', body: 'Done.' },
        { type: 'set-status', status: 'closed' },
      ];
      const made = await stage.business().post('/api/macros', { name: 'Done', actions });
      const macroId = String(made.body['id']);
      const run = await stage
        .business()
        .post(`/api/conversations/${id.toHexString()}/run-macro`, { macroId });
      assert.equal(run.status, 200, run.text);
      await stage.fireOnce();
      assert.deepEqual(await outcome(id), ['waiting']);
      await stage
        .collection('messages')
        .updateOne({ conversationId: id, direction: 'outbound' }, { $set: { status: 'sent' } });
      await fire(30_000);
      assert.deepEqual(await outcome(id), ['asked']);
    });
    it('closed by the product after a silence › asked', async () => {
      const { id } = await talk();
      const at = new Date(Date.now() - 3 * 3_600_000);
      const past = { $set: { timestamp: at } };
      await stage.collection('messages').updateMany({ conversationId: id }, past);
      await stage
        .collection('messages')
        .updateOne(
          { conversationId: id, direction: 'inbound' },
          { $set: { timestamp: new Date(at.getTime() - 60_000) } },
        );
      await stage.collection('conversations').updateOne({ _id: id }, { $set: { lastMessageAt: at } });
      await settle({ autoCloseAfterHours: 2 });
      await fire();
      assert.equal((await stage.conversation(id)).status, 'closed');
      await fire();
      assert.deepEqual(await outcome(id), ['asked']);
    });
  });

  it('the question fails › the survey says so, whatever comes in which order', async () => {
    const { id } = await stage.asked();
    const [question] = await messagesOf(id, 'question');
    assert.ok(question !== undefined);
    const follow = stage.core().areas.inbox.surveys.followMessages;
    const failed = {
      ...{ ...question, revision: 7, status: 'failed' },
      failure: { code: '131026' },
    };
    await follow([failed]);
    await follow([
      { ...failed, revision: 6, status: 'sent' },
      { ...failed, survey: { id, part: 'thanks' } },
    ]);
    const { items } = (await stage.shown('/api/surveys')) as { items: { state: string; reason: string }[] };
    assert.deepEqual([items[0]?.state, items[0]?.reason], ['failed', '131026']);
    assert.equal((await stage.shown('/api/surveys/summary'))['sent'], 0);
  });
});
