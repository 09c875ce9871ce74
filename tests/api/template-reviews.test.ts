import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Types } from 'mongoose';
import { scopeOf } from '../../src/platform/mongo.ts';
import { issuePaths, type Answer } from '../support/http.ts';
import { addMember, codeOf, signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';
import { refusal, startTemplateProvider, type TemplateProvider } from '../support/template-provider.ts';

const body = (text: string) => ({ type: 'BODY', text });
const newName = () => `template_${randomBytes(5).toString('hex')}`;
const idOf = ({ body: json }: Answer) => json['id'] as string;
const pathOf = (created: Answer, rest = '') => `/api/templates/${idOf(created)}${rest}`;

describe('templates at the provider', () => {
  let provider: TemplateProvider;
  before(async () => {
    provider = await startTemplateProvider();
  });
  const api = useMessagingApi('template_reviews', () => ({ WHATSAPP_API_URL: provider.url }));
  after(() => provider.stop());

  let admin: Member;
  let channelId: string;
  let wabaId: string;

  beforeEach(async () => {
    admin = await signUpAdmin(api());
    await api().collection('templates').deleteMany({ clientId: admin.clientId });
    const channel = await api().collection('channels').findOne({ clientId: admin.clientId });
    channelId = channel?._id.toHexString() ?? '';
    wabaId = String(channel?.['wabaId']);
    provider.templates.clear();
    provider.review('PENDING');
    (provider.calls as unknown[]).length = 0;
  });

  const fresh = (fields: Readonly<Record<string, unknown>> = {}) => ({
    ...{ channelId, name: newName(), language: 'en_US', category: 'utility' },
    ...{ components: [body('Hello {{1}}, this is a text.')], ...fields },
  });
  const create = (fields: Readonly<Record<string, unknown>> = {}) =>
    admin.post('/api/templates', fresh(fields));
  const sync = () => admin.post('/api/templates/sync', { channelId });
  const refuseNext = (code: number, subcode: number, message: string) => {
    const [status, json] = refusal(code, subcode, message);
    provider.answerNext({ status, body: json });
  };
  const stored = (created: Answer) =>
    api()
      .collection('templates')
      .findOne({ _id: new Types.ObjectId(idOf(created)) });
  const wanted = async () =>
    (await api()
      .collection('template_syncs')
      .findOne({ channelId: new Types.ObjectId(channelId) })) !== null;

  describe('create', () => {
    it('submitted in the same request › pending with the provider’s id, and synchronised later', async () => {
      const created = await create({ category: 'marketing', messageSendTtlSeconds: 43_200 });
      assert.equal(created.status, 201, created.text);
      const [theirs] = provider.templates.values();
      const { status, providerTemplateId, submitProblem, messageSendTtlSeconds } = created.body;
      assert.deepEqual(
        { status, providerTemplateId, submitProblem, messageSendTtlSeconds },
        {
          status: 'pending',
          providerTemplateId: theirs?.id,
          submitProblem: null,
          messageSendTtlSeconds: 43_200,
        },
      );
      const [call] = provider.calls;
      assert.equal(call?.path, `/v25.0/${wabaId}/message_templates`);
      assert.deepEqual(call?.body, {
        ...{ name: created.body['name'], language: 'en_US', category: 'MARKETING' },
        ...{ parameter_format: 'POSITIONAL', message_send_ttl_seconds: 43_200 },
        components: [{ ...body('Hello {{1}}, this is a text.'), example: { body_text: [['sample 1']] } }],
      });
      assert.ok(await wanted());
    });

    it('the provider assigns another category › it counts, the requested one is kept, audited', async () => {
      provider.answerNext({ status: 200, body: { id: '5', status: 'APPROVED', category: 'MARKETING' } });
      const created = await create();
      const { category, submittedCategory, status } = created.body;
      assert.deepEqual(
        { category, submittedCategory, status },
        { category: 'marketing', submittedCategory: 'utility', status: 'approved' },
      );
      const event = (await api().auditOf(idOf(created)))[1];
      assert.equal(event?.['action'], 'template.submitted');
      assert.deepEqual([event?.['before'].category, event?.['after'].category], ['utility', 'marketing']);
    });

    it('submit: false › a draft, and no call', async () => {
      const created = await create({ submit: false });
      assert.deepEqual([created.status, created.body['status'], provider.calls.length], [201, 'draft', 0]);
    });

    it('no answer › a draft with the reason, and a later synchronisation', async () => {
      provider.answerNext(null);
      const created = await create();
      assert.deepEqual(
        [created.status, created.body['status'], created.body['submitProblem']],
        [201, 'draft', 'The provider did not answer.'],
      );
      assert.ok(await wanted());
    });

    it('a limit, or an expired token › a draft with the product’s own text', async () => {
      for (const [code, words] of [
        [190, /access token has expired \(190\)/],
        // Last: after it the account is not called for a while.
        [80_007, /limit is reached \(80007\)/],
      ] as const) {
        refuseNext(code, 0, 'token EAAB-secret is bad');
        const created = await create();
        assert.deepEqual([created.status, created.body['status']], [201, 'draft']);
        assert.match(String(created.body['submitProblem']), words);
        assert.doesNotMatch(created.text, /EAAB/);
      }
    });

    it('refused › 400 with the provider’s text without numbers, and nothing is stored', async () => {
      refuseNext(100, 2_388_293, 'Too many variables; call 004915112345678.');
      const request = fresh();
      const refused = await admin.post('/api/templates', request);
      assert.deepEqual([refused.status, issuePaths(refused)], [400, ['body']]);
      assert.match(refused.text, /Too many variables; call …78\. \(2388293\)/);
      assert.equal(await api().collection('templates').countDocuments({ clientId: admin.clientId }), 0);
      assert.equal((await admin.post('/api/templates', request)).status, 201);
    });

    for (const [code, subcode] of [
      [100, 2_388_019],
      [2_388_019, 0],
    ] as const) {
      it(`the account is full, told by ${code} with ${subcode} › 409 that says what to do, a draft stays one`, async () => {
        refuseNext(code, subcode, 'You have 250 templates.');
        const full = await create();
        assert.equal(codeOf(full), '409 template-limit-reached');
        assert.match(String(full.body['detail']), /You have 250 templates\. \(2388019\)/);
        assert.equal(await api().collection('templates').countDocuments({ clientId: admin.clientId }), 0);
        const draft = await create({ submit: false });
        refuseNext(code, subcode, 'You have 250 templates.');
        assert.equal(codeOf(await admin.post(pathOf(draft, '/submit'))), '409 template-limit-reached');
        const kept = await stored(draft);
        assert.deepEqual(
          [kept?.['status'], kept?.['submitProblem']],
          ['draft', 'You have 250 templates. (2388019)'],
        );
      });
    }

    it('time to live outside the category’s bounds › 400', async () => {
      const refused = await create({ messageSendTtlSeconds: 10 });
      assert.deepEqual(issuePaths(refused), ['body.messageSendTtlSeconds']);
    });
  });

  describe('submit', () => {
    it('a draft › goes to the review; twice › 409', async () => {
      const created = await create({ submit: false });
      const answer = await admin.post(pathOf(created, '/submit'));
      assert.deepEqual([answer.status, answer.body['status']], [200, 'pending'], answer.text);
      assert.equal(codeOf(await admin.post(pathOf(created, '/submit'))), '409 wrong-state');
    });

    it('a draft that the provider already has › takes over its data', async () => {
      const created = await create({ submit: false });
      const theirs = provider.put({ name: String(created.body['name']), status: 'APPROVED' });
      const answer = await admin.post(pathOf(created, '/submit'));
      assert.deepEqual([answer.body['status'], answer.body['providerTemplateId']], ['approved', theirs.id]);
    });

    it('refused › 400, and the draft has the reason; away › 503', async () => {
      const created = await create({ submit: false });
      refuseNext(100, 2_388_047, 'The header is bad.');
      assert.equal((await admin.post(pathOf(created, '/submit'))).status, 400);
      assert.equal((await stored(created))?.['submitProblem'], 'The header is bad. (2388047)');
      provider.answerNext({ status: 500, body: '<html>' });
      assert.equal(codeOf(await admin.post(pathOf(created, '/submit'))), '503 dependency-away');
    });

    it('rejected › the same content again', async () => {
      provider.review('REJECTED');
      const created = await create();
      assert.equal(created.body['status'], 'rejected');
      const answer = await admin.post(pathOf(created, '/submit'));
      assert.equal(answer.body['status'], 'pending');
      assert.equal(provider.calls.at(-1)?.path, `/v25.0/${String(created.body['providerTemplateId'])}`);
    });
  });

  describe('change', () => {
    it('pending › 409; approved › changed at the provider, pending again; category › 409', async () => {
      const created = await create();
      const components = [body('Another text.')];
      assert.equal(codeOf(await admin.patch(pathOf(created), { components })), '409 wrong-state');
      provider.review('APPROVED');
      const other = await create();
      const answer = await admin.patch(pathOf(other), { components, messageSendTtlSeconds: 60 });
      assert.deepEqual([answer.status, answer.body['status']], [200, 'pending'], answer.text);
      assert.deepEqual(provider.calls.at(-1)?.body, { components, message_send_ttl_seconds: 60 });
      const third = await create();
      assert.equal(codeOf(await admin.patch(pathOf(third), { category: 'marketing' })), '409 wrong-state');
    });

    it('rejected › content and category together', async () => {
      provider.review('REJECTED');
      const created = await create();
      const change = { category: 'marketing', components: [body('Another text.')] };
      const answer = await admin.patch(pathOf(created), change);
      const { status, category, submittedCategory, rejectionReason } = answer.body;
      assert.deepEqual(
        { status, category, submittedCategory, rejectionReason },
        { status: 'pending', category: 'marketing', submittedCategory: null, rejectionReason: null },
      );
      assert.equal(provider.calls.at(-1)?.body['category'], 'MARKETING');
    });

    it('refused, away, unknown there › no local change', async () => {
      provider.review('APPROVED');
      const created = await create();
      const components = [body('Another text.')];
      refuseNext(100, 2_388_039, 'Once a day.');
      assert.equal(codeOf(await admin.patch(pathOf(created), { components })), '400 invalid-input');
      provider.answerNext(null);
      assert.equal(codeOf(await admin.patch(pathOf(created), { components })), '503 dependency-away');
      provider.templates.clear();
      assert.equal(codeOf(await admin.patch(pathOf(created), { components })), '409 wrong-state');
      assert.equal((await stored(created))?.['version'], 2);
    });

    it('known here only › becomes a draft; found by its name › changed there', async () => {
      provider.review('APPROVED');
      const created = await create();
      const _id = new Types.ObjectId(idOf(created));
      await api()
        .collection('templates')
        .updateOne({ _id }, { $unset: { providerTemplateId: '' } });
      const found = await admin.patch(pathOf(created), { components: [body('Another text.')] });
      assert.deepEqual([found.body['status'], provider.calls.at(-1)?.method], ['pending', 'POST']);
      await api()
        .collection('templates')
        .updateOne({ _id }, { $unset: { providerTemplateId: '' }, $set: { status: 'approved' } });
      provider.templates.clear();
      const alone = await admin.patch(pathOf(created), { components: [body('A third text.')] });
      assert.equal(alone.body['status'], 'draft');
    });
  });

  describe('delete', () => {
    it('one language › deleted there by id and name; a draft › only locally; already gone there › accepted', async () => {
      const created = await create();
      assert.equal((await admin.delete(pathOf(created))).status, 204);
      const { method, query } = provider.calls.at(-1) ?? {};
      assert.deepEqual(
        [method, query?.get('hsm_id'), query?.get('name'), provider.templates.size],
        ['DELETE', created.body['providerTemplateId'], created.body['name'], 0],
      );
      const draft = await create({ submit: false });
      const asked = provider.calls.length;
      assert.equal((await admin.delete(pathOf(draft))).status, 204);
      assert.equal(provider.calls.length, asked);
      const lost = await create();
      provider.templates.clear();
      assert.equal((await admin.delete(pathOf(lost))).status, 204);
    });

    it('refused or away › still there', async () => {
      const created = await create();
      refuseNext(100, 2_388_049, 'A disabled template cannot be deleted.');
      assert.equal(codeOf(await admin.delete(pathOf(created))), '400 invalid-input');
      provider.answerNext(null);
      assert.equal(codeOf(await admin.delete(pathOf(created))), '503 dependency-away');
      assert.notEqual(await stored(created), null);
    });
  });

  describe('synchronise', () => {
    it('an account of 123 templates › all of them, and the second time nothing changes', async () => {
      for (let index = 0; index < 123; index += 1) provider.put({ name: `t_${index}` });
      assert.deepEqual((await sync()).body, { added: 123, updated: 0, removed: 0, unchanged: 0 });
      assert.deepEqual((await sync()).body, { added: 0, updated: 0, removed: 0, unchanged: 123 });
      const events = await api().auditOf(channelId);
      assert.deepEqual(
        events.map(({ action, after }) => [action, after.names.length]),
        [
          ['templates.found', 100],
          ['templates.found', 23],
        ],
      );
    }).timeout(30_000);

    it('changed and gone there › updated and deleted here, each audited; a draft stays', async () => {
      provider.review('APPROVED');
      const [changed, gone, draft] = [await create(), await create(), await create({ submit: false })];
      const id = String(changed.body['providerTemplateId']);
      provider.put({
        ...provider.templates.get(id),
        name: String(changed.body['name']),
        id,
        status: 'PAUSED',
        quality_score: { score: 'RED' },
      });
      provider.templates.delete(String(gone.body['providerTemplateId']));
      const _id = new Types.ObjectId(idOf(gone));
      await api()
        .collection('templates')
        .updateOne({ _id }, { $set: { submittedAt: new Date(0) } });
      const result = await sync();
      assert.deepEqual(result.body, { added: 0, updated: 1, removed: 1, unchanged: 0 }, result.text);
      const [one, two, three] = [await stored(changed), await stored(gone), await stored(draft)];
      assert.deepEqual(
        [one?.['status'], one?.['qualityScore'], two?.['status'], three?.['status']],
        ['paused', 'red', 'deleted', 'draft'],
      );
      assert.equal((await api().auditOf(idOf(gone))).at(-1)?.['action'], 'template.gone');
      assert.equal((await admin.delete(pathOf(gone))).status, 204);
    });

    it('ten at once › every template once', async () => {
      for (let index = 0; index < 20; index += 1) provider.put({ name: `t_${index}` });
      const answers = await Promise.all(Array.from({ length: 4 }, sync));
      assert.ok(answers.every(({ status }) => status === 200));
      assert.equal(await api().collection('templates').countDocuments({ clientId: admin.clientId }), 20);
    }).timeout(30_000);

    it('the provider away, or the token ended › reported, nothing is changed', async () => {
      provider.answerNext(null);
      assert.equal(codeOf(await sync()), '503 dependency-away');
      for (const status of [403, 404, 407, 429, 502]) {
        provider.answerNext({ status, body: '<html>a proxy</html>' });
        assert.equal(codeOf(await sync()), '503 dependency-away', `${status} of something before Meta`);
      }
      refuseNext(190, 463, 'token EAAB-secret');
      const ended = await sync();
      assert.equal(codeOf(ended), '409 wrong-state');
      assert.doesNotMatch(ended.text, /EAAB/);
    });

    it('an agent › 403; a channel of another client › 404', async () => {
      const agent = await addMember(api(), admin);
      assert.equal((await agent.post('/api/templates/sync', { channelId })).status, 403);
      const stranger = await signUpAdmin(api());
      assert.equal((await stranger.post('/api/templates/sync', { channelId })).status, 404);
    });
  });

  describe('for sends', () => {
    const send = (templateName: unknown) =>
      admin.post('/api/messages/template', { to: '+4915112345601', templateName, channelId });

    it('paused › accepted; rejected › 409 with the reason', async () => {
      provider.review('APPROVED');
      const created = await create({ components: [body('Hello there.')] });
      const scope = scopeOf(admin.clientId);
      const { templates } = api().api.core;
      const ref = {
        channelId: new Types.ObjectId(channelId),
        name: String(created.body['name']),
        language: 'en_US',
      };
      assert.deepEqual(await templates.stateForSend(scope, ref), {
        status: 'approved',
        category: 'utility',
        reason: null,
      });
      assert.equal((await templates.suggest(scope, ref.channelId)).length, 1);
      await templates.noteProviderError(scope, ref, 131_026);
      await templates.noteProviderError(scope, ref, 132_015);
      const paused = {
        status: 'paused',
        category: 'utility',
        reason: 'The provider refuses it as paused (132015).',
      };
      assert.deepEqual(await templates.stateForSend(scope, ref), paused);
      assert.deepEqual(
        await templates.stateForSend(scope, { id: new Types.ObjectId(idOf(created)) }),
        paused,
      );
      assert.deepEqual(await templates.suggest(scope, ref.channelId), []);
      assert.equal((await send(created.body['name'])).status, 201);
      await templates.noteProviderError(scope, ref, 132_016);
      const refused = await send(created.body['name']);
      assert.equal(codeOf(refused), '409 template-not-approved');
      assert.match(String(refused.body['detail']), /is disabled\. The provider refuses it as disabled/);
      await templates.noteProviderError(scope, { ...ref, name: 'nobody' }, 132_016);
      assert.equal(await templates.stateForSend(scope, { ...ref, name: 'nobody' }), null);
    }).timeout(30_000);
  });
});
