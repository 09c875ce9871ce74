import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { scopeOf } from '../../src/platform/mongo.ts';
import { defineFields, numbered } from '../support/custom-fields.ts';
import { call, issuePaths } from '../support/http.ts';
import {
  codeOf,
  etagOf,
  ifMatch,
  signUpAdmin,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';

describe('contacts', () => {
  const running = useMessagingApi('contacts');
  let admin: Member;
  let stranger: Member;

  before(async () => {
    [admin, stranger] = await Promise.all([signUpAdmin(running()), signUpAdmin(running())]);
    await defineFields(admin.post, numbered(20));
    await defineFields(admin.post, { city: 'text', size: 'text', newsletter: 'boolean' });
    await defineFields(admin.post, { orders: 'number', n: 'number' });
  });

  const fresh = {
    ...{ marketingStopped: false, marketingStoppedAt: null, isBlocked: false, blockedAt: null },
    ...{ numberSuspect: null, parentUserId: null, phoneBookName: null, aliases: [], samePerson: [] },
    groupIds: [],
    recipientZone: { zone: 'Europe/Berlin', source: 'number' },
    timezone: null,
  };
  let counter = 0;
  const newPhone = (): string => `+4915${String((counter += 1)).padStart(9, '0')}`;
  const idOf = ({ body }: { body: Record<string, unknown> }): string => String(body['id']);
  const create = async (fields: object = {}): Promise<string> => {
    const answer = await admin.post('/api/contacts', { phoneNumber: newPhone(), ...fields });
    assert.equal(answer.status, 201, answer.text);
    return idOf(answer);
  };
  const path = (id: string) => `/api/contacts/${id}`;

  describe('create', () => {
    it('every field › 201 as sent and normalised, ETag, Location, audit event, the same when read', async () => {
      const phone = newPhone();
      const answer = await admin.post('/api/contacts', {
        phoneNumber: ` ${phone.slice(0, 5)} (${phone.slice(5, 8)}) ${phone.slice(8)}`,
        whatsappId: phone.slice(1),
        businessScopedUserId: 'DE.13491208655302741918',
        username: 'ana.souza',
        name: '  Ana Souza ',
        timezone: 'Europe/Lisbon',
        tags: ['vip', 'berlin', 'VIP'],
        optInStatus: 'opted-in',
        consent: { source: 'web form', wording: 'Yes, send me offers.' },
        customFields: { city: 'Berlin', orders: 3, newsletter: true },
      });
      assert.equal(answer.status, 201, answer.text);
      const { id, createdAt, updatedAt, consentLog, ...fields } = answer.body;
      assert.deepEqual(fields, {
        phoneNumber: phone,
        whatsappId: phone.slice(1),
        businessScopedUserId: 'DE.13491208655302741918',
        username: 'ana.souza',
        name: 'Ana Souza',
        tags: ['vip', 'berlin'],
        optInStatus: 'opted-in',
        ...fresh,
        ...{ timezone: 'Europe/Lisbon', recipientZone: { zone: 'Europe/Lisbon', source: 'contact' } },
        customFields: { city: 'Berlin', orders: 3, newsletter: true },
      });
      assert.equal(createdAt, updatedAt);
      const [entry, ...more] = consentLog as Record<string, unknown>[];
      const { at, ...said } = entry ?? {};
      assert.equal(at, createdAt);
      assert.equal(more.length, 0);
      assert.deepEqual(said, {
        status: 'opted-in',
        source: 'web form',
        wording: 'Yes, send me offers.',
        by: admin.userId.toHexString(),
      });
      assert.equal(answer.headers.get('location'), path(String(id)));
      assert.equal(etagOf(answer), '"1"');
      const read = await admin.get(path(String(id)));
      assert.deepEqual([read.status, read.body, etagOf(read)], [200, answer.body, '"1"']);
      const [event, ...others] = await running().auditOf(String(id));
      assert.equal(others.length, 0);
      assert.deepEqual(
        [event?.['action'], event?.['actor'], event?.['before'].name, event?.['after'].name],
        ['contact.created', { type: 'user', userId: admin.userId }, null, 'Ana Souza'],
      );
    });

    it('one identity › is enough; the rest is null, empty or unknown', async () => {
      const { body } = await admin.post('/api/contacts', { businessScopedUserId: 'US.777' });
      const { id: _id, createdAt: _created, updatedAt: _updated, ...fields } = body;
      assert.deepEqual(fields, {
        phoneNumber: null,
        whatsappId: null,
        businessScopedUserId: 'US.777',
        username: null,
        name: null,
        tags: [],
        optInStatus: 'unknown',
        ...fresh,
        recipientZone: { zone: 'UTC', source: 'client' },
        customFields: {},
        consentLog: [],
      });
    });

    it('a wa_id alone › gives the phone in its canonical spelling', async () => {
      const { body } = await admin.post('/api/contacts', { whatsappId: '551187650001' });
      assert.deepEqual([body['phoneNumber'], body['whatsappId']], ['+5511987650001', '551187650001']);
    });

    it('a phone number and the wa_id of another › refused when created and when changed; the same number in another spelling is accepted', async () => {
      const [phoneNumber, whatsappId] = ['+15550002101', '15550002102'];
      const refused = await admin.post('/api/contacts', { phoneNumber, whatsappId });
      assert.deepEqual([refused.status, issuePaths(refused)], [400, ['body.whatsappId']]);
      const created = await admin.post('/api/contacts', { phoneNumber });
      const change = await admin.patch(path(String(created.body['id'])), { whatsappId });
      assert.equal(change.status, 400);
      const same = { phoneNumber: '+5511987652103', whatsappId: '551187652103' };
      assert.equal((await admin.post('/api/contacts', same)).status, 201);
    });

    const taken: readonly [string, object, object, string][] = [
      ['a phone', { phoneNumber: '+15550002001' }, { phoneNumber: '+1 555 000 2001' }, 'phoneNumber'],
      [
        'a phone in another spelling',
        { phoneNumber: '+5511987650002' },
        { phoneNumber: '+551187650002' },
        'phoneNumber',
      ],
      [
        'a phone that is another’s wa_id',
        { businessScopedUserId: 'MX.1', whatsappId: '5215512340003' },
        { phoneNumber: '+525512340003' },
        'phoneNumber',
      ],
      [
        'a wa_id that is another’s phone',
        { phoneNumber: '+5491123450004' },
        { whatsappId: '541123450004' },
        'whatsappId',
      ],
      [
        'a provider’s id',
        { businessScopedUserId: 'US.4711' },
        { phoneNumber: '+15550002005', businessScopedUserId: 'US.4711' },
        'businessScopedUserId',
      ],
    ];
    for (const [name, first, second, field] of taken) {
      it(`${name} › 409 already-exists names the contact; another client may have it`, async () => {
        const id = idOf(await admin.post('/api/contacts', first));
        const again = await admin.post('/api/contacts', second);
        assert.equal(codeOf(again), '409 already-exists');
        assert.equal(again.body['existingId'], id);
        assert.deepEqual(issuePaths(again), [`body.${field}`]);
        assert.equal((await stranger.post('/api/contacts', second)).status, 201);
      });
    }

    it('the same phone 20 times at once, in two spellings › one 201, 19 times 409 with its id', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          admin.post('/api/contacts', { phoneNumber: index % 2 === 0 ? '+5521998760001' : '+552198760001' }),
        ),
      );
      const made = answers.filter(({ status }) => status === 201);
      assert.equal(made.length, 1);
      const [id] = made.map(idOf);
      const refused = answers.filter(({ status }) => status !== 201);
      assert.deepEqual([...new Set(refused.map(codeOf))], ['409 already-exists']);
      assert.ok(refused.every(({ text }) => text.includes(String(id))));
      assert.equal(
        await running().collection('contacts').countDocuments({ phoneNumber: '+5521998760001' }),
        1,
      );
      assert.equal((await running().auditOf(String(id))).length, 1);
    });

    const wrong: readonly [string, object, readonly string[]][] = [
      ['no identity', { name: 'Ana' }, ['body.phoneNumber']],
      ['a username as identity', { username: 'ana' }, ['body.phoneNumber']],
      ['a phone without country', { phoneNumber: '0151123456' }, ['body.phoneNumber']],
      ['a wa_id with plus', { whatsappId: '+4915112345678' }, ['body.whatsappId']],
      ['a wa_id that is no number', { whatsappId: '99912345678' }, ['body.whatsappId']],
      ['an operator as phone', { phoneNumber: { $ne: null } }, ['body.phoneNumber']],
      ['an operator as name', { phoneNumber: '+15550003001', name: { $gt: '' } }, ['body.name']],
      [
        'fields of the model',
        {
          phoneNumber: '+15550003001',
          clientId: 'x',
          version: 9,
          nameKey: 'x',
          consentLog: [],
          _id: 'x',
          createdAt: 'x',
          copies: 1,
        },
        ['clientId', 'version', 'nameKey', 'consentLog', '_id', 'createdAt', 'copies'].map(
          (field) => `body.${field}`,
        ),
      ],
      ['a tag that is blank', { phoneNumber: '+15550003001', tags: [' '] }, ['body.tags.0']],
      [
        'too many tags',
        { phoneNumber: '+15550003001', tags: Array.from({ length: 51 }, (_, i) => `t${i}`) },
        ['body.tags'],
      ],
      ['a name with a line break', { phoneNumber: '+15550003001', name: 'A\nB' }, ['body.name']],
      ['a name with a line separator', { phoneNumber: '+15550003001', name: 'A\u2028B' }, ['body.name']],
      ['a name with a paragraph separator', { phoneNumber: '+15550003001', name: 'A\u2029B' }, ['body.name']],
      [
        'a nested custom field',
        { phoneNumber: '+15550003001', customFields: { a: { b: 1 } } },
        ['body.customFields.a'],
      ],
      [
        'a custom field that is an operator',
        { phoneNumber: '+15550003001', customFields: { $where: '1' } },
        ['body.customFields.$where'],
      ],
      [
        'a custom field with a dot',
        { phoneNumber: '+15550003001', customFields: { 'a.b': 1 } },
        ['body.customFields.a.b'],
      ],
      [
        'too many custom fields',
        {
          phoneNumber: '+15550003001',
          customFields: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`f${i}`, i])),
        },
        ['body.customFields'],
      ],
      [
        'a statement without a status',
        { phoneNumber: '+15550003001', consent: { source: 'form' } },
        ['body.optInStatus'],
      ],
      [
        'a statement with more',
        {
          phoneNumber: '+15550003001',
          optInStatus: 'opted-in',
          consent: { source: 'form', at: '2020-01-01T00:00:00Z', by: 'me' },
        },
        ['body.consent.at', 'body.consent.by'],
      ],
    ];
    for (const [name, body, paths] of wrong) {
      it(`${name} › 400 names ${paths.slice(0, 2).join(', ')}`, async () => {
        const answer = await admin.post('/api/contacts', body);
        assert.equal(codeOf(answer), '400 invalid-input', answer.text);
        assert.deepEqual(issuePaths(answer).toSorted(), paths.toSorted());
      });
    }

    it('a prototype in the custom fields › refused, and nothing is polluted', async () => {
      const raw = `{"phoneNumber":"${newPhone()}","customFields":{"__proto__":{"polluted":true}}}`;
      const headers = { 'content-type': 'application/json' };
      const answer = await call(`${running().url}/api/contacts`, {
        method: 'POST',
        raw,
        headers,
        token: admin.token,
      });
      assert.equal(answer.status, 400);
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    });
  });

  describe('change', () => {
    it('some fields and null › only those change; version, ETag and one audit event with both sides', async () => {
      const id = await create({
        name: 'Ana',
        username: 'ana',
        tags: ['a'],
        customFields: { city: 'Berlin', n: 1 },
      });
      const answer = await admin.patch(path(id), {
        name: 'Änne',
        username: null,
        customFields: { city: null, size: 'L' },
      });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(etagOf(answer), '"2"');
      const { name, username, tags, customFields } = answer.body;
      assert.deepEqual(
        { name, username, tags, customFields },
        { name: 'Änne', username: null, tags: ['a'], customFields: { n: 1, size: 'L' } },
      );
      const [, event, ...others] = await running().auditOf(id);
      assert.equal(others.length, 0);
      assert.deepEqual(
        { action: event?.['action'], before: event?.['before'], after: event?.['after'] },
        {
          action: 'contact.updated',
          before: { name: 'Ana', username: 'ana', customFields: { city: 'Berlin', n: 1 } },
          after: { name: 'Änne', username: null, customFields: { n: 1, size: 'L' } },
        },
      );
    });

    it('no actual change › 200, no new version, no audit event', async () => {
      const id = await create({ name: 'Ana', tags: ['a'], customFields: { city: 'Berlin' } });
      const before = await admin.get(path(id));
      const answer = await admin.patch(path(id), {
        name: 'Ana',
        tags: ['a', 'a'],
        username: null,
        customFields: { city: 'Berlin' },
      });
      assert.deepEqual([answer.status, answer.body, etagOf(answer)], [200, before.body, '"1"']);
      assert.equal((await running().auditOf(id)).length, 1);
    });

    it('consent › needs its statement, is one more entry, and is never rewritten', async () => {
      const id = await create();
      const bare = await admin.patch(path(id), { optInStatus: 'opted-in' });
      assert.deepEqual([codeOf(bare), issuePaths(bare)], ['400 invalid-input', ['body.consent']]);
      await admin.patch(path(id), { optInStatus: 'opted-in', consent: { source: 'form' } });
      const answer = await admin.patch(path(id), {
        optInStatus: 'opted-out',
        consent: { source: 'phone', wording: 'Stop it' },
      });
      const log = answer.body['consentLog'] as Record<string, unknown>[];
      assert.equal(answer.body['optInStatus'], 'opted-out');
      assert.deepEqual(
        log.map(({ status, source, wording, by }) => [status, source, wording, by]),
        [
          ['opted-in', 'form', null, admin.userId.toHexString()],
          ['opted-out', 'phone', 'Stop it', admin.userId.toHexString()],
        ],
      );
      const list = await admin.get('/api/contacts?optInStatus=opted-out');
      const [item] = list.body['items'] as Record<string, unknown>[];
      assert.deepEqual([item?.['id'], 'consentLog' in (item ?? {})], [id, false]);
    });

    it('an opted-out contact › a send to it is refused', async () => {
      const id = await create({ optInStatus: 'opted-out' });
      const answer = await admin.post('/api/messages/template', {
        contactId: id,
        templateName: 'hello_world',
      });
      assert.equal(codeOf(answer), '409 contact-opted-out');
    });

    it('the last identity › cannot be cleared; replacing it can', async () => {
      const id = await create();
      const cleared = await admin.patch(path(id), { phoneNumber: null });
      assert.deepEqual([codeOf(cleared), issuePaths(cleared)], ['400 invalid-input', ['body.phoneNumber']]);
      const moved = await admin.patch(path(id), {
        phoneNumber: null,
        businessScopedUserId: `DE.${newPhone().slice(1)}`,
      });
      assert.deepEqual([moved.status, moved.body['phoneNumber']], [200, null]);
    });

    it('a phone that another contact has › 409 names it; its own number in another spelling is accepted', async () => {
      const other = await create({ phoneNumber: '+5531987650001' });
      const id = await create({ phoneNumber: '+5531987650002' });
      const answer = await admin.patch(path(id), { phoneNumber: '+553187650001' });
      assert.equal(codeOf(answer), '409 already-exists');
      assert.match(answer.text, new RegExp(other));
      const own = await admin.patch(path(id), { phoneNumber: '+553187650002' });
      assert.deepEqual([own.status, etagOf(own)], [200, '"1"']);
    });

    const wrong: readonly [string, object, readonly string[]][] = [
      ['an empty body', {}, ['body']],
      [
        'fields of the model',
        { clientId: 'x', version: 2, nameKey: 'x' },
        ['body.clientId', 'body.version', 'body.nameKey'],
      ],
      ['an operator', { name: { $unset: 1 } }, ['body.name']],
      ['a $set', { $set: { optInStatus: 'opted-in' } }, ['body.$set']],
      ['null for the status', { optInStatus: null, consent: { source: 'x' } }, ['body.optInStatus']],
    ];
    for (const [name, body, paths] of wrong) {
      it(`${name} › 400`, async () => {
        const answer = await admin.patch(path(await create()), body);
        assert.equal(codeOf(answer), '400 invalid-input', answer.text);
        assert.deepEqual(issuePaths(answer).toSorted(), paths.toSorted());
      });
    }

    it('20 changes at once on one state › one wins, 19 times 412, one audit event', async () => {
      const id = await create({ name: 'start' });
      const headers = ifMatch(await admin.get(path(id)));
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => admin.patch(path(id), { name: `n${index}` }, headers)),
      );
      const won = answers.filter(({ status }) => status === 200);
      assert.equal(won.length, 1);
      assert.deepEqual(
        [...new Set(answers.filter(({ status }) => status !== 200).map(codeOf))],
        ['412 precondition-failed'],
      );
      const now = await admin.get(path(id));
      assert.deepEqual([now.body['name'], etagOf(now)], [won[0]?.body['name'], '"2"']);
      assert.equal((await running().auditOf(id)).length, 2);
    });

    it('20 changes of different custom fields without If-Match › none is lost', async () => {
      const id = await create();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          admin.patch(path(id), { customFields: { [`f${index}`]: index } }),
        ),
      );
      assert.ok(answers.every(({ status }) => status === 200));
      const now = await admin.get(path(id));
      assert.deepEqual([Object.keys(now.body['customFields'] as object).length, etagOf(now)], [20, '"21"']);
    });
  });

  describe('delete', () => {
    it('a contact with a lead and nothing else › both go, each with its event; then 404', async () => {
      const id = await create({ name: 'Ana' });
      const lead = idOf(await admin.post('/api/leads', { contactId: id }));
      const answer = await admin.delete(path(id));
      assert.deepEqual([answer.status, answer.text], [204, '']);
      assert.equal((await admin.get(path(id))).status, 404);
      assert.equal((await admin.get(`/api/leads/${lead}`)).status, 404);
      assert.equal(
        await running()
          .collection('leads')
          .countDocuments({ contactId: new Types.ObjectId(id) }),
        0,
      );
      const actions = [...(await running().auditOf(id)), ...(await running().auditOf(lead))].map(
        (e) => e['action'],
      );
      assert.deepEqual(actions, ['contact.created', 'contact.deleted', 'lead.created', 'lead.deleted']);
      assert.equal((await admin.delete(path(id))).status, 404);
    });

    it('a contact with a conversation, live or closed › 409 in-use names it, and all stays', async () => {
      const id = await create();
      const { core } = running().api;
      const key = { channelId: new Types.ObjectId(), contactId: new Types.ObjectId(id) };
      const conversation = await core.conversations.findOrOpen(scopeOf(admin.clientId), key, new Date());
      const conversationId = conversation._id.toHexString();
      for (const status of ['open', 'closed']) {
        await running()
          .collection('conversations')
          .updateOne({ _id: conversation._id }, { $set: { status } });
        const answer = await admin.delete(path(id));
        assert.equal(codeOf(answer), '409 in-use');
        assert.match(String(answer.body['detail']), new RegExp(`${conversationId} \\(${status}\\)`));
        assert.equal(answer.body['conversationId'], conversationId);
      }
      assert.equal((await admin.get(path(id))).status, 200);
      assert.deepEqual(
        (await running().auditOf(id)).map((event) => event['action']),
        ['contact.created'],
      );
    });

    it('an older state › 412', async () => {
      const id = await create();
      const headers = ifMatch(await admin.get(path(id)));
      await admin.patch(path(id), { name: 'new' });
      assert.equal(codeOf(await admin.delete(path(id), headers)), '412 precondition-failed');
    });
  });

  it('another client › 404 for each method, and nothing is changed', async () => {
    const id = await create({ name: 'Ana' });
    const answers = await Promise.all([
      stranger.get(path(id)),
      stranger.patch(path(id), { name: 'Eve' }),
      stranger.delete(path(id)),
      admin.get(path(new Types.ObjectId().toHexString())),
    ]);
    assert.deepEqual(
      answers.map(codeOf),
      Array.from({ length: 4 }, () => '404 not-found'),
    );
    const own = await admin.get(path(id));
    assert.deepEqual([own.status, own.body['name'], etagOf(own)], [200, 'Ana', '"1"']);
    const seen = await stranger.get(`/api/contacts?q=Ana&limit=100`);
    assert.ok(!seen.text.includes(id));
  });

  it('an invalid id › 400', async () => {
    for (const id of ['x', '[$ne]', '665f1c2ab7e4d3a9c8b0123Z'])
      assert.equal((await admin.get(path(encodeURIComponent(id)))).status, 400);
  });
});
