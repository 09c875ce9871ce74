import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { openEvents, type EventStreamClient } from '../support/event-stream.ts';
import type { Answer } from '../support/http.ts';
import { useMarksStage, type Talk } from '../support/marks-stage.ts';
import { addMember, codeOf, signUpAdmin, type Member } from '../support/messaging-api.ts';
import { waitFor } from '../support/wait.ts';

describe('api › typing', function () {
  this.timeout(60_000);
  const { api, begin, fireAfter, behave } = useMarksStage('typing');
  let talk: Talk;
  let streams: EventStreamClient[];

  beforeEach(async () => {
    talk = await begin();
    streams = [];
  });
  afterEach(() => {
    for (const stream of streams) stream.close();
  });

  async function listen({ token }: Member): Promise<EventStreamClient> {
    const stream = await openEvents(api().url, { token });
    streams.push(stream);
    await waitFor('the stream begins', () => stream.text() !== '');
    return stream;
  }
  const outcomeOf = (answer: Answer) => [answer.status, answer.headers.get('outcome')];
  const update = (collection: string, id: string, fields: object) =>
    api()
      .collection(collection)
      .updateOne({ _id: new Types.ObjectId(id) }, { $set: fields });

  describe('for colleagues', () => {
    it('an agent types › colleagues are told at once and the agent is not; nothing is numbered or kept', async () => {
      const other = await addMember(api(), talk.admin);
      const [own, theirs, admins] = await Promise.all([
        listen(talk.agent),
        listen(other),
        listen(talk.admin),
      ]);
      const stranger = await listen(await signUpAdmin(api()));
      // A change stream opens a moment after the first stream: only what comes then is told.
      await waitFor('a colleague is told', async () => {
        await talk.type();
        return theirs.passed().length > 0;
      });
      const before = theirs.passed().length;
      await talk.type();
      await waitFor(
        'all colleagues are told',
        () => theirs.passed().length > before && admins.passed().length > 0,
      );
      const told = theirs.passed().at(-1);
      assert.deepEqual(
        { type: told?.type, entity: told?.entity, userId: told?.view['userId'] },
        {
          type: 'conversation.typing',
          entity: { type: 'conversation', id: talk.conversationId },
          userId: talk.agent.userId.toHexString(),
        },
      );
      const leftMs = Date.parse(String(told?.view['until'])) - Date.now();
      assert.ok(leftMs <= 6_000, `${leftMs} ms`);
      assert.deepEqual([own.passed(), stranger.passed()], [[], []]);
      const outbox = api().collection('outbox_events');
      assert.equal(await outbox.countDocuments({ type: 'conversation.typing' }), 0);
      assert.doesNotMatch(theirs.text(), /id: .*\n.*conversation\.typing/, 'its place stays');
    });

    it('another business, no conversation, nobody signed in › refused', async () => {
      const stranger = await signUpAdmin(api());
      assert.equal(codeOf(await talk.type(stranger)), '404 not-found');
      const path = '/api/conversations/0123456789abcdef01234567/typing';
      assert.equal(codeOf(await talk.agent.post(path)), '404 not-found');
      assert.equal((await fetch(`${api().url}${path}`, { method: 'POST' })).status, 401);
    });
  });

  describe('for the contact', () => {
    it('an agent types › shown once in twenty seconds, as a read mark of the last message', async () => {
      const { wamid } = await talk.say();
      assert.deepEqual(outcomeOf(await talk.type()), [204, 'shown']);
      assert.deepEqual(outcomeOf(await talk.type(talk.admin)), [204, 'shown-before']);
      assert.deepEqual(await talk.marks(), [{ messageId: wamid, isTyping: true }]);
      await talk.read();
      await fireAfter();
      assert.equal(await talk.countCalls(), 1, 'the read mark is there already');
      const earlier = { typedAt: new Date(Date.now() - 21_000) };
      await api()
        .collection('read_marks')
        .updateOne({ conversationId: new Types.ObjectId(talk.conversationId) }, { $set: earlier });
      assert.deepEqual(outcomeOf(await talk.type()), [204, 'shown']);
    });

    it('ten signals at once › one call', async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => talk.type()));
      const outcomes = answers.map((answer) => answer.headers.get('outcome'));
      assert.equal(outcomes.filter((outcome) => outcome === 'shown').length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === 'shown-before').length, 9);
      assert.equal(await talk.countCalls(), 1);
    });

    it('gates, the window, the settings › dropped and never made up for', async () => {
      await talk.admin.patch('/api/inbox-settings', { shareReadMarks: false });
      assert.deepEqual(outcomeOf(await talk.type()), [204, 'not-shared']);
      await talk.admin.patch('/api/inbox-settings', { shareReadMarks: true });
      const { windowExpiresAt, contactId } = (await talk.show()).body as Record<string, string>;
      await update('conversations', talk.conversationId, { windowExpiresAt: new Date() });
      assert.deepEqual(outcomeOf(await talk.type()), [204, 'window-closed']);
      await update('conversations', talk.conversationId, {
        windowExpiresAt: new Date(windowExpiresAt ?? ''),
      });
      await talk.admin.post(`/api/channels/${talk.channelId}/pause`);
      assert.deepEqual(outcomeOf(await talk.type()), [204, 'gate-closed']);
      await talk.admin.post(`/api/channels/${talk.channelId}/resume`);
      await update('contacts', contactId ?? '', { isBlocked: true });
      assert.deepEqual(outcomeOf(await talk.type()), [204, 'gate-closed']);
      await update('contacts', contactId ?? '', { isBlocked: false });
      await fireAfter(60_000);
      assert.equal(await talk.countCalls(), 0);
      assert.deepEqual(outcomeOf(await talk.type()), [204, 'shown']);
    });

    it('WhatsApp refuses or does not answer › 204 that says so, and no repetition', async () => {
      for (const answer of [
        { code: 131009, times: 1 },
        { reset: true, times: 1 },
      ]) {
        talk = await begin();
        await behave({ nextErrors: [answer] });
        assert.deepEqual(outcomeOf(await talk.type()), [204, 'not-accepted']);
        assert.deepEqual(outcomeOf(await talk.type()), [204, 'shown-before']);
        await fireAfter(60_000);
        assert.equal(await talk.countCalls(), 1);
      }
    });

    it('a group › colleagues only', async () => {
      await update('conversations', talk.conversationId, { group: { id: 'group-1' } });
      assert.deepEqual(outcomeOf(await talk.type()), [204, 'group']);
      assert.equal(await talk.countCalls(), 0);
    });
  });
});
