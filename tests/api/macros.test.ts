import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createInboundService } from '../../src/sending/messages/incoming/inbound.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { parseWebhookBody } from '../../src/whatsapp/events.ts';
import { newWamid } from '../support/consent.ts';
import { phoneEndingIn } from '../support/crm-client.ts';
import { issuePaths, type Answer } from '../support/http.ts';
import {
  addMember,
  codeOf,
  ifMatch,
  readInPairs,
  signUpAdmin,
  statusesOf,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';
import { useWorkerCore } from '../support/worker-core.ts';

describe('macros', function () {
  this.timeout(60_000);
  const api = useMessagingApi('macros');
  const core = useWorkerCore(api);
  let admin: Member;
  let agent: Member;
  let other: Member;

  beforeEach(async () => {
    admin = await signUpAdmin(api());
    [agent, other] = await Promise.all([addMember(api(), admin), addMember(api(), admin)]);
  });

  const hex = ({ userId }: Member): string => userId.toHexString();

  async function create(path: string, body: object, who = admin): Promise<string> {
    const answer = await who.post(path, body);
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body['id']);
  }
  const make = (actions: readonly object[], fields: object = {}, who = agent): Promise<string> =>
    create('/api/macros', { name: `M ${new Types.ObjectId().toHexString()}`, actions, ...fields }, who);
  const newLabel = () => create('/api/labels', { name: `L ${new Types.ObjectId().toHexString()}` });

  /** A contact writes, which opens the window; returns the id of the conversation. */
  async function hear(phone = phoneEndingIn('01')): Promise<string> {
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const message = { id: newWamid(), from: phone.slice(1), timestamp, type: 'text', text: { body: 'Hi' } };
    const [item] = parseWebhookBody(JSON.stringify({ messages: [message] }));
    assert.ok(item?.kind === 'message');
    const { items } = (await admin.get('/api/channels')).body as { items: { id: string }[] };
    const channelId = new Types.ObjectId(items[0]?.id);
    await createInboundService(core()).receive(scopeOf(admin.clientId), channelId, item);
    const page = (await admin.get('/api/conversations?limit=1')).body as { items: { id: string }[] };
    return page.items[0]?.id ?? assert.fail('no conversation');
  }
  const closeWindow = (id: string) =>
    api()
      .collection('conversations')
      .updateOne({ _id: new Types.ObjectId(id) }, { $set: { windowExpiresAt: new Date(0) } });

  const run = (id: string, macroId: string, who = agent, headers = {}): Promise<Answer> =>
    who.post(`/api/conversations/${id}/run-macro`, { macroId }, headers);

  /** With the problem of each one that was skipped. */
  async function runOnMany(ids: readonly string[], macroId: string) {
    const body = { ids, action: { type: 'run-macro', macroId } };
    const answer = await agent.post('/api/conversations/bulk', body);
    assert.equal(answer.status, 200, answer.text);
    const { changed, skipped } = answer.body as {
      changed: string[];
      skipped: { id: string; code: string }[];
    };
    return { changed, skipped: skipped.map(({ id, code }) => [id, code]) };
  }

  /** All that a macro could have changed. */
  async function stateOf(id: string): Promise<string> {
    const ofConversation = { conversationId: new Types.ObjectId(id) };
    const found = await Promise.all([
      api()
        .collection('conversations')
        .findOne({ _id: new Types.ObjectId(id) }, { projection: { unpublishedAt: 0, isUnannounced: 0 } }),
      api().collection('messages').countDocuments(ofConversation),
      api().collection('notes').countDocuments(ofConversation),
      api().collection('notifications').countDocuments(ofConversation),
      api().collection('timers').countDocuments({ clientId: admin.clientId }),
      api().auditOf(id),
    ]);
    return JSON.stringify(found);
  }
  const sentIn = (id: string) =>
    api()
      .collection('messages')
      .find({ conversationId: new Types.ObjectId(id), direction: 'outbound' })
      .toArray();

  it('own and shared › a colleague’s own does not exist, and only admins change shared ones', async () => {
    const own = await make([{ type: 'take' }]);
    const shared = await make([{ type: 'take' }], { scope: 'shared' }, admin);
    const conversation = await hear();
    assert.equal((await other.get(`/api/macros/${own}`)).status, 404);
    assert.equal((await run(conversation, own, other)).status, 404);
    assert.equal((await other.delete(`/api/macros/${own}`)).status, 404);
    assert.equal(codeOf(await agent.patch(`/api/macros/${shared}`, { name: 'Mine' })), '403 forbidden');
    const push = { name: 'Push', scope: 'shared', actions: [{ type: 'take' }] };
    assert.equal(codeOf(await agent.post('/api/macros', push)), '403 forbidden');
    assert.equal((await run(conversation, shared, other)).status, 200);
    const { items } = (await other.get('/api/macros')).body as { items: { id: string }[] };
    assert.deepEqual(
      items.map(({ id }) => id),
      [shared],
    );
  });

  it('what is saved › is shown as it was given, by name, on every page', async () => {
    const labels = [await newLabel()];
    const cannedReplyId = await create(
      '/api/canned-replies',
      { shortCode: 'thx', body: 'Thank you {{x}}.' },
      agent,
    );
    const actions = [
      { type: 'set-status', status: 'open' },
      { type: 'assign', agentId: hex(other) },
      { type: 'assign', agentId: null },
      { type: 'take' },
      { type: 'add-labels', labels },
      { type: 'remove-labels', labels },
      { type: 'note', body: `Ask @[${hex(other)}]` },
      { type: 'snooze', preset: 'monday-morning', zone: 'Europe/Berlin' },
      { type: 'give-back' },
      { type: 'send-canned-reply', cannedReplyId, values: { x: 'Ana' } },
    ];
    const id = await make(actions, { name: 'b' });
    assert.deepEqual((await agent.get(`/api/macros/${id}`)).body['actions'], actions);
    const variables = { body: ['Ana'], offerExpiresAt: '2030-01-01T00:00:00.000Z' };
    const template = [{ type: 'send-template', templateName: 'hello_world', language: 'en_US', variables }];
    const second = await make(template, { name: 'A' });
    assert.deepEqual((await agent.get(`/api/macros/${second}`)).body['actions'], template);
    await make([{ type: 'snooze', untilReply: true }], { name: 'c' });
    const items = await readInPairs<{ name: string }>(agent, '/api/macros');
    assert.deepEqual(
      items.map(({ name }) => name),
      ['A', 'b', 'c'],
    );
  });

  it('a macro with several faults › names each of them', async () => {
    const actions = [
      { type: 'send-text', body: 'A' },
      { type: 'send-text', body: 'B' },
      { type: 'snooze', untilReply: true, preset: 'tomorrow-morning', zone: 'Europe/Berlin' },
    ];
    const bad = await agent.post('/api/macros', { name: 'Bad', actions });
    assert.deepEqual(issuePaths(bad).toSorted(), [
      ...['body.actions.1', 'body.actions.2.preset', 'body.actions.2.untilReply'],
    ]);
    const absolute = [{ type: 'snooze', snoozedUntil: '2030-01-01T00:00:00Z' }];
    assert.equal((await agent.post('/api/macros', { name: 'Bad', actions: absolute })).status, 400);
    const eleven = Array.from({ length: 11 }, () => ({ type: 'take' }));
    assert.deepEqual(issuePaths(await agent.post('/api/macros', { name: 'Bad', actions: eleven })), [
      'body.actions',
    ]);
    const own = await create('/api/canned-replies', { shortCode: 'own', body: 'Yes.' });
    const shared = {
      name: 'Bad',
      scope: 'shared',
      actions: [{ type: 'send-canned-reply', cannedReplyId: own }],
    };
    const hidden = await admin.post('/api/macros', shared);
    assert.deepEqual(
      [codeOf(hidden), issuePaths(hidden)],
      ['400 invalid-input', ['body.actions.0.cannedReplyId']],
    );
  });

  it('run › decisions and notes in their order with a version each, and the message last, in this conversation', async () => {
    const labels = [await newLabel(), await newLabel()];
    const reply = await create('/api/canned-replies', {
      ...{ shortCode: 'done', scope: 'shared', body: 'Hello {{agent_name}}, {{order}} is paid.' },
    });
    const conversation = await hear();
    const before = (await agent.get(`/api/conversations/${conversation}`)).headers.get('etag');
    const macro = await make([
      { type: 'send-canned-reply', cannedReplyId: reply, values: { order: '1042' } },
      { type: 'take' },
      { type: 'add-labels', labels },
      { type: 'remove-labels', labels: [labels[0]] },
      { type: 'note', body: `Refunded, @[${hex(other)}]` },
      { type: 'set-status', status: 'closed' },
    ]);
    const answer = await run(conversation, macro);
    assert.equal(answer.status, 200, answer.text);
    const {
      conversation: shown,
      messageId,
      noteIds,
    } = answer.body as unknown as {
      conversation: { status: string; assignedAgentId: string; labels: string[] };
      messageId: string;
      noteIds: string[];
    };
    assert.deepEqual(
      [shown.status, shown.assignedAgentId, shown.labels],
      ['closed', hex(agent), [labels[1]]],
    );
    assert.deepEqual([before, answer.headers.get('etag')], ['"1"', '"5"']);
    const audited = await api().auditOf(conversation);
    assert.deepEqual(
      audited.map(({ action }) => action),
      [
        ...['conversation.assigned', 'conversation.labels-replaced', 'conversation.labels-replaced'],
        'conversation.status-changed',
      ],
    );
    const [message, ...more] = await sentIn(conversation);
    assert.deepEqual([String(message?.['_id']), more], [messageId, []]);
    assert.deepEqual(message?.['content'].text, 'Hello Jane Doe, 1042 is paid.');
    assert.deepEqual(
      [message?.['status'], message?.['turn'], String(message?.['createdBy'])],
      ['queued', 1, hex(agent)],
    );
    assert.equal(noteIds.length, 1);
    assert.equal((await other.get('/api/notifications')).body['items'] instanceof Array, true);
    const { items } = (await other.get('/api/notifications')).body as { items: unknown[] };
    assert.equal(items.length, 1);
  });

  it('an action that is refused › nothing has happened, and the answer names it', async () => {
    const label = await newLabel();
    const conversation = await hear();
    const many = await Promise.all(Array.from({ length: 20 }, newLabel));
    assert.equal(
      (await agent.put(`/api/conversations/${conversation}/labels`, { labels: many })).status,
      200,
    );
    await other.post(`/api/conversations/${conversation}/take`);
    const note = { type: 'note', body: `Look, @[${hex(other)}]` };
    const text = { type: 'send-text', body: 'Done.' };
    const snooze = { type: 'snooze', untilReply: true };
    const closed = { type: 'set-status', status: 'closed' };
    for (const [actions, code, path] of [
      [[note, closed, { type: 'give-back' }, text], '409 wrong-state', 'macro.actions.2'],
      [[note, { type: 'take' }], '409 wrong-state', 'macro.actions.1'],
      [[text, note, closed, snooze], '409 wrong-state', 'macro.actions.3'],
      [[closed, text, { type: 'add-labels', labels: [label] }], '409 wrong-state', 'macro.actions.2'],
      [[{ type: 'assign', agentId: 'auto' }, text], '409 wrong-state', 'macro.actions.0'],
    ] as const) {
      const macro = await make(actions);
      const before = await stateOf(conversation);
      const refused = await run(conversation, macro);
      assert.deepEqual([codeOf(refused), issuePaths(refused)], [code, [path]], refused.text);
      assert.equal(await stateOf(conversation), before, `${path} changed something`);
    }
  });

  it('the window is closed › nothing has happened, the action is named, and templates are proposed', async () => {
    const conversation = await hear();
    await closeWindow(conversation);
    const macro = await make([{ type: 'take' }, { type: 'send-text', body: 'Done.' }]);
    const before = await stateOf(conversation);
    const refused = await run(conversation, macro);
    assert.deepEqual([codeOf(refused), issuePaths(refused)], ['409 window-closed', ['macro.actions.1']]);
    assert.ok(Array.isArray(refused.body['templates']));
    assert.equal(await stateOf(conversation), before);
    const withTemplate = await make([
      { type: 'take' },
      { type: 'send-template', templateName: 'hello_world' },
    ]);
    const answer = await run(conversation, withTemplate);
    assert.equal(answer.status, 200, answer.text);
    const [message] = await sentIn(conversation);
    assert.deepEqual([message?.['templateName'], message?.['turn']], ['hello_world', undefined]);
  });

  it('a conversation that is closed › a message is refused unless the macro opens it first', async () => {
    const conversation = await hear();
    await agent.patch(`/api/conversations/${conversation}`, { status: 'closed' });
    const text = { type: 'send-text', body: 'One more thing.' };
    const label = { type: 'add-labels', labels: [await newLabel()] };
    const before = await stateOf(conversation);
    const refused = await run(conversation, await make([label, text]));
    assert.deepEqual([codeOf(refused), issuePaths(refused)], ['409 wrong-state', ['macro.actions.1']]);
    assert.equal(await stateOf(conversation), before);
    assert.equal((await run(conversation, await make([label]))).status, 200);
    const open = { type: 'set-status', status: 'open' };
    const opened = await run(conversation, await make([text, open]));
    assert.equal(opened.status, 200, opened.text);
    assert.equal((await sentIn(conversation)).length, 1);
  });

  it('what a macro names and is gone since › refused with its place', async () => {
    const label = await newLabel();
    const reply = await create('/api/canned-replies', { shortCode: 'gone', body: 'Yes {{what}}.' }, agent);
    const conversation = await hear();
    const cases = [
      [[{ type: 'take' }, { type: 'add-labels', labels: [label] }], 'macro.actions.1.labels.0'],
      [[{ type: 'take' }, { type: 'assign', agentId: hex(other) }], 'macro.actions.1.agentId'],
      [[{ type: 'note', body: `@[${hex(other)}]` }], 'macro.actions.0.mentions.0'],
      [[{ type: 'send-template', templateName: 'no_such_template' }], 'macro.actions.0.templateName'],
    ] as const;
    const macros = await Promise.all(cases.map(([actions]) => make(actions)));
    const unfilled = await make([{ type: 'take' }, { type: 'send-canned-reply', cannedReplyId: reply }]);
    const missing = await run(conversation, unfilled);
    assert.deepEqual(
      [codeOf(missing), issuePaths(missing)],
      ['400 invalid-input', ['macro.actions.1.values.what']],
    );
    assert.equal((await agent.delete(`/api/canned-replies/${reply}`)).status, 204);
    assert.deepEqual(issuePaths(await run(conversation, unfilled)), ['macro.actions.1']);
    assert.equal((await admin.delete(`/api/labels/${label}`)).status, 204);
    await admin.patch(`/api/users/${hex(other)}`, { status: 'disabled' });
    const before = await stateOf(conversation);
    for (const [index, macro] of macros.entries()) {
      const refused = await run(conversation, macro);
      assert.ok(refused.status >= 400 && refused.status < 500, refused.text);
      assert.deepEqual(issuePaths(refused), [cases[index]?.[1]]);
    }
    assert.equal(await stateOf(conversation), before);
  });

  it('a closed conversation beside a live one › reopening is refused by the name of the live one', async () => {
    const phone = phoneEndingIn('01');
    const closed = await hear(phone);
    await agent.patch(`/api/conversations/${closed}`, { status: 'closed' });
    assert.equal((await admin.patch('/api/inbox-settings', { reopenWithinHours: 0 })).status, 200);
    await api()
      .collection('conversations')
      .updateOne({ _id: new Types.ObjectId(closed) }, { $set: { closedAt: new Date(0) } });
    const live = await hear(phone);
    assert.notEqual(live, closed);
    const macro = await make([
      { type: 'note', body: 'Again.' },
      { type: 'set-status', status: 'open' },
    ]);
    const before = await stateOf(closed);
    const refused = await run(closed, macro);
    assert.deepEqual(
      [codeOf(refused), refused.body['conversationId'], issuePaths(refused)],
      ['409 wrong-state', live, ['macro.actions.1']],
    );
    assert.equal(await stateOf(closed), before);
  });

  it('If-Match of an older version › refused; the same key twice › done once', async () => {
    const conversation = await hear();
    const path = `/api/conversations/${conversation}`;
    const seen = await agent.get(path);
    await agent.post(`${path}/take`);
    const macro = await make([
      { type: 'note', body: 'Once.' },
      { type: 'send-text', body: 'Once.' },
    ]);
    assert.equal(codeOf(await run(conversation, macro, agent, ifMatch(seen))), '412 precondition-failed');
    const key = { 'idempotency-key': 'run-it-once' };
    const first = await run(conversation, macro, agent, key);
    assert.equal(first.status, 200, first.text);
    assert.deepEqual((await run(conversation, macro, agent, key)).body, first.body);
    assert.equal((await sentIn(conversation)).length, 1);
    assert.equal(await api().collection('notes').countDocuments({ clientId: admin.clientId }), 1);
  });

  it('many agents at once › a macro that takes is done by one, and by the others not at all', async () => {
    const conversation = await hear();
    const macro = await make(
      [{ type: 'take' }, { type: 'note', body: 'Mine.' }, { type: 'send-text', body: 'I help you.' }],
      { scope: 'shared' },
      admin,
    );
    const answers = await Promise.all([admin, agent, other].map((who) => run(conversation, macro, who)));
    assert.deepEqual(statusesOf(answers), [200, 409, 409]);
    assert.equal((await sentIn(conversation)).length, 1);
    assert.equal(await api().collection('notes').countDocuments({ clientId: admin.clientId }), 1);
  });

  it('bulk, a contact who has opted out › skipped, while the macro may answer it alone', async () => {
    const [fine, stopped] = [await hear(phoneEndingIn('01')), await hear(phoneEndingIn('02'))];
    const { body: thread } = await agent.get(`/api/conversations/${stopped}`);
    const optOut = { optInStatus: 'opted-out', consent: { source: 'phone' } };
    assert.equal((await agent.patch(`/api/contacts/${String(thread['contactId'])}`, optOut)).status, 200);
    const macroId = await make([{ type: 'send-text', body: 'Half price today.' }]);
    const { changed, skipped } = await runOnMany([fine, stopped], macroId);
    assert.deepEqual(changed, [fine]);
    assert.deepEqual(skipped, [[stopped, 'contact-opted-out']]);
    assert.deepEqual((await sentIn(stopped)).length, 0);
    assert.deepEqual(statusesOf([await run(stopped, macroId)]), [200]);
  });

  it('bulk › runs it on each, and names those where it was refused', async () => {
    const fine = await hear(phoneEndingIn('01'));
    const shut = await hear(phoneEndingIn('02'));
    assert.notEqual(fine, shut);
    await closeWindow(shut);
    const macroId = await make([{ type: 'take' }, { type: 'send-text', body: 'Hello.' }]);
    const { changed, skipped } = await runOnMany([fine, shut], macroId);
    assert.deepEqual(changed, [fine]);
    assert.deepEqual(skipped, [[shut, 'window-closed']]);
    assert.equal((await agent.get(`/api/conversations/${shut}`)).body['assignedAgentId'], null);
  });
});
