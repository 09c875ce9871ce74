import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ConversationRecord } from '../../src/inbox/conversations/use-cases.ts';
import { issuePaths } from '../support/http.ts';
import {
  addMember,
  codeOf,
  etagOf,
  ifMatch,
  readInPairs,
  signUpAdmin,
  statusesOf,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';

interface ListedConversation {
  readonly id: string;
}

const start = Date.parse('2026-11-23T09:00:00Z');

describe('conversations', () => {
  const api = useMessagingApi('conversations');
  let admin: Member;
  let agent: Member;
  let stranger: Member;

  before(async function () {
    this.timeout(20_000);
    admin = await signUpAdmin(api());
    agent = await addMember(api(), admin);
    stranger = await signUpAdmin(api());
  });

  let contacts = 0;

  async function addContact(): Promise<Types.ObjectId> {
    contacts += 1;
    const phoneNumber = `+4915100${String(contacts).padStart(6, '0')}`;
    const { clientId } = admin;
    return (await api().api.core.contacts.findOrCreate({ clientId }, { phoneNumber }, 'Ana Souza'))._id;
  }

  /** A conversation on a channel of its own unless one is given, with a new contact unless one is given. */
  async function addConversation(fields: Partial<ConversationRecord> = {}): Promise<ConversationRecord> {
    const contactId = fields.contactId ?? (await addContact());
    const conversation: ConversationRecord = {
      _id: new Types.ObjectId(),
      clientId: admin.clientId,
      leadId: new Types.ObjectId(),
      contactId,
      channelId: new Types.ObjectId(),
      status: 'open',
      lastMessageAt: new Date(start),
      unreadCount: 0,
      createdAt: new Date(start),
      version: 1,
      history: [],
      ...fields,
    };
    await api().collection<ConversationRecord>('conversations').insertOne(conversation);
    return conversation;
  }

  const pathOf = ({ _id }: ConversationRecord, rest = '') => `/api/conversations/${_id.toHexString()}${rest}`;

  async function idsOf(query: string, who = agent): Promise<string[]> {
    const answer = await who.get(`/api/conversations?${query}`);
    assert.equal(answer.status, 200, answer.text);
    return (answer.body['items'] as ListedConversation[]).map(({ id }) => id);
  }

  describe('get', () => {
    it('own conversation › shows contact, window and version', async () => {
      const windowExpiresAt = new Date(start + 3_600_000);
      const conversation = await addConversation({ windowExpiresAt, unreadCount: 1 });
      const answer = await agent.get(pathOf(conversation));
      assert.equal(answer.status, 200, answer.text);
      assert.equal(etagOf(answer), '"1"');
      const { contact, ...rest } = answer.body as { contact: Record<string, unknown> };
      assert.equal(contact['name'], 'Ana Souza');
      assert.deepEqual(rest, {
        id: conversation._id.toHexString(),
        leadId: conversation.leadId?.toHexString() ?? null,
        contactId: conversation.contactId.toHexString(),
        channelId: conversation.channelId.toHexString(),
        assignedAgentId: null,
        queuedSince: null,
        status: 'open',
        snoozedUntil: null,
        untilReply: false,
        labels: [],
        lastMessageAt: '2026-11-23T09:00:00.000Z',
        deadlines: [],
        closedAt: null,
        survey: null,
        referral: null,
        group: null,
        freeEntryPointExpiresAt: null,
        waitingSince: null,
        windowExpiresAt: '2026-11-23T10:00:00.000Z',
        unreadCount: 1,
        seenByMe: null,
        sharedReadMark: null,
        lastMessage: null,
        createdAt: '2026-11-23T09:00:00.000Z',
        history: [],
      });
    });

    it('contact was deleted › the conversation is still shown', async () => {
      const conversation = await addConversation({ contactId: new Types.ObjectId() });
      const answer = await agent.get(pathOf(conversation));
      assert.equal(answer.status, 200);
      assert.equal(answer.body['contact'], null);
    });
  });

  describe('list', () => {
    it('same time of the last message › every conversation once, newest first', async () => {
      const contactId = new Types.ObjectId();
      const at = (minutes: number) => new Date(start + minutes * 60_000);
      const made = [];
      for (const minutes of [1, 5, 5, 5, 5, 9]) {
        made.push(await addConversation({ contactId, lastMessageAt: at(minutes) }));
      }
      const expected = made
        .toSorted(
          (a, b) =>
            b.lastMessageAt.getTime() - a.lastMessageAt.getTime() ||
            b._id.toHexString().localeCompare(a._id.toHexString()),
        )
        .map(({ _id }) => _id.toHexString());
      const path = `/api/conversations?contactId=${contactId.toHexString()}`;
      const seen = await readInPairs<ListedConversation>(agent, path);
      assert.deepEqual(
        seen.map(({ id }) => id),
        expected,
      );
    });

    it('filters › alone and together › exactly what fits', async () => {
      const other = await addMember(api(), admin);
      const leadId = new Types.ObjectId();
      const mine = await addConversation({ assignedAgentId: other.userId, leadId, unreadCount: 1 });
      const closed = await addConversation({ assignedAgentId: other.userId, status: 'closed' });
      const late = await addConversation({
        ...{ assignedAgentId: other.userId, breachedAt: new Date(start), lastMessageAt: new Date(start - 1) },
      });
      const free = await addConversation({ leadId, status: 'pending', lastMessageAt: new Date(start - 1) });
      const [mineId, closedId, freeId] = [mine, closed, free].map(({ _id }) => _id.toHexString());
      const ofAgent = `assignedAgentId=${other.userId.toHexString()}`;
      const ofLead = `leadId=${leadId.toHexString()}`;
      const lateId = late._id.toHexString();
      assert.deepEqual(await idsOf(ofAgent), [closedId, mineId, lateId]);
      assert.deepEqual(await idsOf(`${ofAgent}&status=open`), [mineId, lateId]);
      assert.deepEqual(await idsOf(`${ofAgent}&breached=true`), [lateId]);
      assert.deepEqual(await idsOf(`${ofAgent}&breached=true&status=closed`), []);
      assert.deepEqual(await idsOf(`${ofAgent}&breached=true&unread=true`), []);
      assert.deepEqual(await idsOf(`${ofAgent}&status=pending`), []);
      assert.deepEqual(await idsOf(ofLead), [mineId, freeId]);
      assert.deepEqual(await idsOf(`${ofLead}&assignedAgentId=none`), [freeId]);
      assert.deepEqual(await idsOf(`${ofLead}&unread=true`), [mineId]);
      assert.deepEqual(await idsOf(`${ofAgent}&unread=true&status=open`), [mineId]);
      assert.deepEqual(await idsOf(`contactId=${free.contactId.toHexString()}`), [freeId]);
      assert.ok((await idsOf('unread=true')).includes(mineId ?? ''));
      assert.ok((await idsOf('status=closed')).includes(closedId ?? ''));
      const unassigned = await idsOf('assignedAgentId=none&limit=100');
      assert.ok(unassigned.includes(freeId ?? '') && !unassigned.includes(mineId ?? ''));
    });

    it('items › have the contact and no history', async () => {
      const conversation = await addConversation();
      const answer = await agent.get(`/api/conversations?contactId=${conversation.contactId.toHexString()}`);
      const [item] = answer.body['items'] as Record<string, unknown>[];
      assert.ok(item !== undefined);
      assert.equal((item['contact'] as { name: string }).name, 'Ana Souza');
      assert.equal(item['history'], undefined);
    });

    it('wrong filters › 400 naming all of them', async () => {
      const answer = await agent.get('/api/conversations?status=gone&assignedAgentId=mine&unread=false&x=1');
      assert.equal(answer.status, 400);
      assert.deepEqual(issuePaths(answer).toSorted(), [
        'query.assignedAgentId',
        'query.status',
        'query.unread',
        'query.x',
      ]);
    });

    for (const query of [
      '',
      'status=open',
      'assignedAgentId=none',
      'unread=true',
      'status=open&unread=true',
      'breached=true',
      'status=open&breached=true',
      'snoozed=true',
      `labelId=${new Types.ObjectId().toHexString()}`,
    ]) {
      it(`index › list with ${query || 'no filter'} › neither scans the collection nor sorts`, async () => {
        const plans: string[] = [];
        await api().api.core.mongo.db?.command({ profile: 2 });
        try {
          await idsOf(`${query}&limit=1`);
        } finally {
          await api().api.core.mongo.db?.command({ profile: 0 });
        }
        const profile = api().collection('system.profile');
        const finds = await profile.find({ 'command.find': 'conversations' }).toArray();
        for (const find of finds) {
          plans.push(String(find['planSummary']));
          assert.equal(find['hasSortStage'], undefined, JSON.stringify(find['planSummary']));
        }
        await profile.drop();
        assert.ok(plans.length > 0, 'the list was profiled');
        assert.ok(
          plans.every((plan) => plan.startsWith('IXSCAN')),
          plans.join(),
        );
      });
    }
  });

  describe('status', () => {
    it('closed by an agent › new version, history and audit event', async () => {
      const conversation = await addConversation();
      const answer = await agent.patch(pathOf(conversation), { status: 'closed' });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body['status'], 'closed');
      assert.equal(etagOf(answer), '"2"');
      const history = answer.body['history'] as Record<string, unknown>[];
      assert.deepEqual(
        history.map(({ by, status }) => ({ by, status })),
        [{ by: agent.userId.toHexString(), status: 'closed' }],
      );
      assert.deepEqual((await agent.get(pathOf(conversation))).body, answer.body);
      const [event, ...more] = await api().auditOf(conversation._id.toHexString());
      assert.equal(more.length, 0);
      assert.equal(event?.['action'], 'conversation.status-changed');
      assert.deepEqual(event?.['before'], { status: 'open', version: 1 });
      assert.deepEqual(event?.['after'], { status: 'closed', version: 2 });
      assert.equal(String(event?.['actor'].userId), agent.userId.toHexString());
    });

    it('same status again › nothing is written', async () => {
      const conversation = await addConversation();
      const answer = await agent.patch(pathOf(conversation), { status: 'open' });
      assert.equal(answer.status, 200);
      assert.equal(etagOf(answer), '"1"');
      assert.deepEqual(answer.body['history'], []);
      assert.deepEqual(await api().auditOf(conversation._id.toHexString()), []);
    });

    it('two agents with the same ETag › one wins, the other gets 412', async () => {
      const conversation = await addConversation();
      const seen = ifMatch(await agent.get(pathOf(conversation)));
      const answers = await Promise.all([
        agent.patch(pathOf(conversation), { status: 'closed' }, seen),
        admin.patch(pathOf(conversation), { status: 'pending' }, seen),
      ]);
      assert.deepEqual(statusesOf(answers), [200, 412]);
      const lost = answers.find(({ status }) => status === 412);
      assert.equal(lost?.body['code'], 'precondition-failed');
      assert.equal((await api().auditOf(conversation._id.toHexString())).length, 1);
    });

    it('two agents without If-Match › both are written, one after the other', async () => {
      const conversation = await addConversation();
      const answers = await Promise.all([
        agent.patch(pathOf(conversation), { status: 'closed' }),
        admin.patch(pathOf(conversation), { status: 'pending' }),
      ]);
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200],
      );
      const after = await agent.get(pathOf(conversation));
      assert.equal(etagOf(after), '"3"');
      assert.equal((after.body['history'] as unknown[]).length, 2);
    });

    it('a message between reading and writing › does not make the agent’s change fail', async () => {
      const conversation = await addConversation();
      const seen = ifMatch(await agent.get(pathOf(conversation)));
      const { conversations } = api().api.core;
      const { clientId, channelId, contactId, _id } = conversation;
      const at = new Date(start + 60_000);
      await conversations.findOrOpen({ clientId }, { channelId, contactId }, at);
      await conversations.noteInbound({ clientId }, _id, { at, from: [] });
      await api().api.core.runInTransaction((session) =>
        conversations.noteArrival({ clientId }, _id, session),
      );
      const answer = await agent.patch(pathOf(conversation), { status: 'pending' }, seen);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body['unreadCount'], 1);
      assert.equal(answer.body['lastMessageAt'], '2026-11-23T09:01:00.000Z');
    });

    it('reopened beside a live one › 409 that names the live one', async () => {
      const live = await addConversation({ status: 'pending' });
      const { channelId, contactId } = live;
      const closed = await addConversation({ channelId, contactId, status: 'closed' });
      const answer = await agent.patch(pathOf(closed), { status: 'open' });
      assert.equal(codeOf(answer), '409 wrong-state');
      assert.deepEqual(
        [answer.body['conversationId'], answer.body['state']],
        [live._id.toHexString(), 'closed'],
      );
      assert.deepEqual(await api().auditOf(closed._id.toHexString()), []);
      assert.equal((await agent.get(pathOf(closed))).body['status'], 'closed');
    });

    it('two closed ones of a contact reopened at once › exactly one is open', async () => {
      const first = await addConversation({ status: 'closed' });
      const { channelId, contactId } = first;
      const second = await addConversation({ channelId, contactId, status: 'closed' });
      const answers = await Promise.all(
        [first, second].map((closed) => agent.patch(pathOf(closed), { status: 'open' })),
      );
      assert.deepEqual(statusesOf(answers), [200, 409]);
    });

    it('more history than is kept › the latest 50 stay', async () => {
      const history = Array.from({ length: 50 }, (_, index) => ({
        at: new Date(start + index),
        by: agent.userId,
        status: 'open' as const,
      }));
      const conversation = await addConversation({ history });
      const answer = await agent.patch(pathOf(conversation), { status: 'closed' });
      const entries = answer.body['history'] as { at: string; status: string }[];
      assert.equal(entries.length, 50);
      assert.equal(entries[0]?.at, new Date(start + 1).toISOString());
      assert.equal(entries.at(-1)?.status, 'closed');
    });

    it('wrong bodies and headers › 400 naming the path', async () => {
      const conversation = await addConversation();
      for (const [body, path] of [
        [{}, 'body.status'],
        [{ status: 'gone' }, 'body.status'],
        [{ status: null }, 'body.status'],
        [{ status: 'open', unreadCount: 0 }, 'body.unreadCount'],
        [{ status: { $ne: 'open' } }, 'body.status'],
      ] as const) {
        const answer = await agent.patch(pathOf(conversation), body);
        assert.equal(answer.status, 400, JSON.stringify(body));
        assert.deepEqual(issuePaths(answer), [path]);
      }
      const answer = await agent.patch(pathOf(conversation), { status: 'open' }, { 'if-match': 'W/"1"' });
      assert.deepEqual([answer.status, issuePaths(answer)], [400, ['headers.if-match']]);
    });
  });

  describe('assignment', () => {
    const assign = (conversation: ConversationRecord, agentId: string | null, headers = {}) =>
      agent.post(pathOf(conversation, '/assign'), { agentId }, headers);

    it('to an active user and back › history and audit say both', async () => {
      const conversation = await addConversation();
      const id = agent.userId.toHexString();
      const given = await assign(conversation, id);
      assert.equal(given.status, 200, given.text);
      assert.equal(given.body['assignedAgentId'], id);
      const taken = await assign(conversation, null, ifMatch(given));
      assert.equal(taken.body['assignedAgentId'], null);
      assert.equal(etagOf(taken), '"3"');
      const history = taken.body['history'] as Record<string, unknown>[];
      assert.deepEqual(
        history.map(({ assignedAgentId }) => assignedAgentId),
        [id, null],
      );
      const events = await api().auditOf(conversation._id.toHexString());
      assert.deepEqual(
        events.map(({ action, after }) => [action, String(after.assignedAgentId)]),
        [
          ['conversation.assigned', id],
          ['conversation.assigned', 'null'],
        ],
      );
      assert.deepEqual(
        await api()
          .collection('conversations')
          .countDocuments({ _id: conversation._id, assignedAgentId: { $exists: true } }),
        0,
      );
    });

    it('to the current agent › nothing is written', async () => {
      const conversation = await addConversation({ assignedAgentId: agent.userId });
      const answer = await assign(conversation, agent.userId.toHexString());
      assert.deepEqual([answer.status, etagOf(answer)], [200, '"1"']);
    });

    it('to a disabled user, another client’s user or an unknown id › refused, nothing changes', async () => {
      const disabled = await addMember(api(), admin, { status: 'disabled' });
      const conversation = await addConversation();
      for (const id of [stranger.userId, new Types.ObjectId()]) {
        assert.equal(codeOf(await assign(conversation, id.toHexString())), '404 not-found');
      }
      const answer = await assign(conversation, disabled.userId.toHexString());
      assert.deepEqual([answer.status, issuePaths(answer)], [400, ['body.agentId']]);
      assert.equal(etagOf(await agent.get(pathOf(conversation))), '"1"');
    });

    it('with an old ETag › 412', async () => {
      const conversation = await addConversation();
      const seen = ifMatch(await agent.get(pathOf(conversation)));
      await agent.patch(pathOf(conversation), { status: 'pending' });
      assert.equal(codeOf(await assign(conversation, null, seen)), '412 precondition-failed');
    });

    it('body without agentId › 400', async () => {
      const answer = await agent.post(pathOf(await addConversation(), '/assign'), {});
      assert.deepEqual([answer.status, issuePaths(answer)], [400, ['body.agentId']]);
    });
  });

  describe('who may', () => {
    it('another client › 404 on every route, and not in its list', async () => {
      const conversation = await addConversation({ unreadCount: 1 });
      const answers = [
        await stranger.get(pathOf(conversation)),
        await stranger.patch(pathOf(conversation), { status: 'closed' }),
        await stranger.post(pathOf(conversation, '/assign'), { agentId: stranger.userId.toHexString() }),
        await stranger.post(pathOf(conversation, '/assign'), { agentId: null }),
        await stranger.post(pathOf(conversation, '/read')),
      ];
      assert.deepEqual(
        answers.map(codeOf),
        answers.map(() => '404 not-found'),
      );
      assert.deepEqual(await idsOf('limit=100', stranger), []);
      assert.deepEqual(await idsOf(`contactId=${conversation.contactId.toHexString()}`, stranger), []);
      const after = await agent.get(pathOf(conversation));
      assert.deepEqual([etagOf(after), after.body['unreadCount']], ['"1"', 1]);
    });

    it('not signed in › 401 on every route', async () => {
      const path = `${api().url}${pathOf(await addConversation())}`;
      for (const [method, at] of [
        ['GET', `${api().url}/api/conversations`],
        ['GET', path],
        ['PATCH', path],
        ['POST', `${path}/assign`],
        ['POST', `${path}/read`],
      ] as const) {
        assert.equal((await fetch(at, { method })).status, 401, `${method} ${at}`);
      }
    });

    it('unknown id › 404; not an id › 400', async () => {
      const unknown = await agent.get(`/api/conversations/${new Types.ObjectId().toHexString()}`);
      assert.equal(codeOf(unknown), '404 not-found');
      assert.deepEqual(issuePaths(await agent.get('/api/conversations/1')), ['params.id']);
    });
  });

  describe('opened by a message', () => {
    it('new thread › version 1, empty history, found by the lists', async () => {
      const { clientId } = admin;
      const key = { channelId: new Types.ObjectId(), contactId: await addContact() };
      const opened = await api().api.core.conversations.findOrOpen({ clientId }, key, new Date(start));
      const answer = await agent.get(`/api/conversations/${opened._id.toHexString()}`);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual([etagOf(answer), answer.body['history']], ['"1"', []]);
      const again = await api().api.core.conversations.findOrOpen({ clientId }, key, new Date(start + 1));
      assert.deepEqual(again._id, opened._id);
    });
  });
});
