import { newId } from '../../../src/platform/ids.ts';
import { scopeOf } from '../../../src/platform/mongo.ts';
import assert from 'node:assert/strict';
import { createTemplateApi } from '../../../src/whatsapp/template-api.ts';
import type { TemplateGateway } from '../../../src/whatsapp/template-gateway.ts';
import { refusal, startTemplateProvider, type TemplateProvider } from '../../support/template-provider.ts';

const account = { scope: scopeOf(newId()), wabaId: '200', accessToken: 'the token' };
const usage = { 'x-business-use-case-usage': '{"1":[{"call_count":5}]}' };

describe('template management at the provider', () => {
  let provider: TemplateProvider;
  let gateway: TemplateGateway;
  before(async () => {
    provider = await startTemplateProvider();
    const options = { apiUrl: provider.url, apiVersion: 'v25.0', timeoutMs: 2_000, connections: 2 };
    gateway = createTemplateApi(options);
  });
  beforeEach(() => {
    provider.templates.clear();
    (provider.calls as unknown[]).length = 0;
    provider.review('PENDING');
  });
  after(async () => {
    await gateway.close();
    await provider.stop();
  });

  const refuseNext = (code: number, subcode: number, message: string, headers = {}) => {
    const [status, body] = refusal(code, subcode, message);
    provider.answerNext({ status, body, headers });
  };
  const fill = (count: number) => {
    for (let index = 0; index < count; index += 1) provider.put({ name: `t_${index}` });
  };

  it('a list of several pages › all templates once, by the cursors, until there is no next', async () => {
    fill(123);
    const outcome = await gateway.list(account);
    assert.ok(outcome.kind === 'done');
    assert.equal(new Set(outcome.value.templates.map(({ name }) => name)).size, 123);
    assert.deepEqual([outcome.value.unreadable, outcome.usage], [0, usage]);
    const asked = provider.calls.map(({ method, path, query, token }) => [
      ...[method, path, token, query.get('limit'), query.get('after')],
    ]);
    const path = '/v25.0/200/message_templates';
    assert.deepEqual(
      asked,
      [null, '50', '100'].map((cursor) => ['GET', path, 'the token', '100', cursor]),
    );
    assert.match(
      provider.calls[0]?.query.get('fields') ?? '',
      /^id,name,language,status,category,components,/,
    );
  });

  it('an empty list › nothing', async () => {
    const outcome = await gateway.list(account);
    assert.deepEqual(outcome, { kind: 'done', value: { templates: [], unreadable: 0 }, usage });
  });

  it('the use of the app’s limit, beside that of the account › both are told', async () => {
    const headers = { 'x-app-usage': '{"call_count":97}' };
    provider.answerNext({ status: 200, body: { data: [] }, headers });
    assert.deepEqual((await gateway.list(account)).usage, { ...usage, ...headers });
  });

  it('one name › asks for it alone', async () => {
    fill(3);
    const outcome = await gateway.list(account, 't_1');
    assert.deepEqual(outcome.kind === 'done' && outcome.value.templates.map(({ name }) => name), ['t_1']);
  });

  it('a cursor that is no longer known › starts again from the first page once, then gives up', async () => {
    fill(60);
    provider.answerNext({
      status: 200,
      body: { data: [], paging: { next: 'x', cursors: { after: 'old' } } },
    });
    refuseNext(131_059, 0, 'Bad cursor');
    const outcome = await gateway.list(account);
    assert.equal(outcome.kind === 'done' && outcome.value.templates.length, 60);
    refuseNext(131_059, 0, 'Bad cursor');
    refuseNext(131_059, 0, 'Bad cursor');
    const second = await gateway.list(account);
    assert.equal(second.kind === 'refused' && second.error.code, 131_059);
  });

  it('a list that turns in a circle › ends', async () => {
    const paging = { next: 'x', cursors: { after: 'same' } };
    provider.answerNext({ status: 200, body: { data: [], paging } });
    provider.answerNext({ status: 200, body: { data: [], paging } });
    assert.equal((await gateway.list(account)).kind, 'done');
    assert.equal(provider.calls.length, 2);
    for (let page = 0; page < 200; page += 1) {
      const cursors = { after: `c${page}` };
      provider.answerNext({ status: 200, body: { data: [], paging: { next: 'x', cursors } } });
    }
    assert.deepEqual(await gateway.list(account), {
      ...{ kind: 'unknown', reason: 'the list does not end after 200 pages' },
    });
  });

  it('entries of odd shapes › what counts is read, the rest is counted or left out', async () => {
    const good = { id: 77, name: 'a', language: 'en_US', status: 'APPROVED', category: 'UTILITY' };
    const odd = {
      ...{ ...good, id: '78', components: 'x', quality_score: 'GREEN', parameter_format: 5 },
      ...{ rejected_reason: null, message_send_ttl_seconds: 'x' },
    };
    const full = {
      ...{ ...good, id: '79', components: [{ type: 'BODY' }], quality_score: { score: 'GREEN', date: 1 } },
      ...{ parameter_format: 'NAMED', rejected_reason: 'NONE', message_send_ttl_seconds: 600 },
    };
    provider.answerNext({ status: 200, body: { data: [good, odd, full, { id: '80' }, null] } });
    const outcome = await gateway.list(account);
    assert.ok(outcome.kind === 'done');
    const base = { name: 'a', language: 'en_US', status: 'APPROVED', category: 'UTILITY' };
    assert.deepEqual(outcome.value, {
      templates: [
        { id: '77', ...base, components: [] },
        { id: '78', ...base, components: [] },
        {
          ...{ id: '79', ...base, components: [{ type: 'BODY' }], parameterFormat: 'NAMED' },
          ...{ qualityScore: 'GREEN', rejectedReason: 'NONE', messageSendTtlSeconds: 600 },
        },
      ],
      unreadable: 2,
    });
  });

  it('create, get, edit, delete › Meta’s own fields, each exactly one call', async () => {
    const components = [{ type: 'BODY', text: 'Hello.' }];
    const created = await gateway.create(account, {
      ...{ name: 'greeting', language: 'en_US', category: 'UTILITY', parameterFormat: 'POSITIONAL' },
      ...{ components, messageSendTtlSeconds: 60 },
    });
    assert.ok(created.kind === 'done');
    const { id } = created.value;
    assert.deepEqual(created.value, { id, status: 'PENDING', category: 'UTILITY' });
    assert.deepEqual(provider.calls[0]?.body, {
      ...{ name: 'greeting', language: 'en_US', category: 'UTILITY', parameter_format: 'POSITIONAL' },
      ...{ components, message_send_ttl_seconds: 60 },
    });
    const got = await gateway.get(account, id);
    assert.equal(got.kind === 'done' && got.value.messageSendTtlSeconds, 60);
    const edited = await gateway.edit(account, id, { components: [{ type: 'BODY', text: 'Hi.' }] });
    assert.deepEqual(edited, { kind: 'done', value: { category: 'UTILITY' }, usage });
    provider.answerNext({ status: 200, body: { success: true } });
    assert.deepEqual(await gateway.edit(account, id, {}), { kind: 'done', value: {}, usage });
    const deleted = await gateway.delete(account, { name: 'greeting', providerTemplateId: id });
    assert.deepEqual(deleted, { kind: 'done', value: null, usage });
    provider.put({ name: 'other', language: 'de' });
    provider.put({ name: 'other' });
    assert.equal((await gateway.delete(account, { name: 'other' })).kind, 'done');
    assert.equal(provider.templates.size, 0);
    assert.deepEqual(
      provider.calls.map(({ method, path, query }) => `${method} ${path} ${query.get('name') ?? ''}`),
      [
        'POST /v25.0/200/message_templates ',
        `GET /v25.0/${id} `,
        `POST /v25.0/${id} `,
        `POST /v25.0/${id} `,
        'DELETE /v25.0/200/message_templates greeting',
        'DELETE /v25.0/200/message_templates other',
      ],
    );
  });

  it('unpause › its own path without a body; kept paused › the reason without numbers of people', async () => {
    const { id } = provider.put({ name: 'sale', status: 'PAUSED' });
    assert.deepEqual(await gateway.unpause(account, id), {
      kind: 'done',
      value: { isUnpaused: true },
      usage,
    });
    const [call] = provider.calls;
    assert.deepEqual(
      [call?.method, call?.path, call?.query.size, call?.body, call?.token],
      ['POST', `/v25.0/${id}/unpause`, 0, {}, 'the token'],
    );
    for (const [body, reason] of [
      [{ success: false, reason: 'Ask 004915112345678.' }, 'Ask …78.'],
      [{ success: false, reason: '' }, null],
      [{ success: false, reason: 5 }, null],
      [{ success: false }, null],
    ] as const) {
      provider.answerNext({ status: 200, body });
      const outcome = await gateway.unpause(account, id);
      assert.deepEqual(outcome, { kind: 'done', value: { isUnpaused: false, reason }, usage });
    }
    provider.answerNext({ status: 200, body: {} });
    assert.equal((await gateway.unpause(account, id)).kind, 'unknown');
    assert.equal((await gateway.unpause(account, 'a/b')).kind, 'refused');
    assert.equal(provider.calls.at(-1)?.path, '/v25.0/a%2Fb/unpause');
  });

  it('a refusal › code, subcode and Meta’s words without numbers of people, and when to come back', async () => {
    refuseNext(80_007, 2_388_019, 'Ask 004915112345678.', { 'retry-after': '30' });
    const outcome = await gateway.get(account, '1');
    assert.ok(outcome.kind === 'refused');
    assert.deepEqual(outcome, {
      kind: 'refused',
      error: {
        ...{ code: 80_007, httpStatus: 400, title: 'Invalid parameter', detail: '', subcode: 2_388_019 },
        userMessage: 'Ask …78.',
      },
      retryAfterMs: 30_000,
      usage,
    });
  });

  for (const [what, answer, expected] of [
    [
      '404 of somebody else',
      { status: 404, body: '<html>' },
      'not-reached HTTP 404 without a body of the Graph API',
    ],
    [
      '500 without a body of Meta',
      { status: 502, body: '<html>' },
      'unknown HTTP 502 without a body of the Graph API',
    ],
    [
      '200 without what was asked for',
      { status: 200, body: {} },
      'unknown HTTP 200 without a body of the Graph API',
    ],
    ['no answer', null, 'unknown UND_ERR_SOCKET'],
  ] as const) {
    it(`${what} › ${expected}`, async () => {
      provider.answerNext(answer);
      const outcome = await gateway.create(account, {
        ...{ name: 'a', language: 'en', category: 'UTILITY', parameterFormat: 'POSITIONAL', components: [] },
      });
      const detail = outcome.kind === 'refused' ? outcome.error.code : 'reason' in outcome && outcome.reason;
      assert.equal(`${outcome.kind} ${detail}`, expected);
    });
  }

  it('nobody there › certainly not done', async () => {
    const options = { apiUrl: 'http://127.0.0.1:9', apiVersion: 'v25.0', timeoutMs: 500, connections: 1 };
    const away = createTemplateApi(options);
    assert.deepEqual(await away.list(account), { kind: 'not-reached', reason: 'ECONNREFUSED' });
    await away.close();
  });
});
