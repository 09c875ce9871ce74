import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Types } from 'mongoose';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, issuePaths, type Answer } from '../support/http.ts';
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
import { startTemplateProvider, type TemplateProvider } from '../support/template-provider.ts';

const body = (text: string) => ({ type: 'BODY', text });
const footer = { type: 'FOOTER', text: 'Reply STOP to unsubscribe' };
const buttons = {
  type: 'BUTTONS',
  buttons: [
    { type: 'QUICK_REPLY', text: 'Thank you' },
    { type: 'URL', text: 'Track it', url: 'https://shop.test/orders/{{1}}' },
    { type: 'PHONE_NUMBER', text: 'Call us', phone_number: '+15550001000' },
  ],
};
const full = [
  { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}', example: { header_text: ['1042'] } },
  body('Hello {{1}}, your order {{2}} is on its way.'),
  footer,
  buttons,
];

const noHeader = { text: null, mediaId: null, link: null, filename: null, location: null };

const newName = () => `template_${randomBytes(5).toString('hex')}`;
const idOf = ({ body: json }: Answer) => json['id'] as string;
const pathOf = (created: Answer, rest = '') => `/api/templates/${idOf(created)}${rest}`;

async function channelOf(member: Member): Promise<string> {
  const [channel] = (await member.get('/api/channels')).body['items'] as { id: string }[];
  assert.ok(channel !== undefined);
  return channel.id;
}

describe('templates', () => {
  let provider: TemplateProvider;
  before(async () => {
    provider = await startTemplateProvider();
    provider.review('APPROVED');
  });
  const api = useMessagingApi('templates', () => ({ WHATSAPP_API_URL: provider.url }));
  after(() => provider.stop());
  let admin: Member;
  let agent: Member;
  let stranger: Member;
  let channelId: string;

  before(async function () {
    this.timeout(20_000);
    admin = await signUpAdmin(api());
    agent = await addMember(api(), admin);
    stranger = await signUpAdmin(api());
    channelId = await channelOf(admin);
  });

  const fresh = (fields: Readonly<Record<string, unknown>> = {}) => ({
    channelId,
    name: newName(),
    language: 'en_US',
    category: 'utility',
    components: full,
    ...fields,
  });

  async function addTemplate(fields: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const answer = await admin.post('/api/templates', fresh(fields));
    assert.equal(answer.status, 201, answer.text);
    return answer;
  }

  /** As if a webhook had said it. */
  const setStatus = (created: Answer, status: string) =>
    api()
      .collection('templates')
      .updateOne({ _id: new Types.ObjectId(idOf(created)) }, { $set: { status } });

  const send = (name: unknown, variables: object) =>
    agent.post('/api/messages/template', { to: '+4915112345601', templateName: name, channelId, variables });

  describe('create', () => {
    it('all parts › 201, readable by agents, and as the provider’s review has it', async () => {
      const request = fresh();
      const created = await admin.post('/api/templates', request);
      assert.equal(created.status, 201, created.text);
      const { id, createdAt, ...rest } = created.body;
      assert.ok(!Number.isNaN(Date.parse(String(createdAt))));
      assert.deepEqual(rest, {
        ...request,
        ...{ status: 'approved', needsSync: false, parameterFormat: 'positional' },
        ...{ unknownCategory: null, unknownStatus: null },
        ...{ submittedCategory: null, rejectionReason: null, pauseReason: null, submitProblem: null },
        ...{ qualityScore: null, messageSendTtlSeconds: null },
        providerTemplateId: [...provider.templates.values()].at(-1)?.id,
        variables: {
          ...{ headerFormat: 'TEXT', header: ['1'], body: ['1', '2'], buttons: ['1'] },
          ...{ cards: [], offerExpiresAt: false, code: false },
        },
      });
      assert.equal(created.headers.get('location'), `/api/templates/${String(id)}`);
      assert.equal(etagOf(created), '"2"');
      const read = await agent.get(pathOf(created));
      assert.deepEqual([read.status, read.body, etagOf(read)], [200, created.body, '"2"']);
      const [event] = await api().auditOf(String(id));
      assert.deepEqual([event?.['action'], event?.['after'].name], ['template.created', request.name]);
    });

    it('name and language taken on the channel › 409; another language or channel › 201', async () => {
      const name = newName();
      await addTemplate({ name });
      const again = await admin.post('/api/templates', fresh({ name }));
      assert.equal(codeOf(again), '409 already-exists');
      await addTemplate({ name, language: 'de' });
      const others = { ...fresh({ name }), channelId: await channelOf(stranger) };
      assert.equal((await stranger.post('/api/templates', others)).status, 201);
    });

    it('ten at once with one name › one template', async () => {
      const request = fresh();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => admin.post('/api/templates', request)),
      );
      assert.deepEqual(statusesOf(answers), [201, ...Array.from({ length: 9 }, () => 409)]);
    });

    it('a channel of another client, or none › 404', async () => {
      for (const id of [await channelOf(stranger), new Types.ObjectId().toHexString()]) {
        const answer = await admin.post('/api/templates', fresh({ channelId: id }));
        assert.equal(answer.status, 404);
      }
    });

    it('components against the limits › 400 that names every violation', async () => {
      const components = [
        { type: 'HEADER', format: 'TEXT', text: '{{1}} and {{2}}' },
        body('{{1}} {{2}}'),
        { ...footer, text: 'x'.repeat(61) },
        { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Go', url: 'ftp://x' }] },
      ];
      const answer = await admin.post('/api/templates', fresh({ components }));
      assert.equal(answer.status, 400);
      assert.deepEqual(issuePaths(answer), [
        'body.components.0.text',
        'body.components.1.text',
        'body.components.1.text',
        'body.components.1.text',
        'body.components.2.text',
        'body.components.3.buttons.0.url',
      ]);
    });

    it('wrong shapes › 400 that names every field', async () => {
      const answer = await admin.post('/api/templates', {
        channelId: 'x',
        name: 'Not Allowed',
        language: 'english',
        category: 'spam',
        components: [{ type: 'BODY', text: 1 }, { type: 'FOOTER', text: 'x', extra: 1 }, { type: 'IMAGE' }],
        status: 'approved',
      });
      assert.equal(answer.status, 400);
      assert.deepEqual(issuePaths(answer).toSorted(), [
        'body.category',
        'body.channelId',
        'body.components.0.text',
        'body.components.1.extra',
        'body.components.2.type',
        'body.language',
        'body.name',
        'body.status',
      ]);
    });
  });

  it('list › one name in several languages › every template once, by name', async () => {
    const own = await signUpAdmin(api());
    const ownChannel = await channelOf(own);
    const languages = ['de', 'en', 'es', 'fr', 'it'];
    for (const language of languages) {
      const request = fresh({ channelId: ownChannel, name: 'same_name', language });
      assert.equal((await own.post('/api/templates', request)).status, 201);
    }
    const path = `/api/templates?channelId=${ownChannel}`;
    const items = await readInPairs<{ name: string; language: string }>(own, path);
    const seen = items.map(({ name, language }) => `${name} ${language}`);
    assert.deepEqual(seen, [
      'appointment_reminder en_US',
      'hello_world en_US',
      'order_update en_US',
      ...languages.map((language) => `same_name ${language}`),
    ]);
  });

  describe('change', () => {
    it('content › refused while a message waits for the old words; then a new version, audited, which the next send uses', async () => {
      const created = await addTemplate({ components: [body('Hello {{1}}, this is the old text.')] });
      const { name } = created.body;
      const waiting = await send(name, { body: ['Ana'] });
      assert.equal(waiting.status, 201);
      const components = [body('Hello {{first_name}}, this is the new text.')];
      const guarded = await admin.patch(pathOf(created), { components }, ifMatch(created));
      assert.equal(codeOf(guarded), '409 in-use', 'a waiting message would leave with other words');
      assert.equal((await agent.post(`/api/messages/${idOf(waiting)}/cancel`)).status, 200);
      const answer = await admin.patch(pathOf(created), { components }, ifMatch(created));
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(
        [answer.body['components'], answer.body['status'], etagOf(answer)],
        [components, 'pending', '"3"'],
      );
      const early = await send(name, { body: { first_name: 'Ana' } });
      assert.deepEqual([codeOf(early), early.body['state']], ['409 template-not-approved', 'pending']);
      await setStatus(created, 'approved');
      await sleep(2_000);
      const sent = await send(name, { body: { first_name: 'Ana' } });
      assert.equal(sent.status, 201, sent.text);
      const content = sent.body['content'] as { text: string };
      assert.equal(content.text, 'Hello Ana, this is the new text.');
      const events = await api().auditOf(idOf(created));
      const { submittedAt, ...after } = (events[2]?.['after'] ?? {}) as Record<string, unknown>;
      assert.ok(submittedAt instanceof Date);
      assert.deepEqual(after, { components, parameterFormat: 'named', status: 'pending', version: 3 });
    });

    it('category only, of a draft › the content stays, and no call is made', async () => {
      const created = await addTemplate({ submit: false });
      const before = provider.calls.length;
      const answer = await admin.patch(pathOf(created), { category: 'marketing' });
      assert.deepEqual(
        {
          category: answer.body['category'],
          components: answer.body['components'],
          status: answer.body['status'],
        },
        { category: 'marketing', components: full, status: 'draft' },
      );
      assert.equal(provider.calls.length, before);
    });

    it('no actual change › nothing is written', async () => {
      const created = await addTemplate();
      const answer = await admin.patch(pathOf(created), { category: 'utility', components: full });
      assert.deepEqual([answer.status, etagOf(answer)], [200, '"2"']);
      assert.equal((await api().auditOf(idOf(created))).length, 2);
    });

    it('two admins with the same ETag › one wins, the other gets 412', async () => {
      const created = await addTemplate();
      const answers = await Promise.all(
        ['one', 'two'].map((word) =>
          admin.patch(pathOf(created), { components: [body(`Text number ${word}.`)] }, ifMatch(created)),
        ),
      );
      assert.deepEqual(statusesOf(answers), [200, 412]);
      assert.equal((await api().auditOf(idOf(created))).length, 3);
    });

    it('disabled by the provider › 409', async () => {
      const created = await addTemplate();
      await setStatus(created, 'disabled');
      assert.equal(codeOf(await admin.patch(pathOf(created), { category: 'marketing' })), '409 wrong-state');
    });

    it('wrong bodies › 400 naming the path', async () => {
      const created = await addTemplate();
      for (const [json, path] of [
        [{}, 'body'],
        [{ category: 'marketing', name: 'other' }, 'body.name'],
        [{ category: null }, 'body.category'],
        [{ components: [] }, 'body.components'],
        [{ components: [footer] }, 'body.components'],
        [{ components: [body('Ends with {{1}}')] }, 'body.components.0.text'],
        [{ components: [{ type: 'BODY', text: { $gt: '' } }] }, 'body.components.0.text'],
      ] as const) {
        const answer = await admin.patch(pathOf(created), json);
        assert.deepEqual([answer.status, issuePaths(answer)], [400, [path]], JSON.stringify(json));
      }
      assert.equal(etagOf(await admin.get(pathOf(created))), '"2"');
    });
  });

  describe('delete', () => {
    it('unused › 204, gone, not sendable, its name free', async () => {
      const created = await addTemplate({ components: [body('Hello there.')] });
      const { name } = created.body;
      const answer = await admin.delete(pathOf(created), ifMatch(created));
      assert.deepEqual([answer.status, answer.text], [204, '']);
      assert.equal(codeOf(await admin.get(pathOf(created))), '404 not-found');
      assert.deepEqual(issuePaths(await send(name, {})), ['body.templateName']);
      await addTemplate({ name });
      const actions = (await api().auditOf(idOf(created))).map(({ action }) => String(action));
      assert.deepEqual(actions, ['template.created', 'template.submitted', 'template.deleted']);
    });

    it('unsent messages use it › 409 until they are sent', async () => {
      const created = await addTemplate({ components: [body('Hello there.')] });
      const english = await addTemplate({ name: created.body['name'], language: 'en' });
      const sent = await agent.post('/api/messages/template', {
        to: '+4915112345601',
        templateName: created.body['name'],
        language: 'en_US',
        channelId,
        sendAt: new Date(Date.now() + 3_600_000).toISOString(),
      });
      assert.equal(sent.status, 201, sent.text);
      const refused = await admin.delete(pathOf(created));
      assert.equal(codeOf(refused), '409 in-use');
      assert.match(String(refused.body['detail']), /Unsent messages use this template: 1\./);
      assert.equal((await admin.delete(pathOf(english))).status, 204, 'another language is not concerned');
      assert.equal((await agent.post(`/api/messages/${idOf(sent)}/cancel`)).status, 200);
      assert.equal((await admin.delete(pathOf(created))).status, 204);
      assert.equal((await agent.get(`/api/messages/${idOf(sent)}`)).status, 200);
    }).timeout(30_000);

    it('changed since the read › 412 and still there', async () => {
      const created = await addTemplate();
      await admin.patch(pathOf(created), { components: [body('Another text.')] });
      const answer = await admin.delete(pathOf(created), ifMatch(created));
      assert.equal(codeOf(answer), '412 precondition-failed');
      assert.equal((await admin.get(pathOf(created))).status, 200);
    });
  });

  describe('preview', () => {
    it('all variables › text and buttons as the recipient sees them', async () => {
      const created = await addTemplate();
      const variables = { header: ['1042'], body: { 1: 'Ana', 2: '$& 1042' }, buttons: { 1: '1042?x=$1' } };
      const answer = await agent.post(pathOf(created, '/preview'), { variables });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(answer.body, {
        text: 'Order 1042\nHello Ana, your order $& 1042 is on its way.\nReply STOP to unsubscribe',
        header: { ...noHeader, format: 'TEXT', text: 'Order 1042' },
        body: 'Hello Ana, your order $& 1042 is on its way.',
        footer: 'Reply STOP to unsubscribe',
        offer: null,
        cards: [],
        buttons: [
          { type: 'QUICK_REPLY', text: 'Thank you', target: null, payload: 'Thank you' },
          { type: 'URL', text: 'Track it', target: 'https://shop.test/orders/1042?x=$1', payload: null },
          { type: 'PHONE_NUMBER', text: 'Call us', target: '+15550001000', payload: null },
        ],
      });
    });

    it('missing, empty and unknown variables › 400 naming all of them', async () => {
      const created = await addTemplate();
      const variables = { body: { 1: ' ', name: 'x' }, buttons: { 2: 'x', 7: 'x' } };
      const answer = await agent.post(pathOf(created, '/preview'), { variables });
      assert.equal(answer.status, 400);
      assert.deepEqual(issuePaths(answer).toSorted(), [
        'body.variables.body.1',
        'body.variables.body.2',
        'body.variables.body.name',
        'body.variables.buttons.1',
        'body.variables.buttons.2',
        'body.variables.buttons.7',
        'body.variables.header.1',
      ]);
    });

    it('template without variables › an empty body is enough', async () => {
      const created = await addTemplate({ components: [body('Hello there.')] });
      const answer = await agent.post(pathOf(created, '/preview'), {});
      const parts = { header: null, footer: null, offer: null, buttons: [], cards: [] };
      const seen = { text: 'Hello there.', body: 'Hello there.', ...parts };
      assert.deepEqual([answer.status, answer.body], [200, seen]);
    });
  });

  describe('who may', () => {
    const answersFor = (id: string, token?: string) =>
      Promise.all(
        (
          [
            ['GET', '/api/templates'],
            ['POST', '/api/templates', fresh()],
            ['GET', `/api/templates/${id}`],
            ['POST', `/api/templates/${id}/preview`, { variables: { body: ['1', '2'] } }],
            ['PATCH', `/api/templates/${id}`, { category: 'marketing' }],
            ['DELETE', `/api/templates/${id}`],
          ] as const
        ).map(async ([method, path, json]) => {
          const options = { method, ...(json === undefined ? {} : { json }) };
          const access = token === undefined ? {} : { token };
          const { status } = await call(`${api().url}${path}`, { ...options, ...access });
          return `${method} ${path.replace(id, ':id')} ${status}`;
        }),
      );

    const plain = { components: [body('Hello {{1}}, your order {{2}} is here.')] };

    it('agent › reads and previews, and gets 403 for every write', async () => {
      const created = await addTemplate(plain);
      assert.deepEqual(await answersFor(idOf(created), agent.token), [
        'GET /api/templates 200',
        'POST /api/templates 403',
        'GET /api/templates/:id 200',
        'POST /api/templates/:id/preview 200',
        'PATCH /api/templates/:id 403',
        'DELETE /api/templates/:id 403',
      ]);
      assert.equal(etagOf(await admin.get(pathOf(created))), '"2"');
    });

    it('admin of another client › 404 for everything about it', async () => {
      const created = await addTemplate(plain);
      const lines = await answersFor(idOf(created), stranger.token);
      const about = lines.filter((line) => line.includes(':id')).map((line) => line.slice(-3));
      assert.deepEqual(about, ['404', '404', '404', '404']);
      assert.ok(!(await stranger.get('/api/templates?limit=100')).text.includes(idOf(created)));
      assert.equal(etagOf(await admin.get(pathOf(created))), '"2"');
    });

    it('not signed in › 401 everywhere', async () => {
      const created = await addTemplate(plain);
      for (const line of await answersFor(idOf(created))) assert.ok(line.endsWith('401'), line);
    });
  });
});
