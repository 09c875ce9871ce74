import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { Answer } from '../support/http.ts';
import { addMember, codeOf, signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';
import { startTemplateProvider, type TemplateProvider } from '../support/template-provider.ts';

const pacing = { title: 'RATE_LIMITING_PAUSE', description: 'The first people disliked it.' };

describe('unpausing a template › at the sandbox, which keeps Meta’s rules', () => {
  const api = useMessagingApi('template_unpause');
  let admin: Member;
  let wabaId: string;
  let path: string;

  beforeEach(async () => {
    admin = await signUpAdmin(api());
    const template = await api()
      .collection('templates')
      .findOne({ clientId: admin.clientId, name: 'order_update' });
    const channel = await api().collection('channels').findOne({ clientId: admin.clientId });
    wabaId = String(channel?.['wabaId']);
    path = `/api/templates/${template?._id.toHexString()}`;
    await control('PUT', 'behaviour', { unpauseAfterMs: 0 });
  });
  afterEach(() => control('DELETE', 'behaviour'));

  async function control(method: string, rest: string, json?: object): Promise<void> {
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const { status } = await fetch(`${api().sandbox.url}/sandbox/${rest}`, { method, ...body });
    assert.equal(status, 200);
  }

  /** Paused there, and known to be here. */
  async function pause(otherInfo: object = pacing): Promise<void> {
    await control('PUT', `templates/${wabaId}/order_update`, { status: 'PAUSED', otherInfo, webhook: false });
    const channel = await api().collection('channels').findOne({ clientId: admin.clientId });
    const synced = await admin.post('/api/templates/sync', { channelId: channel?._id.toHexString() });
    assert.equal(synced.status, 200, synced.text);
    assert.equal((await admin.get(path)).body['status'], 'paused');
  }

  const unpause = (headers = {}) => admin.post(`${path}/unpause`, undefined, headers);
  const openings = () => api().collection('gate_openings').find({ clientId: admin.clientId }).toArray();
  const audited = async () => (await api().auditOf(path.split('/').at(-1) ?? '')).at(-1);

  it('paused by pacing › approved, audited, and waiting messages are released', async () => {
    await pause();
    const version = (await admin.get(path)).headers.get('etag') ?? '';
    const answer = await unpause({ 'if-match': version });
    const { status, pauseReason, needsSync } = answer.body;
    assert.deepEqual([answer.status, status, pauseReason, needsSync], [200, 'approved', null, false]);
    const event = await audited();
    assert.deepEqual(
      [event?.['action'], event?.['before'].status, event?.['after'].status, event?.['actor'].userId],
      ['template.unpaused', 'paused', 'approved', admin.userId],
    );
    const [opening, ...others] = await openings();
    assert.deepEqual(
      [opening?.['gate'], opening?.['templateName'], opening?.['language'], others.length],
      ['template', 'order_update', 'en_US', 0],
    );
    assert.equal(codeOf(await unpause()), '409 wrong-state');
  });

  for (const [what, title, unpauseAfterMs, reason] of [
    ['paused by feedback', 'FIRST_PAUSE', 0, /paused by pacing can be unpaused/],
    ['paused a moment ago', 'RATE_LIMITING_PAUSE', 300_000, /5 minutes after it was paused/],
  ] as const) {
    it(`${what} › 409 with the provider’s reason; it stays paused and is synchronised soon`, async () => {
      await control('PUT', 'behaviour', { unpauseAfterMs });
      await pause({ title });
      const kept = await unpause();
      assert.equal(codeOf(kept), '409 wrong-state');
      assert.match(String(kept.body['detail']), reason);
      assert.equal((await admin.get(path)).body['status'], 'paused');
      assert.deepEqual(await openings(), []);
      assert.notEqual((await audited())?.['action'], 'template.unpaused');
      const wanted = await api().collection('template_syncs').findOne({ clientId: admin.clientId });
      assert.ok(Number(wanted?.['nextSyncAt']) < Date.now() + 11_000);
    });
  }

  it('not paused here › 409 without a call; not paused there › 409 with the provider’s words', async () => {
    assert.match(String((await unpause()).body['detail']), /is approved and cannot be unpaused/);
    await pause();
    await control('PUT', `templates/${wabaId}/order_update`, { status: 'APPROVED', webhook: false });
    const refused = await unpause();
    assert.equal(codeOf(refused), '409 wrong-state');
    assert.match(String(refused.body['detail']), /The template is not paused\. \(100\)/);
  });

  it('an agent › 403; another client › 404; another version › 412', async () => {
    await pause();
    const agent = await addMember(api(), admin);
    assert.equal((await agent.post(`${path}/unpause`)).status, 403);
    assert.equal((await (await signUpAdmin(api())).post(`${path}/unpause`)).status, 404);
    assert.equal((await unpause({ 'if-match': '"999"' })).status, 412);
    assert.equal((await admin.get(path)).body['status'], 'paused');
  });
});

describe('unpausing a template › at an inconsistent provider', () => {
  let provider: TemplateProvider;
  before(async () => {
    provider = await startTemplateProvider();
  });
  const api = useMessagingApi('template_unpause_odd', () => ({ WHATSAPP_API_URL: provider.url }));
  after(() => provider.stop());

  let admin: Member;
  let created: Answer;

  beforeEach(async () => {
    admin = await signUpAdmin(api());
    const channel = await api().collection('channels').findOne({ clientId: admin.clientId });
    provider.templates.clear();
    provider.review('PAUSED');
    created = await admin.post('/api/templates', {
      ...{ channelId: channel?._id.toHexString(), name: 'greeting', language: 'en_US', category: 'utility' },
      components: [{ type: 'BODY', text: 'Hello there.' }],
    });
    assert.equal(created.body['status'], 'paused', created.text);
  });

  const unpause = () => admin.post(`/api/templates/${String(created.body['id'])}/unpause`);
  const stored = () =>
    api()
      .collection('templates')
      .findOne({ _id: new Types.ObjectId(String(created.body['id'])) });

  it('agrees, but still reports paused › paused with a note that it agreed, audited, synchronised soon', async () => {
    provider.answerNext({ status: 200, body: { success: true } });
    const answer = await unpause();
    const { status, pauseReason, needsSync } = answer.body;
    assert.deepEqual([answer.status, status, needsSync], [200, 'paused', true]);
    assert.match(String(pauseReason), /accepted the unpause/);
    const events = await api().auditOf(String(created.body['id']));
    assert.equal(events.at(-1)?.['action'], 'template.unpaused');
    assert.equal(await api().collection('gate_openings').countDocuments({ clientId: admin.clientId }), 0);
    const ended = await unpause();
    assert.deepEqual([ended.status, ended.body['status']], [200, 'approved']);
  });

  it('no answer › 503, and a synchronisation soon; unknown there › 409', async () => {
    provider.answerNext(null);
    assert.equal(codeOf(await unpause()), '503 dependency-away');
    assert.equal((await stored())?.['status'], 'paused');
    provider.templates.clear();
    assert.equal(codeOf(await unpause()), '409 wrong-state');
    await api()
      .collection('templates')
      .updateOne(
        { _id: new Types.ObjectId(String(created.body['id'])) },
        { $unset: { providerTemplateId: '' } },
      );
    const gone = await unpause();
    assert.match(String(gone.body['detail']), /does not have this template/);
  });
});
