import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Types } from 'mongoose';
import type { ConversationRecord } from '../../src/inbox/conversations/use-cases.ts';
import { createHoldLabels } from '../../src/inbox/labels/holder.ts';
import { createLabelRepository } from '../../src/inbox/labels/repository.ts';
import { createTransactions } from '../../src/platform/transaction.ts';
import { createTimerRepository } from '../../src/timers/repository.ts';
import { createTimerRunner } from '../../src/timers/runner.ts';
import { issuePaths } from '../support/http.ts';
import {
  addMember,
  codeOf,
  etagOf,
  ifMatch,
  signUpAdmin,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';
import { useWorkerCore } from '../support/worker-core.ts';

const start = new Date('2026-11-23T09:00:00Z');

describe('labels', function () {
  this.timeout(60_000);
  const api = useMessagingApi('labels');
  const worker = useWorkerCore(api);
  let admin: Member;
  let agent: Member;
  let stranger: Member;

  before(async () => {
    [admin, stranger] = await Promise.all([signUpAdmin(api()), signUpAdmin(api())]);
    agent = await addMember(api(), admin);
  });

  let counter = 0;
  async function make(fields: object = {}, by = admin): Promise<string> {
    const answer = await by.post('/api/labels', { name: `Label ${(counter += 1)}`, ...fields });
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body['id']);
  }

  const stored = () => api().collection<ConversationRecord>('conversations');

  async function addConversation(fields: Partial<ConversationRecord> = {}): Promise<Types.ObjectId> {
    const conversation: ConversationRecord = {
      ...{ _id: new Types.ObjectId(), clientId: admin.clientId, leadId: new Types.ObjectId() },
      ...{ contactId: new Types.ObjectId(), channelId: new Types.ObjectId(), status: 'open' },
      ...{ lastMessageAt: start, unreadCount: 0, createdAt: start, version: 1, history: [] },
      ...fields,
    };
    await stored().insertOne(conversation);
    return conversation._id;
  }

  const labelsOf = (id: Types.ObjectId) => `/api/conversations/${id.toHexString()}/labels`;
  const put = (id: Types.ObjectId, labels: readonly string[], headers = {}) =>
    agent.put(labelsOf(id), { labels }, headers);

  async function idsOf(query: string, who = agent): Promise<string[]> {
    const answer = await who.get(`/api/conversations?${query}`);
    assert.equal(answer.status, 200, answer.text);
    return (answer.body['items'] as { id: string }[]).map(({ id }) => id);
  }

  /** What the worker does. */
  async function fireTimers(): Promise<void> {
    const { mongo, clock, areas } = worker();
    const runner = createTimerRunner({
      ...{ timers: createTimerRepository(mongo), handlers: areas.inbox.timerHandlers, clock },
      logger: api().log.logger,
      onAttempt: () => undefined,
    });
    await runner.fireDue();
  }

  it('create › agents read it, and only admins write', async () => {
    const answer = await admin.post('/api/labels', { name: 'Refund', colour: '#DC2626' });
    assert.equal(answer.status, 201, answer.text);
    const { id, createdAt: _at, ...shown } = answer.body;
    assert.deepEqual(shown, { name: 'Refund', colour: '#dc2626' });
    const path = `/api/labels/${String(id)}`;
    assert.equal(answer.headers.get('location'), path);
    assert.deepEqual((await agent.get(path)).body, answer.body);
    assert.equal((await agent.post('/api/labels', { name: 'Mine' })).status, 403);
    assert.equal((await agent.patch(path, { name: 'Mine' })).status, 403);
    assert.equal((await agent.delete(path)).status, 403);
    assert.equal((await stranger.get(path)).status, 404);
  });

  it('a name that is taken, in another case › 409 with the id of the other, also for a change', async () => {
    const id = await make({ name: 'Größe' });
    const second = await admin.post('/api/labels', { name: 'GROSSE' });
    assert.equal(codeOf(second), '409 already-exists');
    assert.equal(second.body['existingId'], id);
    const other = await make();
    assert.equal(codeOf(await admin.patch(`/api/labels/${other}`, { name: 'größe' })), '409 already-exists');
    await make({ name: 'Größe' }, stranger);
  });

  it('change › of two on one ETag the second is refused; both are audited by name', async () => {
    const id = await make({ name: 'VIP' });
    const path = `/api/labels/${id}`;
    const read = await admin.get(path);
    assert.equal((await admin.patch(path, { name: 'VIPs' }, ifMatch(read))).status, 200);
    assert.equal(codeOf(await admin.patch(path, { name: 'Late' }, ifMatch(read))), '412 precondition-failed');
    const events = await api().auditOf(id);
    assert.deepEqual(
      events.map(({ action }) => action),
      ['label.created', 'label.updated'],
    );
  });

  it('a body with several faults › names each of them', async () => {
    const answer = await admin.post('/api/labels', { name: ' ', colour: 'red' });
    assert.deepEqual(issuePaths(answer), ['body.name', 'body.colour']);
  });

  it('list › has a second page, newest first', async () => {
    const [one, two] = [await make({}, stranger), await make({}, stranger)];
    const first = await stranger.get('/api/labels?limit=1');
    const next = await stranger.get(`/api/labels?limit=1&cursor=${String(first.body['nextCursor'])}`);
    const idOf = ({ body }: { body: Record<string, unknown> }) => (body['items'] as { id: string }[])[0]?.id;
    assert.deepEqual([idOf(first), idOf(next)], [two, one]);
  });

  describe('on a conversation', () => {
    it('put › replaces the set, repeats change nothing, none takes all away', async () => {
      const [a, b] = [await make(), await make()];
      const id = await addConversation();
      const first = await put(id, [b, a]);
      assert.equal(first.status, 200, first.text);
      assert.deepEqual(first.body['labels'], [a, b].toSorted());
      assert.equal(etagOf(first), '"2"');
      assert.equal(etagOf(await put(id, [a, b])), '"2"', 'the same labels in another order');
      assert.deepEqual((await put(id, [b])).body['labels'], [b]);
      assert.deepEqual((await put(id, [])).body['labels'], []);
      const actions = (await api().auditOf(id.toHexString())).map(({ action }) => action);
      assert.deepEqual(
        actions,
        Array.from({ length: 3 }, () => 'conversation.labels-replaced'),
      );
    });

    it('put with an old ETag › 412, and the labels stay', async () => {
      const label = await make();
      const id = await addConversation();
      const first = await put(id, [label], { 'if-match': '"1"' });
      assert.equal(codeOf(await put(id, [], { 'if-match': '"1"' })), '412 precondition-failed');
      assert.equal((await put(id, [], ifMatch(first))).status, 200);
    });

    it('labels that do not exist, or belong to another client › 404 with the path of each', async () => {
      const [mine, foreign] = [await make(), await make({}, stranger)];
      const never = new Types.ObjectId().toHexString();
      const id = await addConversation();
      const answer = await put(id, [mine, foreign, never]);
      assert.equal(codeOf(answer), '404 not-found');
      assert.deepEqual(issuePaths(answer), ['body.labels.1', 'body.labels.2']);
      assert.equal((await stored().findOne({ _id: id }))?.version, 1);
      assert.equal((await stranger.put(labelsOf(id), { labels: [] })).status, 404);
    });

    it('one label twice, or more than 20 › 400', async () => {
      const label = await make();
      const id = await addConversation();
      assert.deepEqual(issuePaths(await put(id, [label, label])), ['body.labels.1']);
      const many = Array.from({ length: 21 }, () => new Types.ObjectId().toHexString());
      assert.deepEqual(issuePaths(await put(id, many)), ['body.labels']);
    });

    it('list by label › exactly those that have it, latest message first, also with a status and page by page', async () => {
      const label = await make();
      const labels = [new Types.ObjectId(label)];
      const at = (minutes: number) => new Date(start.getTime() + minutes * 60_000);
      const old = await addConversation({ labels, lastMessageAt: at(1) });
      const closed = await addConversation({ labels, lastMessageAt: at(2), status: 'closed' });
      const recent = await addConversation({ labels, lastMessageAt: at(3), unreadCount: 1 });
      await addConversation({ labels: [new Types.ObjectId()], lastMessageAt: at(4) });
      const [oldId, closedId, recentId] = [old, closed, recent].map((id) => id.toHexString());
      assert.deepEqual(await idsOf(`labelId=${label}`), [recentId, closedId, oldId]);
      assert.deepEqual(await idsOf(`labelId=${label}&status=open`), [recentId, oldId]);
      assert.deepEqual(await idsOf(`labelId=${label}&unread=true`), [recentId]);
      assert.deepEqual(await idsOf(`labelId=${label}`, stranger), []);
      const first = await agent.get(`/api/conversations?labelId=${label}&limit=2`);
      const cursor = String(first.body['nextCursor']);
      assert.deepEqual(await idsOf(`labelId=${label}&limit=2&cursor=${cursor}`), [oldId]);
    });
  });

  describe('delete', () => {
    it('a label that conversations have › is gone, and the worker takes it from all of them, from no other', async () => {
      const [gone, stays] = [await make({ name: 'Gone' }), await make()];
      const both = [gone, stays].map((id) => new Types.ObjectId(id));
      const ids = [];
      for (let count = 0; count < 3; count += 1) ids.push(await addConversation({ labels: both }));
      const foreign = await addConversation({ clientId: stranger.clientId, labels: both });
      assert.equal((await admin.delete(`/api/labels/${gone}`)).status, 204);
      assert.equal((await admin.get(`/api/labels/${gone}`)).status, 404);
      assert.equal(codeOf(await put(ids[0] ?? foreign, [gone, stays])), '200 undefined');
      assert.equal(codeOf(await put(await addConversation(), [gone])), '404 not-found');
      await fireTimers();
      for (const id of ids)
        assert.deepEqual((await stored().findOne({ _id: id }))?.labels?.map(String) ?? [], [stays]);
      assert.equal((await stored().findOne({ _id: foreign }))?.labels?.length, 2);
      await make({ name: 'Gone' });
    });

    it('thousands of conversations › are cleared over several firings', async () => {
      const label = await make();
      const like = await stored().findOne({ _id: await addConversation() });
      assert.ok(like !== null);
      const labelId = new Types.ObjectId(label);
      const many = Array.from({ length: 5_100 }, () => ({
        ...{ ...like, _id: new Types.ObjectId(), contactId: new Types.ObjectId(), labels: [labelId] },
      }));
      await stored().insertMany(many);
      assert.equal((await admin.delete(`/api/labels/${label}`)).status, 204);
      await fireTimers();
      assert.equal(await stored().countDocuments({ clientId: admin.clientId, labels: labelId }), 100);
      await fireTimers();
      assert.equal(await stored().countDocuments({ clientId: admin.clientId, labels: labelId }), 0);
    });

    it('while a conversation gets the label › waits for it, so that no conversation keeps the label', async () => {
      const label = new Types.ObjectId(await make());
      const id = await addConversation();
      const { connection } = api();
      const hold = createHoldLabels(createLabelRepository(connection));
      let deleted: ReturnType<Member['delete']> | undefined;
      await createTransactions(connection)(async (session) => {
        await hold(admin, [{ id: label, path: 'body.labels.0' }], session);
        deleted ??= admin.delete(`/api/labels/${label.toHexString()}`);
        await sleep(300);
        await fireTimers();
        await stored().updateOne({ _id: id }, { $set: { labels: [label] } }, { session });
      });
      assert.equal((await deleted)?.status, 204);
      await fireTimers();
      assert.deepEqual((await stored().findOne({ _id: id }))?.labels, []);
    });
  });
});
