import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { mongo } from 'mongoose';
import { call, type Answer } from '../support/http.ts';
import { signUpAdmin, useMessagingApi } from '../support/messaging-api.ts';

const secret = (name: string): string => `${name}-${randomBytes(12).toString('hex')}`;

const view = ({ body }: Answer) => body as Record<string, unknown> & { id: string; webhookUrl: string };

describe('channel secrets', () => {
  const api = useMessagingApi('channel_secrets');

  const behave = async (fields: Readonly<Record<string, unknown>>) => {
    const { url } = api().sandbox;
    assert.equal((await call(`${url}/sandbox/behaviour`, { method: 'PUT', json: fields })).status, 200);
  };

  it('every route that accepts them › never in plain text in an answer, audit event, log line or document', async () => {
    const admin = await signUpAdmin(api());
    const canaries = [
      secret('first-token'),
      secret('second-token'),
      secret('first-app'),
      secret('second-app'),
    ];
    const [firstToken, secondToken, firstApp, secondApp] = canaries;
    const number = { displayNumber: '+15550001000', phoneNumberId: secret('number'), wabaId: '1' };
    const request = { ...number, accessToken: firstToken, appSecret: firstApp };
    const created = await admin.post('/api/channels', request);
    assert.equal(created.status, 201, created.text);
    const path = `/api/channels/${view(created).id}`;
    await behave({ expiredTokens: [firstToken] });
    const answers = [
      created,
      await admin.get(path),
      await admin.get('/api/channels?limit=100'),
      await admin.post(`${path}/verify`),
      await admin.patch(path, { accessToken: secondToken, appSecret: secondApp }),
      await admin.patch(path, { accessToken: `${secondToken} `, appSecret: 1 }),
      await admin.post('/api/channels', { ...number, accessToken: firstToken }),
      await admin.post(`${path}/verify`),
      await admin.post(`${path}/pause`),
      await admin.post(`${path}/resume`),
      await admin.post(`${path}/webhook-key`),
      await admin.delete(path),
    ];
    await behave({ expiredTokens: [] });
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 200, 200, 200, 200, 400, 409, 200, 200, 200, 200, 204],
    );
    const keys = [answers[0], answers[10]].map((answer) =>
      view(answer as Answer)
        .webhookUrl.split('/')
        .at(-1),
    );
    const stored = [];
    const collections = (await api().api.core.mongo.db?.collections()) ?? [];
    for (const { collectionName } of collections) {
      if (collectionName.startsWith('system.')) continue;
      stored.push(...(await api().collection(collectionName).find().toArray()));
    }
    const written = [api().log.text(), JSON.stringify(stored)];
    for (const canary of canaries) {
      for (const text of [...answers.map((answer) => answer.text), ...written]) {
        assert.ok(!text.includes(canary), 'a credential is in the clear');
      }
    }
    for (const key of keys) {
      assert.ok(
        key !== undefined && !written.some((text) => text.includes(key)),
        'the address is shown once',
      );
    }
    const event = (await api().auditOf(view(created).id)).find(({ action }) => action === 'channel.updated');
    const after = (event?.['after'] ?? {}) as mongo.Document;
    const { accessToken, appSecret, version } = after;
    assert.deepEqual(
      { accessToken, appSecret, version },
      { accessToken: '[secret]', appSecret: '[secret]', version: 3 },
    );
    assert.ok(!api().log.text().includes('"level":"error"'), 'no fault of ours');
  });
});
