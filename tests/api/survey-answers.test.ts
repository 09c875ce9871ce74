import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { newWamid } from '../support/consent.ts';
import { phoneEndingIn } from '../support/crm-client.ts';
import { codeOf } from '../support/messaging-api.ts';
import { survey, useSurveyStage } from '../support/survey-stage.ts';

const minuteMs = 60_000;

describe('satisfaction surveys › answers', function () {
  this.timeout(60_000);
  const stage = useSurveyStage('survey-answers');
  const { begin, settle, hear, answer, close, fire, asked, rowOf, messagesOf, surveysOf, conversation } =
    stage;

  beforeEach(() => begin());

  const latest = async (id: Types.ObjectId) => (await surveysOf(id)).at(-1) ?? assert.fail('no survey');
  const conversationsOf = async (contactId: Types.ObjectId) =>
    stage.collection('conversations').countDocuments({ contactId });
  /** The types of the live events of surveys, in their order. */
  const told = async (): Promise<unknown[]> => {
    const events = await stage
      .collection<{ type: string; clientId: Types.ObjectId }>('outbox_events')
      .find({ clientId: stage.business().clientId, type: /^survey\./ })
      .sort({ _id: 1 })
      .toArray();
    return events.map(({ type }) => type);
  };

  /** What must not change by a score. */
  async function quiet(id: Types.ObjectId) {
    const {
      status,
      unreadCount,
      lastMessageAt,
      turns,
      version,
      reopenings = 0,
      closedAt,
      queue = null,
    } = await conversation(id);
    const { clientId } = stage.business();
    const leads = await stage.collection('leads').countDocuments({ clientId });
    const unread = (await stage.shown(`/api/conversations/${id.toHexString()}`))['unreadCount'];
    return {
      ...{ status, unreadCount, lastMessageAt, turns, version, reopenings, closedAt, queue, leads, unread },
      counts: await stage.counts(),
    };
  }

  it('a score › stored once, in the closed conversation, which stays as it is', async () => {
    const { id, phone } = await asked();
    const before = await quiet(id);
    const { windowExpiresAt } = await conversation(id);
    const message = await hear(phone, { rowId: await rowOf(id, 4) });
    assert.deepEqual(await quiet(id), before);
    assert.ok(message.conversationId.equals(id));
    assert.equal(message.arrival, undefined);
    const { score, answerId, answeredAt } = await latest(id);
    assert.deepEqual([score, answerId, answeredAt], [4, message._id, message.writtenAt ?? message.timestamp]);
    assert.ok(((await conversation(id)).windowExpiresAt ?? 0) >= (windowExpiresAt ?? 0));
    assert.equal(await conversationsOf(message.contactId), 1);
    assert.deepEqual(await told(), ['survey.sent', 'survey.answered']);
    const shown = await stage.shown(`/api/conversations/${id.toHexString()}`);
    const { score: shownScore, state } = shown['survey'] as { score: number; state: string };
    assert.deepEqual([shownScore, state], [4, 'answered']);
  });

  it('the same delivery again, from several workers at once › one score and one message', async () => {
    const { id, phone } = await asked();
    const act = { id: newWamid(), rowId: await rowOf(id, 2) };
    await Promise.all([hear(phone, act), hear(phone, act), hear(phone, act)]);
    await hear(phone, act);
    assert.equal((await messagesOf(id, 'score')).length, 1);
    const { choices = [], score, answerId, answeredAt } = await latest(id);
    assert.equal(choices.length, 1);
    assert.equal((await told()).length, 2);
    await hear(phone, act);
    const again = await latest(id);
    assert.deepEqual(again.choices, choices);
    assert.deepEqual([again.score, again.answerId, again.answeredAt], [score, answerId, answeredAt]);
  });

  it('several choices in every order › the last one counts, and everything else happens once', async () => {
    const orders = [
      [1, 5, 3],
      [5, 3, 1],
      [3, 1, 5],
    ];
    for (const order of orders) {
      const { id, phone } = await asked();
      const agoOf = new Map([
        [1, 3 * minuteMs],
        [5, 2 * minuteMs],
        [3, minuteMs],
      ]);
      await Promise.all(
        order.map(async (score) =>
          hear(phone, { rowId: await rowOf(id, score), agoMs: agoOf.get(score) ?? 0 }),
        ),
      );
      assert.equal((await latest(id)).score, 3);
      await fire();
      assert.equal((await messagesOf(id, 'comment-question')).length, 1);
      assert.equal((await conversation(id)).status, 'closed');
    }
  });

  it('an id that is forged, of another contact or of another business › a message as any other', async () => {
    const { id, phone } = await asked();
    const rowId = await rowOf(id, 5);
    const { contactId } = await conversation(id);
    const forged = rowId.replace(/:[^:]{22}:/, `:${'A'.repeat(22)}:`);
    const stranger = phoneEndingIn('02');
    const foreign = await hear(stranger, { rowId });
    assert.equal(foreign.survey, undefined);
    assert.equal((await conversation(foreign.conversationId)).status, 'open');
    assert.equal((await latest(id)).score, undefined);
    const own = await hear(phone, { rowId: forged });
    assert.equal(own.survey, undefined);
    assert.equal((await conversation(id)).status, 'open');
    assert.equal((await latest(id)).score, undefined);
    await begin();
    const elsewhere = await hear(phone, { rowId });
    assert.equal(elsewhere.survey, undefined);
    assert.equal((await conversation(elsewhere.conversationId)).status, 'open');
    assert.equal((await latest(id)).score, undefined);
    assert.equal(await conversationsOf(contactId), 1);
  });

  it('after a reopening, or beside a new conversation › still to its survey and its conversation', async () => {
    const { id, phone } = await asked();
    const rowId = await rowOf(id, 3);
    await hear(phone, { text: 'One more thing' });
    assert.equal((await conversation(id)).status, 'open');
    const before = await quiet(id);
    const scored = await hear(phone, { rowId });
    assert.ok(scored.conversationId.equals(id));
    assert.deepEqual(await quiet(id), before);
    const [first] = await surveysOf(id);
    assert.equal(first?.score, 3);
    const { items } = (await stage.shown('/api/conversations')) as { items: { survey: unknown }[] };
    assert.equal(items[0]?.survey, null, 'the present episode has none yet');

    await settle({ reopenWithinHours: 0 });
    const other = await asked();
    const row = await rowOf(other.id, 1);
    const fresh = await hear(other.phone, { text: 'Hello again' });
    assert.ok(!fresh.conversationId.equals(other.id));
    const late = await hear(other.phone, { rowId: row });
    assert.ok(late.conversationId.equals(other.id));
    assert.equal((await latest(other.id)).score, 1);
    assert.equal((await conversation(other.id)).status, 'closed');
  });

  it('a score is no question › nobody waits once the conversation is open again', async () => {
    const { id, phone } = await asked();
    await hear(phone, { rowId: await rowOf(id, 3) });
    const scope = { clientId: stage.business().clientId };
    const { messages, areas } = stage.core();
    assert.equal(await messages.findOpenWait(scope, id), null);
    const words = await areas.store.findLastWords(scope, [await conversation(id)]);
    const { askedAt = null, oursAt = null } = words.get(id.toHexString()) ?? {};
    const [question] = await messagesOf(id, 'question');
    assert.ok(askedAt !== null && oursAt !== null && question !== undefined);
    assert.ok(askedAt < question.timestamp && oursAt < question.timestamp, 'surveys are no part of the talk');
  });

  describe('the comment', () => {
    /** A survey with a score, and the question for a comment. */
    async function scored(): Promise<{ id: Types.ObjectId; phone: string; quotes: string }> {
      const { id, phone } = await asked();
      await hear(phone, { rowId: await rowOf(id, 2) });
      await fire();
      const [question] = await messagesOf(id, 'comment-question');
      assert.ok(question !== undefined);
      assert.equal(question.content.text, survey.commentQuestion);
      return { id, phone, quotes: await stage.taken(question) };
    }
    const thanksOf = async (id: Types.ObjectId) => (await messagesOf(id, 'thanks')).length;

    it('the first text › kept, unread, in the closed conversation, and thanked once', async () => {
      const { id, phone } = await scored();
      const before = await quiet(id);
      const wrote = { id: newWamid(), text: `My order is still missing. ${'x'.repeat(3_000)}` };
      const message = await hear(phone, wrote);
      await Promise.all([hear(phone, wrote), hear(phone, wrote)]);
      const { comment, commentUntil } = await latest(id);
      assert.deepEqual([comment?.messageId, comment?.text.length], [message._id, 2_000]);
      assert.equal(commentUntil, undefined);
      assert.equal(message.content.text, wrote.text);
      const after = await quiet(id);
      assert.deepEqual([after.status, after.closedAt, after.reopenings], ['closed', before.closedAt, 0]);
      assert.equal(after.unread, Number(before.unread) + 1);
      assert.deepEqual([after.queue, after.leads], [before.queue, before.leads]);
      await fire();
      await fire();
      assert.equal(await thanksOf(id), 1);
      assert.deepEqual(await told(), ['survey.sent', 'survey.answered', 'survey.commented']);
      const { items } = (await stage.shown('/api/conversations?unread=true')) as { items: { id: string }[] };
      assert.deepEqual(
        items.map((item) => item.id),
        [id.toHexString()],
      );
    });

    it('a second text › reopens as any other', async () => {
      const { id, phone } = await scored();
      await hear(phone, { text: 'Slow' });
      await hear(phone, { text: 'And where is my order?' });
      assert.equal((await latest(id)).comment?.text, 'Slow');
      assert.equal((await conversation(id)).status, 'open');
    });

    it('STOP › is obeyed, and no comment', async () => {
      const { id, phone, quotes } = await scored();
      await hear(phone, { text: 'STOP', quotes });
      assert.equal((await latest(id)).comment, undefined);
      const { contactId } = await conversation(id);
      const contact = await stage.collection<{ optedOutAt?: Date }>('contacts').findOne({ _id: contactId });
      assert.ok(JSON.stringify(contact).includes('opted'), JSON.stringify(contact));
      await fire();
      assert.equal(await thanksOf(id), 0);
    });

    it('a quarter of an hour later › reopens, unless it quotes the question', async () => {
      const late = await scored();
      const { answeredAt } = await latest(late.id);
      await stage
        .collection('surveys')
        .updateOne({ conversationId: late.id }, { $set: { commentUntil: new Date(0) } });
      assert.ok(answeredAt !== undefined);
      await hear(late.phone, { text: 'Hello?' });
      assert.equal((await conversation(late.id)).status, 'open');
      assert.equal((await latest(late.id)).comment, undefined);
      const beside = await hear(late.phone, { text: 'Too slow', quotes: late.quotes });
      assert.equal((await latest(late.id)).comment?.text, 'Too slow');
      assert.ok(beside.arrival !== undefined);
      const quoting = await scored();
      await stage
        .collection('surveys')
        .updateOne({ conversationId: quoting.id }, { $set: { commentUntil: new Date(0) } });
      await hear(quoting.phone, { text: 'Fine', quotes: quoting.quotes });
      assert.equal((await latest(quoting.id)).comment?.text, 'Fine');
      assert.equal((await conversation(quoting.id)).status, 'closed');
    });

    it('the quote of somebody else › a message as any other', async () => {
      const { id, quotes } = await scored();
      await hear(phoneEndingIn('03'), { text: 'Mine', quotes });
      assert.equal((await latest(id)).comment, undefined);
    });

    it('deleted by the contact › no longer on the survey', async () => {
      const { phone } = await scored();
      const message = await hear(phone, { text: 'Oops' });
      const follow = stage.core().areas.inbox.surveys.followMessages;
      await follow([{ ...message, revokedAt: new Date() }]);
      const { items } = (await stage.shown('/api/surveys')) as { items: { comment: { text: null } }[] };
      assert.equal(items[0]?.comment.text, null);
    });

    it('none asked for › the thanks follow the score, and a text reopens', async () => {
      await settle({ satisfactionSurvey: { ...survey, commentQuestion: null } });
      const { id, phone } = await asked();
      await hear(phone, { rowId: await rowOf(id, 5) });
      await fire();
      assert.deepEqual([await thanksOf(id), (await messagesOf(id, 'comment-question')).length], [1, 0]);
      await hear(phone, { text: 'Hello' });
      assert.equal((await conversation(id)).status, 'open');
    });

    it('reopened before it is asked for › not asked for', async () => {
      const { id, phone } = await asked();
      await hear(phone, { rowId: await rowOf(id, 5) });
      await stage.setStatus(id, 'open');
      await fire();
      assert.deepEqual(await messagesOf(id, 'comment-question'), []);
    });
  });

  describe('what users see', () => {
    it('the list › filtered, in pages, of the own business alone', async () => {
      const made = [await asked(), await asked(), await asked()];
      for (const [index, { id, phone }] of made.slice(0, 2).entries())
        await hear(phone, { rowId: await rowOf(id, index + 4) });
      type Listed = { items: { conversationId: string; closedAt: string }[]; nextCursor: string | null };
      const list = async (query: string) => (await stage.shown(`/api/surveys?${query}`)) as unknown as Listed;
      const ids = async (query: string) =>
        (await list(query)).items.map(({ conversationId }) => conversationId);
      const [one, two, three] = made.map(({ id }) => id.toHexString());
      assert.deepEqual(await ids(''), [three, two, one]);
      assert.deepEqual(await ids('answered=true'), [two, one]);
      assert.deepEqual(await ids('answered=false'), [three]);
      assert.deepEqual(await ids('score=5'), [two]);
      assert.deepEqual(await ids('score=5&answered=false'), []);
      assert.deepEqual(await ids(`conversationId=${one}`), [one]);
      const { contactId } = await conversation(made[1]?.id ?? assert.fail());
      assert.deepEqual(await ids(`contactId=${contactId.toHexString()}`), [two]);
      assert.deepEqual(await ids(`agentId=${new Types.ObjectId().toHexString()}`), []);
      const first = await list('limit=2');
      assert.deepEqual(await ids(`limit=2&cursor=${first.nextCursor}`), [one]);
      const at = first.items[1]?.closedAt;
      assert.deepEqual([await ids(`since=${at}`), await ids(`until=${at}`)], [[three, two], [one]]);
      assert.deepEqual(await stage.shown('/api/surveys/summary'), {
        ...{ sent: 3, answered: 2, share: 0.67, averageScore: 4.5 },
        scores: { 1: 0, 2: 0, 3: 0, 4: 1, 5: 1 },
      });
      await begin();
      assert.deepEqual(await ids(''), []);
      assert.equal((await stage.shown('/api/surveys/summary'))['share'], null);
    });

    it('by the agent who had the conversation at its closing', async () => {
      const { userId } = stage.business();
      const { id } = await stage.talk();
      const taken = await stage.business().post(`/api/conversations/${id.toHexString()}/take`, {});
      assert.equal(taken.status, 200, taken.text);
      await close(id);
      await fire();
      const query = `agentId=${userId.toHexString()}`;
      assert.equal(((await stage.shown(`/api/surveys?${query}`)) as { items: unknown[] }).items.length, 1);
      assert.equal((await stage.shown(`/api/surveys/summary?${query}`))['sent'], 1);
    });

    it('the contact › cannot be deleted while the conversation keeps what they said', async () => {
      const { id, phone } = await asked();
      await hear(phone, { rowId: await rowOf(id, 5) });
      const { contactId } = await conversation(id);
      const deleted = await stage.business().delete(`/api/contacts/${contactId.toHexString()}`);
      assert.equal(codeOf(deleted), '409 in-use');
    });
  });

  it('a later message of a person › is an answer as before, also after all of this', async () => {
    const { id, phone } = await asked();
    await hear(phone, { rowId: await rowOf(id, 1) });
    await fire();
    await hear(phone, { text: 'Bad' });
    await stage.setStatus(id, 'open');
    await answer(id);
    const { turns } = await conversation(id);
    assert.equal(turns, 2, 'two answers of people, and none of the product');
  });
});
