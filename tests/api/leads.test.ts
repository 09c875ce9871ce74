import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { scopeOf } from '../../src/platform/mongo.ts';
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

describe('leads', () => {
  const running = useMessagingApi('leads');
  let admin: Member;
  let agent: Member;
  let disabled: Member;
  let stranger: Member;

  before(async () => {
    [admin, stranger] = await Promise.all([signUpAdmin(running()), signUpAdmin(running())]);
    agent = await addMember(running(), admin);
    disabled = await addMember(running(), admin, { status: 'disabled' });
  });

  let counter = 0;
  const newPhone = (): string => `+4916${String((counter += 1)).padStart(9, '0')}`;
  const idOf = ({ body }: { body: Record<string, unknown> }): string => String(body['id']);
  const path = (id: string) => `/api/leads/${id}`;
  const make = async (fields: object = {}) => {
    const answer = await admin.post('/api/leads', { phoneNumber: newPhone(), ...fields });
    assert.equal(answer.status, 201, answer.text);
    return answer;
  };
  const actionsOf = async (id: string) => (await running().auditOf(id)).map((event) => event['action']);
  const conversationWith = ({ body }: { body: Record<string, unknown> }) => {
    const key = { channelId: new Types.ObjectId(), contactId: new Types.ObjectId(String(body['contactId'])) };
    return running().api.core.conversations.findOrOpen(scopeOf(admin.clientId), key, new Date());
  };
  const close = (_id: Types.ObjectId) =>
    running()
      .collection('conversations')
      .updateOne({ _id }, { $set: { status: 'closed' } });

  describe('create', () => {
    it('a new phone number › lead and contact, ETag, Location, an audit event for each', async () => {
      const phone = newPhone();
      const answer = await agent.post('/api/leads', {
        phoneNumber: phone,
        name: 'Ana Souza',
        stage: 'qualified',
        tags: ['fair', 'fair'],
        optInStatus: 'opted-in',
        consent: { source: 'fair' },
        assignedAgentId: agent.userId.toHexString(),
      });
      assert.equal(answer.status, 201, answer.text);
      const { id, contactId, createdAt, updatedAt, ...fields } = answer.body;
      assert.deepEqual(fields, {
        phoneNumber: phone,
        name: 'Ana Souza',
        username: null,
        source: null,
        optInStatus: 'opted-in',
        stage: 'qualified',
        tags: ['fair'],
        assignedAgentId: agent.userId.toHexString(),
      });
      assert.equal(createdAt, updatedAt);
      assert.deepEqual([answer.headers.get('location'), etagOf(answer)], [path(String(id)), '"1"']);
      const read = await admin.get(path(String(id)));
      assert.deepEqual([read.status, read.body, etagOf(read)], [200, answer.body, '"1"']);
      const contact = await admin.get(`/api/contacts/${String(contactId)}`);
      const [entry] = contact.body['consentLog'] as Record<string, unknown>[];
      assert.deepEqual(
        { name: contact.body['name'], tags: contact.body['tags'], source: entry?.['source'] },
        { name: 'Ana Souza', tags: [], source: 'fair' },
      );
      assert.deepEqual(await actionsOf(String(id)), ['lead.created']);
      assert.deepEqual(await actionsOf(String(contactId)), ['contact.created']);
      const [event] = await running().auditOf(String(id));
      assert.deepEqual(event?.['actor'], { type: 'user', userId: agent.userId });
      assert.equal(event?.['after'].stage, 'qualified');
    });

    it('a phone alone › stage new, nothing else', async () => {
      const { body } = await make();
      assert.deepEqual(
        {
          stage: body['stage'],
          tags: body['tags'],
          name: body['name'],
          optInStatus: body['optInStatus'],
          assignedAgentId: body['assignedAgentId'],
        },
        { stage: 'new', tags: [], name: null, optInStatus: 'unknown', assignedAgentId: null },
      );
    });

    it('a consent without a statement on a new contact › is logged as entered by hand', async () => {
      const { body } = await make({ optInStatus: 'opted-in' });
      const contact = await admin.get(`/api/contacts/${String(body['contactId'])}`);
      const [entry] = contact.body['consentLog'] as Record<string, unknown>[];
      assert.deepEqual([entry?.['status'], entry?.['source']], ['opted-in', 'manual']);
    });

    it('the phone of an existing contact, in another spelling › the lead of that contact', async () => {
      const contact = await admin.post('/api/contacts', { phoneNumber: '+5541987650001', name: 'Bia' });
      const lead = await make({ phoneNumber: '+554187650001' });
      assert.deepEqual(
        { contactId: lead.body['contactId'], name: lead.body['name'], phoneNumber: lead.body['phoneNumber'] },
        { contactId: idOf(contact), name: 'Bia', phoneNumber: '+5541987650001' },
      );
      assert.deepEqual(await actionsOf(idOf(contact)), ['contact.created']);
    });

    it('an existing contact, with another name and consent › the contact is changed too', async () => {
      const contact = await admin.post('/api/contacts', {
        phoneNumber: newPhone(),
        name: 'Bia',
        optInStatus: 'opted-out',
      });
      const body = { contactId: idOf(contact), name: 'Bea', optInStatus: 'opted-in' };
      const bare = await admin.post('/api/leads', body);
      assert.deepEqual([codeOf(bare), issuePaths(bare)], ['400 invalid-input', ['body.consent']]);
      const lead = await admin.post('/api/leads', { ...body, consent: { source: 'call' } });
      assert.deepEqual(
        { status: lead.status, name: lead.body['name'], optInStatus: lead.body['optInStatus'] },
        { status: 201, name: 'Bea', optInStatus: 'opted-in' },
      );
      assert.deepEqual(await actionsOf(idOf(contact)), ['contact.created', 'contact.updated']);
    });

    it('a contact that has a lead › 409 already-exists names it, and the contact is not changed', async () => {
      const lead = await make({ name: 'Ana' });
      for (const person of [
        { phoneNumber: lead.body['phoneNumber'] },
        { contactId: lead.body['contactId'] },
      ]) {
        const again = await admin.post('/api/leads', { ...person, name: 'Eve' });
        assert.equal(codeOf(again), '409 already-exists');
        assert.equal(again.body['existingId'], idOf(lead));
        assert.deepEqual(issuePaths(again), [`body.${Object.keys(person)[0]}`]);
      }
      assert.equal((await admin.get(path(idOf(lead)))).body['name'], 'Ana');
    });

    it('the same new phone 20 times at once › one lead, one contact, 19 times 409', async () => {
      const phoneNumber = newPhone();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => admin.post('/api/leads', { phoneNumber, name: 'Ana' })),
      );
      const [made, ...more] = answers.filter(({ status }) => status === 201);
      assert.ok(made !== undefined && more.length === 0, answers.map(codeOf).join());
      assert.deepEqual(
        [...new Set(answers.filter(({ status }) => status !== 201).map(codeOf))],
        ['409 already-exists'],
      );
      const { clientId } = admin;
      assert.equal(await running().collection('contacts').countDocuments({ clientId, phoneNumber }), 1);
      assert.equal(await running().collection('leads').countDocuments({ clientId, phoneNumber }), 1);
    });

    it('by hand and by messages at once › one lead', async () => {
      const { body } = await admin.post('/api/contacts', { phoneNumber: newPhone() });
      const contactId = String(body['id']);
      const _id = new Types.ObjectId(contactId);
      const { leads } = running().api.core;
      const found = await Promise.all([
        admin.post('/api/leads', { contactId }),
        ...Array.from({ length: 10 }, () => leads.findOrCreate(scopeOf(admin.clientId), _id)),
      ]);
      const ids = new Set(found.slice(1).map((lead) => ('_id' in lead ? lead._id.toHexString() : '')));
      assert.equal(ids.size, 1);
      assert.equal(await running().collection('leads').countDocuments({ contactId: _id }), 1);
    });

    it('to a disabled user, another client’s user or an unknown id › refused, and no contact is created', async () => {
      for (const [agent, expected] of [
        [disabled.userId, '400 invalid-input'],
        [stranger.userId, '404 not-found'],
        [new Types.ObjectId(), '404 not-found'],
      ] as const) {
        const phoneNumber = newPhone();
        const answer = await admin.post('/api/leads', { phoneNumber, assignedAgentId: String(agent) });
        assert.equal(codeOf(answer), expected);
        assert.equal(await running().collection('contacts').countDocuments({ phoneNumber }), 0);
      }
    });

    it('another client’s contact › 404, like an unknown one', async () => {
      const foreign = await stranger.post('/api/contacts', { phoneNumber: newPhone() });
      for (const contactId of [idOf(foreign), new Types.ObjectId().toHexString()]) {
        const answer = await admin.post('/api/leads', { contactId });
        assert.equal(codeOf(answer), '404 not-found');
      }
    });

    const person = { phoneNumber: '+15550003001' };
    const wrong: readonly [string, object, readonly string[]][] = [
      ['nobody', { stage: 'new' }, ['body.phoneNumber']],
      ['two persons', { ...person, contactId: '665f1c2ab7e4d3a9c8b01234' }, ['body.phoneNumber']],
      ['a stage that there is not', { ...person, stage: 'hot' }, ['body.stage']],
      [
        'operators',
        {
          phoneNumber: { $gt: '' },
          contactId: { $ne: null },
          stage: { $in: ['new'] },
          assignedAgentId: { $exists: true },
        },
        ['body.assignedAgentId', 'body.contactId', 'body.phoneNumber', 'body.stage'],
      ],
      [
        'fields of the model',
        { ...person, clientId: 'x', _id: 'x', version: 2, deletedAt: 'x', nameKey: 'x', createdAt: 'x' },
        ['_id', 'clientId', 'createdAt', 'deletedAt', 'nameKey', 'version'].map((field) => `body.${field}`),
      ],
      ['null for the agent', { ...person, assignedAgentId: null }, ['body.assignedAgentId']],
    ];
    for (const [name, body, paths] of wrong) {
      it(`${name} › 400`, async () => {
        const answer = await admin.post('/api/leads', body);
        assert.equal(codeOf(answer), '400 invalid-input', answer.text);
        assert.deepEqual(issuePaths(answer).toSorted(), paths);
      });
    }
  });

  describe('change', () => {
    it('some fields and null › only those change; one audit event with both sides', async () => {
      const lead = await make({ tags: ['a'], assignedAgentId: agent.userId.toHexString(), name: 'Ana' });
      const id = idOf(lead);
      const answer = await agent.patch(path(id), { stage: 'won', assignedAgentId: null }, ifMatch(lead));
      assert.deepEqual([answer.status, etagOf(answer)], [200, '"2"'], answer.text);
      const { stage, tags, assignedAgentId, name } = answer.body;
      assert.deepEqual(
        { stage, tags, assignedAgentId, name },
        { stage: 'won', tags: ['a'], assignedAgentId: null, name: 'Ana' },
      );
      const [, event, ...more] = await running().auditOf(id);
      assert.equal(more.length, 0);
      assert.deepEqual(
        { action: event?.['action'], before: event?.['before'], after: event?.['after'] },
        {
          action: 'lead.updated',
          before: { stage: 'new', assignedAgentId: agent.userId },
          after: { stage: 'won', assignedAgentId: null },
        },
      );
    });

    it('no actual change › 200, no new version, no audit event', async () => {
      const lead = await make({ tags: ['a'], name: 'Ana' });
      const answer = await admin.patch(path(idOf(lead)), {
        stage: 'new',
        tags: ['a'],
        name: 'Ana',
        assignedAgentId: null,
      });
      assert.deepEqual([answer.status, answer.body, etagOf(answer)], [200, lead.body, '"1"']);
      assert.deepEqual(await actionsOf(idOf(lead)), ['lead.created']);
      assert.deepEqual(await actionsOf(String(lead.body['contactId'])), ['contact.created']);
    });

    it('name and consent › change the contact, with its event and its log', async () => {
      const lead = await make();
      const contactId = String(lead.body['contactId']);
      const answer = await admin.patch(path(idOf(lead)), {
        name: 'Ana',
        stage: 'contacted',
        optInStatus: 'opted-in',
        consent: { source: 'call' },
      });
      assert.deepEqual(
        {
          status: answer.status,
          name: answer.body['name'],
          stage: answer.body['stage'],
          optInStatus: answer.body['optInStatus'],
        },
        { status: 200, name: 'Ana', stage: 'contacted', optInStatus: 'opted-in' },
      );
      const contact = await admin.get(`/api/contacts/${contactId}`);
      assert.deepEqual([contact.body['name'], (contact.body['consentLog'] as object[]).length], ['Ana', 1]);
      assert.deepEqual(await actionsOf(contactId), ['contact.created', 'contact.updated']);
      assert.deepEqual(await actionsOf(idOf(lead)), ['lead.created', 'lead.updated']);
      const [, event] = await running().auditOf(idOf(lead));
      assert.deepEqual(event?.['after'], { stage: 'contacted' });
      assert.equal(etagOf(answer), etagOf(await admin.get(path(idOf(lead)))));
    });

    it('the contact changes › the lead shows it, is found by it, and has a new ETag', async () => {
      const lead = await make({ name: 'Zoltán Old' });
      const contactId = String(lead.body['contactId']);
      const phone = newPhone();
      await admin.patch(`/api/contacts/${contactId}`, {
        name: 'Zoë New',
        phoneNumber: phone,
        optInStatus: 'opted-out',
        consent: { source: 'call' },
      });
      const now = await admin.get(path(idOf(lead)));
      assert.deepEqual(
        [now.body['name'], now.body['phoneNumber'], now.body['optInStatus'], etagOf(now)],
        ['Zoë New', phone, 'opted-out', '"2"'],
      );
      for (const query of ['q=zoe', `q=${encodeURIComponent(phone)}`, 'q=zoe+new&optInStatus=opted-out']) {
        const { body } = await admin.get(`/api/leads?${query}`);
        assert.deepEqual(
          (body['items'] as { id: string }[]).map(({ id }) => id),
          [idOf(lead)],
          query,
        );
      }
      const old = await admin.get('/api/leads?q=zoltan');
      assert.deepEqual(old.body['items'], []);
      assert.equal(
        codeOf(await admin.patch(path(idOf(lead)), { stage: 'won' }, ifMatch(lead))),
        '412 precondition-failed',
      );
      await admin.patch(`/api/contacts/${contactId}`, { name: null });
      assert.equal((await admin.get(path(idOf(lead)))).body['name'], null);
      assert.deepEqual((await admin.get('/api/leads?q=zoe')).body['items'], []);
    });

    it('a name that comes with a message › set on contact and lead, once, and never over a given one', async () => {
      const lead = await make();
      const { contacts } = running().api.core;
      const id = new Types.ObjectId(String(lead.body['contactId']));
      const scope = scopeOf(admin.clientId);
      await Promise.all([
        contacts.setNameIfMissing(scope, id, 'From WhatsApp'),
        contacts.setNameIfMissing(scope, id, 'From WhatsApp'),
      ]);
      await contacts.setNameIfMissing(scope, id, 'Another');
      assert.equal((await admin.get(path(idOf(lead)))).body['name'], 'From WhatsApp');
      const [, event, ...more] = await running().auditOf(id.toHexString());
      assert.deepEqual(
        [event?.['actor'], event?.['after'], more.length],
        [{ type: 'system' }, { name: 'From WhatsApp' }, 0],
      );
    });

    it('20 changes at once on one state › one wins, 19 times 412, one audit event', async () => {
      const lead = await make();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? admin : agent).patch(path(idOf(lead)), { tags: [`t${index}`] }, ifMatch(lead)),
        ),
      );
      const [won, ...more] = answers.filter(({ status }) => status === 200);
      assert.ok(won !== undefined && more.length === 0, answers.map(codeOf).join());
      assert.deepEqual(
        [...new Set(answers.filter(({ status }) => status !== 200).map(codeOf))],
        ['412 precondition-failed'],
      );
      const now = await admin.get(path(idOf(lead)));
      assert.deepEqual([now.body['tags'], etagOf(now)], [won.body['tags'], '"2"']);
      assert.deepEqual(await actionsOf(idOf(lead)), ['lead.created', 'lead.updated']);
    });

    const wrong: readonly [string, object, readonly string[]][] = [
      ['an empty body', {}, ['body']],
      ['a phone, which is the contact’s', { phoneNumber: '+15550003001' }, ['body.phoneNumber']],
      ['another contact', { contactId: '665f1c2ab7e4d3a9c8b01234' }, ['body.contactId']],
      [
        'fields of the model',
        { clientId: 'x', version: 9, deletedAt: null },
        ['body.clientId', 'body.deletedAt', 'body.version'],
      ],
      ['a consent without statement', { optInStatus: 'opted-in' }, ['body.consent']],
      ['an operator', { stage: { $ne: 'new' } }, ['body.stage']],
    ];
    for (const [name, body, paths] of wrong) {
      it(`${name} › 400`, async () => {
        const answer = await admin.patch(path(idOf(await make())), body);
        assert.equal(codeOf(answer), '400 invalid-input', answer.text);
        assert.deepEqual(issuePaths(answer).toSorted(), paths);
      });
    }
  });

  describe('delete', () => {
    it('a lead alone › 204, then 404 and in no list; its contact stays', async () => {
      const lead = await make({ name: 'Gone Soon' });
      const answer = await agent.delete(path(idOf(lead)), ifMatch(lead));
      assert.deepEqual([answer.status, answer.text], [204, '']);
      for (const again of [
        admin.get(path(idOf(lead))),
        admin.patch(path(idOf(lead)), { stage: 'won' }),
        admin.delete(path(idOf(lead))),
      ])
        assert.equal(codeOf(await again), '404 not-found');
      assert.deepEqual((await admin.get('/api/leads?q=gone')).body['items'], []);
      assert.equal((await admin.get(`/api/contacts/${String(lead.body['contactId'])}`)).status, 200);
      assert.deepEqual(await actionsOf(idOf(lead)), ['lead.created', 'lead.deleted']);
    });

    it('a conversation that is not closed › 409 in-use names it; closed, the lead goes and the history stays', async () => {
      const lead = await make();
      const conversation = await conversationWith(lead);
      assert.equal(conversation.leadId?.toHexString(), idOf(lead));
      for (const status of ['open', 'pending']) {
        await running()
          .collection('conversations')
          .updateOne({ _id: conversation._id }, { $set: { status } });
        const refused = await admin.delete(path(idOf(lead)));
        assert.equal(codeOf(refused), '409 in-use');
        assert.match(
          String(refused.body['detail']),
          new RegExp(`${conversation._id.toHexString()} \\(${status}\\)`),
        );
        assert.equal(refused.body['conversationId'], conversation._id.toHexString());
      }
      await close(conversation._id);
      assert.equal((await admin.delete(path(idOf(lead)))).status, 204);
      const history = await running().api.core.conversations.findById(
        scopeOf(admin.clientId),
        conversation._id,
      );
      assert.equal(history?.leadId?.toHexString(), idOf(lead));
    });

    it('the contact writes again › a new lead under the same id, with nothing of the old one', async () => {
      const lead = await make({ stage: 'lost', tags: ['old'], assignedAgentId: agent.userId.toHexString() });
      await admin.delete(path(idOf(lead)));
      const conversation = await conversationWith(lead);
      assert.equal(conversation.leadId?.toHexString(), idOf(lead));
      const now = await admin.get(path(idOf(lead)));
      assert.deepEqual(
        {
          status: now.status,
          stage: now.body['stage'],
          tags: now.body['tags'],
          assignedAgentId: now.body['assignedAgentId'],
        },
        { status: 200, stage: 'new', tags: [], assignedAgentId: null },
      );
      assert.notEqual(etagOf(now), etagOf(lead));
    });

    it('created again by hand › 201 as sent', async () => {
      const lead = await make({ stage: 'lost' });
      await admin.delete(path(idOf(lead)));
      const again = await admin.post('/api/leads', { contactId: lead.body['contactId'], stage: 'qualified' });
      assert.deepEqual([again.status, idOf(again), again.body['stage']], [201, idOf(lead), 'qualified']);
      assert.deepEqual(await actionsOf(idOf(lead)), ['lead.created', 'lead.deleted', 'lead.created']);
    });
  });

  it('another client › 404 for each method, and nothing is changed', async () => {
    const lead = await make({ name: 'Ana' });
    const answers = await Promise.all([
      stranger.get(path(idOf(lead))),
      stranger.patch(path(idOf(lead)), { stage: 'lost', name: 'Eve' }),
      stranger.delete(path(idOf(lead))),
    ]);
    assert.deepEqual(
      answers.map(codeOf),
      Array.from({ length: 3 }, () => '404 not-found'),
    );
    const own = await admin.get(path(idOf(lead)));
    assert.deepEqual([own.body, etagOf(own)], [lead.body, '"1"']);
  });
});
