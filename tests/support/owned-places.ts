import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { TestApi } from './api.ts';
import { addColleague, type Colleague } from './colleagues.ts';
import { phoneEndingIn, type CrmUser, type MessageJson } from './crm-client.ts';
import { makeJpeg } from './files.ts';
import { call, type Answer } from './http.ts';
import { importPlaces } from './import-samples.ts';
import { plainPlaces } from './plain-routes.ts';
import { inDays } from './times.ts';

/** A client with one object of every kind. */
export interface Owner {
  readonly user: CrmUser;
  readonly agent: Colleague;
  readonly message: MessageJson;
  readonly leadId: string;
  readonly templateId: string;
  readonly replyId: string;
  readonly macroId: string;
  /** Creates an object by a POST; returns its id. For places whose valid request uses the object up. */
  create(path: string, body: object): Promise<string>;
  /** Makes a POST that is a precondition; fails unless the answer is 2xx. */
  prepare(path: string): Promise<void>;
  /** A message that has failed. */
  failMessage(): Promise<string>;
  /** An uploaded picture. */
  upload(): Promise<string>;
  /** An import of a file that has just arrived. */
  uploadContacts(): Promise<string>;
  invite(): Promise<string>;
  addAgent(): Promise<Colleague>;
  newSession(): Promise<string>;
  newOperatorAccess(): Promise<string>;
}

/** One way to name an object of a client; `id` is the owner's or made up. */
export interface Place {
  /** As in the route table. */
  readonly route: string;
  readonly what: string;
  readonly idOf: (owner: Owner) => string | Promise<string>;
  /** The body, also for a request with another client's id; made of the asking client's objects. */
  readonly body?: (id: string, asking: Owner) => object;
  /** The path's own id, if the foreign id is in the body. */
  readonly ownIdOf?: (asking: Owner) => string;
  /** The owner's status, which proves that not everybody is refused. */
  readonly ownStatus: number;
}

/** The asking client, and the id it asks for. */
export interface Asking {
  readonly id: string;
  /** The owner of the request's other objects. */
  readonly as: Owner;
  readonly token?: string;
}

export function askPlace(url: string, place: Place, { id, as, token }: Asking): Promise<Answer> {
  const { route, body, ownIdOf } = place;
  const [method = '', path = ''] = route.split(' ');
  return call(`${url}${path.replace(':id', ownIdOf?.(as) ?? id)}`, {
    method: method.toUpperCase(),
    ...(token === undefined ? {} : { token }),
    ...(body === undefined ? {} : { json: body(id, as) }),
  });
}

export async function makeOwner(api: TestApi): Promise<Owner> {
  const user = await api.signUp();
  const agent = await addColleague(api, user);
  const message = await user.send({ to: phoneEndingIn('01'), sendAt: inDays(30) });
  const lead = await api.collection('leads').findOne({ contactId: new Types.ObjectId(message.contactId) });
  const template = await api.collection('templates').findOne({ clientId: new Types.ObjectId(user.clientId) });
  const create = async (path: string, body: object) => {
    const answer = await user.call<{ id: string }>(path, { body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.id;
  };
  return {
    user,
    agent,
    message,
    leadId: lead?._id.toHexString() ?? '',
    replyId: await create('/api/canned-replies', { shortCode: newName(), body: 'Yes.', scope: 'shared' }),
    macroId: await create('/api/macros', { name: newName(), scope: 'shared', actions: [{ type: 'take' }] }),
    templateId: template?._id.toHexString() ?? '',
    create,
    async prepare(path) {
      const { status, body } = await user.call(path, { method: 'POST' });
      assert.ok(status < 300, JSON.stringify(body));
    },
    async failMessage() {
      const { id } = await user.send({ to: phoneEndingIn('05'), channelId: user.channelId });
      const failed = { status: 'failed', failure };
      await api.collection('messages').updateOne({ _id: new Types.ObjectId(id) }, { $set: failed });
      return id;
    },
    async upload() {
      const answer = await call(`${api.url}/api/media`, {
        method: 'POST',
        token: user.token,
        raw: new Uint8Array(await makeJpeg()),
        headers: { 'content-type': 'image/jpeg' },
      });
      assert.equal(answer.status, 201, answer.text);
      return String(answer.body['id']);
    },
    async uploadContacts() {
      const answer = await call(`${api.url}/api/imports`, {
        ...{ method: 'POST', token: user.token, headers: { 'content-type': 'text/csv' } },
        raw: `phone\n${phoneEndingIn('06')}`,
      });
      assert.equal(answer.status, 202, answer.text);
      return String(answer.body['id']);
    },
    invite: () => create('/api/users', { name: 'Ana', email: `ana-${newName()}@example.com` }),
    addAgent: () => addColleague(api, user),
    async newSession() {
      const body = { email: user.email, password: user.password };
      assert.equal((await user.call('/api/auth/login', { body })).status, 200);
      const userId = new Types.ObjectId(user.userId);
      const newest = await api.collection('sessions').findOne({ userId }, { sort: { _id: -1 } });
      return newest?._id.toHexString() ?? '';
    },
    async newOperatorAccess() {
      const access = {
        clientId: new Types.ObjectId(user.clientId),
        operatorId: new Types.ObjectId(),
        operatorClientId: new Types.ObjectId(),
        operatorName: 'Kim Night',
        reason: 'alert ChannelPaused',
        tokenHash: newName(),
        createdAt: new Date(),
        expiresAt: new Date(Date.now() + 900_000),
      };
      return (await api.collection('operator_accesses').insertOne(access)).insertedId.toHexString();
    },
  };
}

const failure = {
  ...{ code: '131026', class: 'recipient', title: 'Message undeliverable', detail: '', advice: '' },
};

const newName = (): string => new Types.ObjectId().toHexString();

const body = { type: 'BODY', text: 'Hello, your order is on its way. Thank you.' };
const newTemplate = ({ create, user }: Owner): Promise<string> =>
  create('/api/templates', templateOn(user.channelId));
const templateOn = (channelId: string) => ({
  ...{ channelId, name: `t_${newName()}`, language: 'en_US', category: 'utility', components: [body] },
});
const newChannel = ({ create }: Owner): Promise<string> =>
  create('/api/channels', {
    ...{ displayNumber: phoneEndingIn('01'), phoneNumberId: newName(), wabaId: '1', accessToken: 'token' },
  });
const newContact = ({ create }: Owner): Promise<string> =>
  create('/api/contacts', { phoneNumber: phoneEndingIn('02') });
const newLead = ({ create }: Owner): Promise<string> =>
  create('/api/leads', { phoneNumber: phoneEndingIn('03') });

const newLabel = ({ create }: Owner): Promise<string> => create('/api/labels', { name: newName() });

const newGroup = ({ create }: Owner): Promise<string> => create('/api/contact-groups', { name: newName() });

const newTeam = ({ create }: Owner): Promise<string> => create('/api/teams', { name: newName() });

const newView = ({ create }: Owner, filter: object = {}): Promise<string> =>
  create('/api/views', { name: newName(), scope: 'shared', filter });

const macroOf = (action: object) => ({ name: newName(), actions: [action] });

const newNote = (owner: Owner): Promise<string> =>
  owner.create('/api/notes', { conversationId: conversationId(owner), body: 'Paid twice.' });

async function newNotification(owner: Owner): Promise<string> {
  const { user, agent } = owner;
  const note = { body: `@[${user.userId}]`, mentions: [user.userId] };
  const body = { ...note, conversationId: conversationId(owner) };
  assert.equal((await user.call('/api/notes', { token: agent.token, body })).status, 201);
  const page = await user.call<{ items: { id: string }[] }>('/api/notifications');
  return page.body.items[0]?.id ?? assert.fail('nobody was notified');
}

const template = (who: object) => ({ templateName: 'hello_world', ...who });
const conversationId = ({ message }: Owner): string => message.conversationId;
const contactId = ({ message }: Owner): string => message.contactId;
const channelId = ({ user }: Owner): string => user.channelId;
const templateId = (owner: Owner): string => owner.templateId;
const leadId = (owner: Owner): string => owner.leadId;
const agentId = ({ agent }: Owner): string => agent.userId;
const inPath = (route: string, ownStatus: number, idOf: Place['idOf'], json?: object): Place => ({
  ...{ route, what: 'the object in the path', idOf, ownStatus },
  ...(json === undefined ? {} : { body: () => json }),
});
const inBody = (
  route: string,
  what: string,
  place: Pick<Place, 'idOf' | 'body' | 'ownStatus'> & Partial<Place>,
): Place => ({ route, what, ...place });

const sends = 'post /api/messages/template';
const answers = 'post /api/messages';
const text = (who: object) => ({ content: { type: 'text', body: 'Yes' }, ...who });
const to = '+4915112345601';

const rows: readonly Place[] = [
  inPath('get /api/messages/:id', 200, ({ message }) => message.id),
  inPath('get /api/messages/:id/timeline', 200, ({ message }) => message.id),
  inPath('patch /api/messages/:id', 200, ({ message }) => message.id, { sendAt: inDays(60) }),
  inPath('post /api/messages/:id/retry', 201, ({ failMessage }) => failMessage(), {}),
  inPath('get /api/clients/:id', 200, ({ user }) => user.clientId),
  inPath('patch /api/clients/:id', 200, ({ user }) => user.clientId, { companyName: 'Another' }),
  inPath('get /api/clients/:id/sending-policy', 200, ({ user }) => user.clientId),
  inPath('patch /api/clients/:id/sending-policy', 200, ({ user }) => user.clientId, {
    appliesTo: 'marketing',
  }),
  inPath('get /api/users/:id', 200, agentId),
  inPath('patch /api/users/:id', 200, agentId, { name: 'Another' }),
  inPath('post /api/users/:id/invite', 200, ({ invite }) => invite()),
  {
    ...inPath('post /api/users/:id/email-change', 202, agentId),
    body: (_id, { user }) => ({ newEmail: `${newName()}@example.com`, currentPassword: user.password }),
  },
  inPath('delete /api/users/:id/sessions', 204, async ({ addAgent }) => (await addAgent()).userId),
  inPath('delete /api/auth/sessions/:id', 204, ({ newSession }) => newSession()),
  inPath('get /api/operator-accesses/:id', 200, ({ newOperatorAccess }) => newOperatorAccess()),
  inPath('delete /api/operator-accesses/:id', 204, ({ newOperatorAccess }) => newOperatorAccess()),
  inPath('get /api/channels/:id', 200, channelId),
  inPath('patch /api/channels/:id', 200, channelId, { sendsPerSecond: 7 }),
  inPath('delete /api/channels/:id', 204, newChannel),
  inPath('post /api/channels/:id/pause', 200, newChannel),
  inPath('post /api/channels/:id/resume', 200, async (owner) => {
    const id = await newChannel(owner);
    await owner.prepare(`/api/channels/${id}/pause`);
    return id;
  }),
  // No provider answers in these tests: the owner's request fails there.
  inPath('post /api/channels/:id/verify', 503, channelId),
  inPath('get /api/channels/:id/events', 200, newChannel),
  inPath('post /api/channels/:id/webhook-key', 200, newChannel),
  inPath('get /api/templates/:id', 200, templateId),
  inPath('patch /api/templates/:id', 200, newTemplate, { category: 'marketing' }),
  inPath('delete /api/templates/:id', 204, newTemplate),
  inPath('post /api/templates/:id/preview', 200, newTemplate, {}),
  // No provider answers in these tests, so a template stays a draft.
  inPath('post /api/templates/:id/submit', 503, newTemplate),
  // It is not paused.
  inPath('post /api/templates/:id/unpause', 409, newTemplate),
  inPath('get /api/conversations/:id', 200, conversationId),
  inPath('patch /api/conversations/:id', 200, conversationId, { status: 'pending' }),
  inPath('post /api/conversations/:id/read', 200, conversationId),
  inBody('post /api/conversations/:id/read', 'the last message that was seen', {
    ...{ idOf: ({ message }) => message.id, body: (id) => ({ messageId: id }), ownStatus: 200 },
    ownIdOf: conversationId,
  }),
  inPath('post /api/conversations/:id/unread', 200, conversationId),
  inBody('post /api/conversations/:id/unread', 'the first unread message', {
    ...{ idOf: ({ message }) => message.id, body: (id) => ({ messageId: id }), ownStatus: 200 },
    ownIdOf: conversationId,
  }),
  inPath('get /api/conversations/:id/seen', 200, conversationId),
  inPath('post /api/conversations/:id/typing', 204, conversationId),
  inPath('post /api/conversations/:id/assign', 200, conversationId, { agentId: null }),
  inPath('put /api/agents/:id/capacity', 200, agentId, { capacity: 3 }),
  inPath('post /api/conversations/:id/take', 200, conversationId),
  inPath('post /api/conversations/:id/give-back', 200, async (owner) => {
    await owner.prepare(`/api/conversations/${conversationId(owner)}/take`);
    return conversationId(owner);
  }),
  inPath('post /api/conversations/:id/snooze', 200, conversationId, { untilReply: true }),
  inPath('put /api/conversations/:id/labels', 200, conversationId, { labels: [] }),
  inBody('put /api/conversations/:id/labels', 'a label', {
    ...{ idOf: newLabel, body: (id) => ({ labels: [id] }), ownStatus: 200 },
    ownIdOf: conversationId,
  }),
  inBody('post /api/contacts/bulk', 'a contact group', {
    ...{ idOf: newGroup, ownStatus: 200 },
    body: (id, asking) => ({
      ids: [asking.message.contactId],
      action: { type: 'add-to-group', groupId: id },
    }),
  }),
  inBody('post /api/teams', 'a member', {
    ...{ idOf: agentId, body: (id) => ({ name: newName(), userIds: [id] }), ownStatus: 201 },
  }),
  inBody('post /api/assignment-policies', 'a team', {
    ...{ idOf: newTeam, body: (id) => ({ name: 'Of a team', priority: 33, teamId: id }), ownStatus: 201 },
  }),
  {
    ...inPath('post /api/conversations/:id/run-macro', 200, conversationId),
    body: (_id, { macroId }) => ({ macroId }),
  },
  inBody('post /api/conversations/:id/run-macro', 'a macro', {
    ...{ idOf: ({ macroId }) => macroId, body: (id) => ({ macroId: id }), ownStatus: 200 },
    ownIdOf: conversationId,
  }),
  inBody('post /api/macros', 'a label', {
    ...{ idOf: newLabel, body: (id) => macroOf({ type: 'add-labels', labels: [id] }), ownStatus: 201 },
  }),
  inBody('post /api/macros', 'an agent', {
    ...{ idOf: agentId, body: (id) => macroOf({ type: 'assign', agentId: id }), ownStatus: 201 },
  }),
  inBody('post /api/macros', 'a mentioned user', {
    ...{ idOf: agentId, body: (id) => macroOf({ type: 'note', body: `Ask @[${id}]` }), ownStatus: 201 },
  }),
  inBody('post /api/macros', 'a canned reply', {
    ...{ idOf: ({ replyId }) => replyId, ownStatus: 201 },
    body: (id) => macroOf({ type: 'send-canned-reply', cannedReplyId: id }),
  }),
  inPath('get /api/views/:id/conversations', 200, (owner) => newView(owner)),
  inPath('patch /api/views/:id', 200, (owner) => newView(owner), { filter: { unread: 'true' } }),
  ...(
    [
      ['channelId', channelId],
      ['assignedAgentId', agentId],
      ['teamId', newTeam],
      ['leadId', leadId],
      ['contactId', contactId],
      ['labelId', newLabel],
    ] as const
  ).map(([field, idOf]) =>
    inBody('post /api/views', `the ${field} of a filter`, {
      ...{ idOf, ownStatus: 201 },
      body: (id) => ({ name: newName(), filter: { [field]: id } }),
    }),
  ),
  inPath('get /api/notes/:id', 200, newNote),
  inPath('patch /api/notes/:id', 200, newNote, { body: 'Another' }),
  inPath('delete /api/notes/:id', 204, newNote),
  inBody('post /api/notes', 'a conversation', {
    ...{ idOf: conversationId, body: (id) => ({ conversationId: id, body: 'Done' }), ownStatus: 201 },
  }),
  inBody('post /api/notes', 'a mentioned user', {
    ...{ idOf: agentId, ownStatus: 201 },
    body: (id, asking) => ({
      ...{ conversationId: conversationId(asking), body: `Ask @[${id}]`, mentions: [id] },
    }),
  }),
  inBody('post /api/notifications/read', 'a notification', {
    ...{ idOf: newNotification, body: (id) => ({ upTo: id }), ownStatus: 200 },
  }),
  {
    ...inPath('post /api/canned-replies/:id/render', 200, ({ replyId }) => replyId),
    body: (_id, asking) => ({ conversationId: conversationId(asking) }),
  },
  inBody('post /api/canned-replies/:id/render', 'a conversation', {
    ...{ idOf: conversationId, body: (id) => ({ conversationId: id }), ownStatus: 200 },
    ownIdOf: ({ replyId }) => replyId,
  }),
  inPath('get /api/contacts/:id', 200, contactId),
  inPath('get /api/contacts/:id/consent', 200, contactId),
  inPath('patch /api/contacts/:id', 200, contactId, { name: 'Another' }),
  inPath('delete /api/contacts/:id', 204, newContact),
  inPath('patch /api/leads/:id', 200, newLead, { stage: 'contacted' }),
  inPath('delete /api/leads/:id', 204, newLead),
  inBody(sends, 'a contact', {
    ...{
      idOf: contactId,
      body: (id, { user }) => template({ contactId: id, channelId: user.channelId }),
      ownStatus: 201,
    },
  }),
  inBody(sends, 'a lead', {
    idOf: leadId,
    body: (id, { user }) => template({ leadId: id, channelId: user.channelId }),
    ownStatus: 201,
  }),
  inBody(sends, 'a conversation', {
    ...{ idOf: conversationId, body: (id) => template({ conversationId: id }), ownStatus: 201 },
  }),
  inBody(sends, 'a channel', {
    ...{ idOf: channelId, body: (id) => template({ to, channelId: id }), ownStatus: 201 },
  }),
  // The owner's message has not been sent, so it cannot be replied to yet.
  inBody(sends, 'a message to reply to', {
    ...{ idOf: ({ message }) => message.id, ownStatus: 400 },
    body: (id, asking) => template({ conversationId: conversationId(asking), replyTo: id }),
  }),
  // Nobody has written to the owner either, so the window is closed.
  inBody(answers, 'a contact', {
    ...{ idOf: contactId, ownStatus: 409 },
    body: (id, { user }) => text({ contactId: id, channelId: user.channelId }),
  }),
  inBody(answers, 'a lead', {
    ...{ idOf: leadId, ownStatus: 409 },
    body: (id, { user }) => text({ leadId: id, channelId: user.channelId }),
  }),
  inBody(answers, 'a conversation', {
    ...{ idOf: conversationId, body: (id) => text({ conversationId: id }), ownStatus: 409 },
  }),
  inBody(answers, 'a channel', {
    ...{ idOf: channelId, body: (id) => text({ to, channelId: id }), ownStatus: 409 },
  }),
  // The owner's message has not been sent, so it cannot be replied to yet.
  inBody(answers, 'a message to reply to', {
    ...{ idOf: ({ message }) => message.id, ownStatus: 400 },
    body: (id, asking) => text({ conversationId: conversationId(asking), replyTo: id }),
  }),
  // Nobody has written, so the window is closed.
  inBody(answers, 'the last message that was seen', {
    ...{ idOf: ({ message }) => message.id, ownStatus: 409 },
    body: (id, asking) => text({ conversationId: conversationId(asking), lastSeenMessageId: id }),
  }),
  inBody(answers, 'a message to react to', {
    ...{ idOf: ({ message }) => message.id, ownStatus: 400 },
    body: (id, asking) => ({
      conversationId: conversationId(asking),
      content: { type: 'reaction', messageId: id, emoji: '👍' },
    }),
  }),
  inBody('post /api/templates', 'a channel', {
    ...{ idOf: channelId, body: (id) => templateOn(id), ownStatus: 201 },
  }),
  inBody('post /api/templates/sync', 'a channel', {
    ...{ idOf: channelId, body: (id) => ({ channelId: id }), ownStatus: 503 },
  }),
  inBody('post /api/conversations/:id/assign', 'an agent', {
    ...{ idOf: agentId, body: (id) => ({ agentId: id }), ownStatus: 200 },
    ownIdOf: conversationId,
  }),
  inBody('post /api/leads', 'a contact', {
    ...{ idOf: newContact, body: (id) => ({ contactId: id }), ownStatus: 201 },
  }),
  inBody('post /api/leads', 'an agent', {
    ...{ idOf: agentId, ownStatus: 201 },
    body: (id) => ({ phoneNumber: phoneEndingIn('04'), assignedAgentId: id }),
  }),
  inBody('patch /api/leads/:id', 'an agent', {
    ...{ idOf: agentId, body: (id) => ({ assignedAgentId: id }), ownStatus: 200 },
    ownIdOf: leadId,
  }),
  inPath('post /api/messages/:id/cancel', 200, ({ message }) => message.id),
  // Nobody has written to the asking business, so its window is closed.
  inBody(answers, 'a file', {
    ...{ idOf: ({ upload }) => upload(), ownStatus: 409 },
    body: (id, asking) => ({
      conversationId: conversationId(asking),
      content: { type: 'image', mediaId: id },
    }),
  }),
  inPath('get /api/media/:id', 200, ({ upload }) => upload()),
  inPath('get /api/media/:id/thumbnail', 200, ({ upload }) => upload()),
  inPath('get /api/media/:id/link', 200, ({ upload }) => upload()),
  inPath('delete /api/media/:id', 204, ({ upload }) => upload()),
  ...importPlaces(inPath),
];

/** Every route with an id in its path or in its body. */
export const places: readonly Place[] = [...rows, ...plainPlaces(rows)];
