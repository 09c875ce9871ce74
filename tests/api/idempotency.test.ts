/** Requests that create or start something, repeated with their `Idempotency-Key`. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { newSecret } from '../../src/platform/ids.ts';
import { confirmEmailOf } from '../support/colleagues.ts';
import type { Answer } from '../support/http.ts';
import {
  addMember,
  codeOf,
  etagOf,
  signUpAdmin,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';

interface Case {
  readonly path: string;
  readonly json?: object;
  /** The number of effects so far, however they are counted. */
  readonly effects: () => Promise<number>;
}

const newNumber = (): string => `+49151${String(Math.random()).slice(2, 10).padEnd(8, '0')}`;
const keyed = (key: string) => ({ 'idempotency-key': key });
const newKey = (): string => newSecret(9);
const shown = (answer: Answer) => ({
  status: answer.status,
  text: answer.text,
  location: answer.headers.get('location'),
  etag: etagOf(answer),
});

describe('idempotency › a POST that creates or starts something', function () {
  this.timeout(30_000);
  const api = useMessagingApi('idempotency');
  let admin: Member;

  before(async () => {
    admin = await signUpAdmin(api());
    await confirmEmailOf(api(), admin.userId.toHexString());
    const isOperator = { $set: { isOperator: true } };
    await api().collection('users').updateOne({ email: admin.email }, isOperator);
  });

  const countIn = (name: string, filter: object = {}) =>
    api()
      .collection(name)
      .countDocuments({ clientId: admin.clientId, ...filter });
  const audited = (action: string) => countIn('audit_events', { action });
  const idIn = async (name: string, filter: object = {}): Promise<string> => {
    const found = await api()
      .collection(name)
      .findOne({ clientId: admin.clientId, ...filter });
    return String(found?._id.toHexString());
  };
  const newContact = () => ({ phoneNumber: newNumber(), name: 'Ana', optInStatus: 'unknown' });

  async function draftTemplate(submit = false): Promise<{ json: object; id: () => Promise<string> }> {
    const components = [{ type: 'BODY', text: 'Your order is on its way. Thank you.' }];
    const name = `t_${randomBytes(6).toString('hex')}`;
    const fields = { name, language: 'en_US', category: 'utility', components, submit };
    return {
      json: { channelId: await idIn('channels'), ...fields },
      id: () => idIn('templates', { name }),
    };
  }

  async function pausedTemplate(): Promise<string> {
    const channel = await api().collection('channels').findOne({ clientId: admin.clientId });
    const control = (path: string, json: object) =>
      fetch(`${api().sandbox.url}/sandbox/${path}`, { method: 'PUT', body: JSON.stringify(json) });
    await control('behaviour', { unpauseAfterMs: 0 });
    const otherInfo = { title: 'RATE_LIMITING_PAUSE', description: 'feedback' };
    await control(`templates/${channel?.['wabaId']}/order_update`, {
      status: 'PAUSED',
      otherInfo,
      webhook: false,
    });
    await admin.post('/api/templates/sync', { channelId: channel?._id.toHexString() });
    return idIn('templates', { name: 'order_update' });
  }

  const cases: Readonly<Record<string, () => Promise<Case>>> = {
    createContact: async () => ({
      path: '/api/contacts',
      json: newContact(),
      effects: () => countIn('contacts'),
    }),
    createLead: async () => ({ path: '/api/leads', json: newContact(), effects: () => countIn('leads') }),
    createBusinessHours: async () => ({
      path: '/api/business-hours',
      json: { name: 'Office', zone: 'Europe/Berlin', week: { mon: [['09:00', '18:00']] } },
      effects: () => countIn('business_hours'),
    }),
    createSlaPolicy: async () => ({
      path: '/api/sla-policies',
      json: { name: 'Standard', priority: 1, firstResponseSeconds: 900 },
      effects: () => countIn('sla_policies'),
    }),
    createAssignmentPolicy: async () => ({
      path: '/api/assignment-policies',
      json: { name: 'Everybody', priority: 1 },
      effects: () => countIn('assignment_policies'),
    }),
    updateConversations: async () => {
      const sent = await admin.post('/api/messages/template', {
        ...{ to: newNumber(), templateName: 'hello_world' },
      });
      return {
        path: '/api/conversations/bulk',
        json: { ids: [sent.body['conversationId']], action: { type: 'set-status', status: 'closed' } },
        effects: () => audited('conversation.status-changed'),
      };
    },
    createNote: async () => {
      const sent = await admin.post('/api/messages/template', {
        ...{ to: newNumber(), templateName: 'hello_world' },
      });
      return {
        path: '/api/notes',
        json: { conversationId: sent.body['conversationId'], body: 'Paid twice.' },
        effects: () => countIn('notes'),
      };
    },
    createCannedReply: async () => ({
      path: '/api/canned-replies',
      json: { shortCode: randomBytes(4).toString('hex'), body: 'Until six.' },
      effects: () => countIn('canned_replies'),
    }),
    createLabel: async () => ({
      path: '/api/labels',
      json: { name: `Label ${randomBytes(4).toString('hex')}` },
      effects: () => countIn('labels'),
    }),
    createCustomField: async () => ({
      path: '/api/custom-fields',
      json: { key: `f${randomBytes(4).toString('hex')}`, label: 'City', type: 'text' },
      effects: () => countIn('custom_fields'),
    }),
    createTag: async () => ({
      path: '/api/tags',
      json: { name: `Tag ${randomBytes(4).toString('hex')}` },
      effects: () => countIn('tags'),
    }),
    createContactGroup: async () => ({
      path: '/api/contact-groups',
      json: { name: `Group ${randomBytes(4).toString('hex')}` },
      effects: () => countIn('contact_groups'),
    }),
    updateContacts: async () => {
      const made = await admin.post('/api/contacts', { phoneNumber: newNumber() });
      return {
        path: '/api/contacts/bulk',
        json: { ids: [made.body['id']], action: { type: 'add-tags', tags: ['vip'] } },
        effects: () => audited('contact.updated'),
      };
    },
    createTeam: async () => ({
      path: '/api/teams',
      json: { name: `Team ${randomBytes(4).toString('hex')}` },
      effects: () => countIn('teams'),
    }),
    createSavedView: async () => ({
      path: '/api/views',
      json: { name: `View ${randomBytes(4).toString('hex')}`, filter: { unread: 'true' } },
      effects: () => countIn('saved_views'),
    }),
    createSegment: async () => ({
      path: '/api/segments',
      json: {
        name: `Segment ${randomBytes(4).toString('hex')}`,
        filter: { field: 'country', op: 'eq', value: 'DE' },
      },
      effects: () => countIn('segments'),
    }),
    createMacro: async () => ({
      path: '/api/macros',
      json: { name: `Macro ${randomBytes(4).toString('hex')}`, actions: [{ type: 'take' }] },
      effects: () => countIn('macros'),
    }),
    runMacro: async () => {
      const sent = await admin.post('/api/messages/template', {
        ...{ to: newNumber(), templateName: 'hello_world' },
      });
      const macro = await admin.post('/api/macros', {
        ...{ name: `Macro ${randomBytes(4).toString('hex')}`, actions: [{ type: 'note', body: 'Done.' }] },
      });
      return {
        path: `/api/conversations/${String(sent.body['conversationId'])}/run-macro`,
        json: { macroId: macro.body['id'] },
        effects: () => countIn('notes'),
      };
    },
    createChannel: async () => ({
      path: '/api/channels',
      json: {
        ...{ displayNumber: '+15550001000', phoneNumberId: randomBytes(8).toString('hex') },
        ...{ wabaId: '102290129340398', accessToken: 'a-token-of-theirs' },
      },
      effects: () => countIn('channels'),
    }),
    replaceWebhookKey: async () => ({
      path: `/api/channels/${await idIn('channels')}/webhook-key`,
      effects: () => audited('channel.webhook-key-replaced'),
    }),
    inviteUser: async () => ({
      path: '/api/users',
      json: { name: 'Jane', email: `${newKey().toLowerCase()}@example.com`, role: 'agent' },
      effects: () => countIn('users'),
    }),
    resendInvitation: async () => {
      const json = { name: 'Jane', email: `${newKey().toLowerCase()}@example.com`, role: 'agent' };
      const invited = await admin.post('/api/users', json);
      return {
        path: `/api/users/${String(invited.body['id'])}/invite`,
        effects: () => audited('user.invited-again'),
      };
    },
    createClient: async () => {
      const email = `${newKey().toLowerCase()}@example.com`;
      return {
        path: '/api/clients',
        json: { companyName: 'Bakery', admin: { name: 'Ana', email } },
        effects: () => api().collection('users').countDocuments({ email }),
      };
    },
    createTemplate: async () => {
      const { json } = await draftTemplate(true);
      return { path: '/api/templates', json, effects: () => countIn('templates') };
    },
    submitTemplate: async () => {
      const { json, id } = await draftTemplate();
      await admin.post('/api/templates', json);
      return { path: `/api/templates/${await id()}/submit`, effects: () => audited('template.submitted') };
    },
    unpauseTemplate: async () => ({
      path: `/api/templates/${await pausedTemplate()}/unpause`,
      effects: () => audited('template.unpaused'),
    }),
    syncTemplates: async () => ({
      path: '/api/templates/sync',
      json: { channelId: await idIn('channels') },
      effects: async () => 0,
    }),
    retryMessages: async () => ({
      path: '/api/messages/retry',
      json: { status: 'failed' },
      effects: async () => 0,
    }),
  };

  it('routes with kept answers › each one is tried here', () => {
    const kept = api().api.http.routes.filter(({ idempotent }) => idempotent === 'by-answer');
    assert.deepEqual(kept.map(({ operationId }) => operationId).toSorted(), Object.keys(cases).toSorted());
  });

  for (const [operationId, prepare] of Object.entries(cases)) {
    it(`${operationId} › repeated with its key › the first answer, and one effect`, async () => {
      const { path, json, effects } = await prepare();
      const [key, before] = [newKey(), await effects()];
      const first = await admin.post(path, json, keyed(key));
      assert.ok(first.status < 300, first.text);
      const after = await effects();
      if (!['syncTemplates', 'retryMessages'].includes(operationId)) assert.equal(after, before + 1);
      assert.deepEqual(shown(await admin.post(path, json, keyed(key))), shown(first));
      assert.equal(await effects(), after);
    });
  }

  it('the key of another body › 422, and nothing is stored', async () => {
    const [key, before] = [newKey(), await countIn('contacts')];
    assert.equal((await admin.post('/api/contacts', newContact(), keyed(key))).status, 201);
    const other = await admin.post('/api/contacts', newContact(), keyed(key));
    assert.equal(codeOf(other), '422 idempotency-key-reused');
    assert.equal(await countIn('contacts'), before + 1);
  });

  it('the key of a colleague › 422, because the same request is about something of one’s own', async () => {
    const key = newKey();
    const json = { shortCode: `own-${newKey().toLowerCase()}`, body: 'Hello', scope: 'own' };
    const colleague = await addMember(api(), admin, { role: 'agent' });
    assert.equal((await admin.post('/api/canned-replies', json, keyed(key))).status, 201);
    assert.equal(
      codeOf(await colleague.post('/api/canned-replies', json, keyed(key))),
      '422 idempotency-key-reused',
    );
  });

  it('the key of another path or version › 422', async () => {
    const key = newKey();
    const path = `/api/channels/${await idIn('channels')}/webhook-key`;
    assert.equal((await admin.post(path, undefined, keyed(key))).status, 200);
    const elsewhere = path.replace(/[0-9a-f]{24}/, '0123456789abcdef01234567');
    assert.equal(codeOf(await admin.post(elsewhere, undefined, keyed(key))), '422 idempotency-key-reused');
    const versioned = { ...keyed(key), 'if-match': '"1"' };
    assert.equal(codeOf(await admin.post(path, undefined, versioned)), '422 idempotency-key-reused');
  });

  it('one key on two routes, and of two businesses › are different keys', async () => {
    const [key, stranger] = [newKey(), await signUpAdmin(api())];
    const contact = newContact();
    const first = await admin.post('/api/contacts', contact, keyed(key));
    assert.equal((await admin.post('/api/leads', newContact(), keyed(key))).status, 201);
    const theirs = await stranger.post('/api/contacts', contact, keyed(key));
    assert.equal(theirs.status, 201, theirs.text);
    assert.notEqual(theirs.body['id'], first.body['id']);
  });

  it('ten at once › one contact; each gets its answer, or 409 with a time to wait', async () => {
    const [key, contact, before] = [newKey(), newContact(), await countIn('contacts')];
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => admin.post('/api/contacts', contact, keyed(key))),
    );
    const created = answers.filter(({ status }) => status === 201);
    assert.equal(new Set(created.map(({ text }) => text)).size, 1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      assert.equal(codeOf(answer), '409 request-in-progress');
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
    }
    assert.equal(await countIn('contacts'), before + 1);
  });

  it('a refused request › leaves the key free for the corrected one', async () => {
    const [key, contact] = [newKey(), newContact()];
    assert.equal((await admin.post('/api/contacts', contact)).status, 201);
    assert.equal(codeOf(await admin.post('/api/contacts', contact, keyed(key))), '409 already-exists');
    assert.equal((await admin.post('/api/contacts', newContact(), keyed(key))).status, 201);
  });

  it('without a key › every request counts', async () => {
    const path = `/api/channels/${await idIn('channels')}/webhook-key`;
    const before = await countIn('idempotent_requests');
    const [first, second] = [await admin.post(path), await admin.post(path)];
    assert.notEqual(first.body['webhookUrl'], second.body['webhookUrl']);
    assert.equal(await countIn('idempotent_requests'), before);
  });

  it('an answer with a secret › is repeated, but the database does not show it', async () => {
    const { path, json } = await (cases['createChannel']?.() ?? assert.fail());
    const created = await admin.post(path, json, keyed(newKey()));
    const secret = String(created.body['webhookUrl']).split('/').at(-1) ?? '';
    assert.ok(secret.length >= 40);
    const stored = JSON.stringify(
      await api().collection('idempotent_requests').find({ clientId: admin.clientId }).toArray(),
    );
    assert.match(stored, /createChannel/);
    for (const hidden of [secret, 'a-token-of-theirs', String(created.body['phoneNumberId'])])
      assert.ok(!stored.includes(hidden), hidden);
  });
});
