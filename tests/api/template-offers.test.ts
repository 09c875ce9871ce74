import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { issuePaths, type Answer } from '../support/http.ts';
import { codeOf, signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';

const hourMs = 3_600_000;
const inHours = (hours: number): string => new Date(Date.now() + hours * hourMs).toISOString();

const components = [
  { type: 'LIMITED_TIME_OFFER', limited_time_offer: { text: 'Ends soon!', has_expiration: true } },
  { type: 'BODY', text: 'All boots at half price.' },
  {
    type: 'BUTTONS',
    buttons: [
      { type: 'COPY_CODE', example: 'BOOTS' },
      { type: 'URL', text: 'Shop', url: 'https://shop.example.com/boots' },
    ],
  },
];

describe('templates with a limited-time offer', () => {
  const api = useMessagingApi('template_offers');
  let admin: Member;
  let templateId: Types.ObjectId;

  beforeEach(async () => {
    admin = await signUpAdmin(api());
    const like = await api()
      .collection('templates')
      .findOne({ clientId: admin.clientId, name: 'hello_world' });
    templateId = new Types.ObjectId();
    const offer = { ...like, _id: templateId, name: 'boots', category: 'marketing', components };
    await api().collection('templates').insertOne(offer);
  });

  const send = (offerExpiresAt: string, times: object = {}) =>
    admin.post('/api/messages/template', {
      ...{ to: '+4915112345601', templateName: 'boots', ...times },
      variables: { buttons: { 0: 'BOOTS50' }, offerExpiresAt },
    });
  const message = (sent: Answer) =>
    api()
      .collection<MessageDoc>('messages')
      .findOne({ _id: new Types.ObjectId(String(sent.body['id'])) });

  it('ends before the message can be sent › 400 that names the field, nothing is stored', async () => {
    for (const [offerExpiresAt, times] of [
      [inHours(-1), {}],
      [inHours(1), { sendAt: inHours(2) }],
    ] as const) {
      const refused = await send(offerExpiresAt, times);
      assert.equal(codeOf(refused), '400 invalid-input');
      assert.deepEqual(issuePaths(refused), ['body.variables.offerExpiresAt']);
    }
    assert.equal(await api().collection('messages').countDocuments({ clientId: admin.clientId }), 0);
    const path = `/api/templates/${templateId.toHexString()}/preview`;
    const variables = { buttons: { 0: 'BOOTS50' }, offerExpiresAt: inHours(-1) };
    assert.deepEqual(issuePaths(await admin.post(path, { variables })), ['body.variables.offerExpiresAt']);
    const shown = await admin.post(path, { variables: { ...variables, offerExpiresAt: inHours(1) } });
    assert.equal(shown.status, 200, shown.text);
  });

  it('ends later › its end is the message’s expiry, unless the request has an earlier one', async () => {
    const end = inHours(2);
    for (const [times, expected] of [
      [{}, end],
      [{ expiresAt: inHours(3) }, end],
      [{ expiresAt: inHours(1) }, undefined],
    ] as const) {
      const sent = await send(end, times);
      assert.equal(sent.status, 201, sent.text);
      const wanted = expected ?? ('expiresAt' in times ? times.expiresAt : '');
      assert.equal(sent.body['expiresAt'], wanted);
      const stored = await message(sent);
      assert.equal(stored?.expiresAt?.toISOString(), wanted);
      const offer = stored?.content.template?.components?.find(({ type }) => type === 'limited_time_offer');
      assert.deepEqual(offer, {
        type: 'limited_time_offer',
        parameters: [
          { type: 'limited_time_offer', limited_time_offer: { expiration_time_ms: Date.parse(end) } },
        ],
      });
    }
  });

  it('scheduled, then rescheduled after the end of its offer › 400, nothing changes', async () => {
    const sent = await send(inHours(3), { sendAt: inHours(1) });
    const path = `/api/messages/${String(sent.body['id'])}`;
    assert.equal((await admin.patch(path, { sendAt: inHours(2) })).status, 200);
    const refused = await admin.patch(path, { sendAt: inHours(4) });
    assert.deepEqual([codeOf(refused), issuePaths(refused)], ['400 invalid-input', ['body.sendAt']]);
  });

  it('failed, and its offer is over › not sent again, alone or among many', async () => {
    const sent = await send(inHours(2));
    const id = String(sent.body['id']);
    const stored = await message(sent);
    const template = stored?.content.template;
    const over = template?.components?.map((component) =>
      component.type === 'limited_time_offer'
        ? {
            ...component,
            parameters: [{ type: 'limited_time_offer', limited_time_offer: { expiration_time_ms: 1_000 } }],
          }
        : component,
    );
    await api()
      .collection('messages')
      .updateOne(
        { _id: new Types.ObjectId(id) },
        { $set: { status: 'failed', expiresAt: new Date(1_000), 'content.template.components': over } },
      );
    const refused = await admin.post(`/api/messages/${id}/retry`, {});
    assert.equal(codeOf(refused), '409 wrong-state');
    assert.match(String(refused.body['detail']), /offer in the message ended at 1970-01-01T00:00:01/);
    const many = await admin.post('/api/messages/retry', { status: 'failed' });
    assert.deepEqual(
      (many.body['skipped'] as { id: string; code: string }[]).map((each) => [each.id, each.code]),
      [[id, 'wrong-state']],
    );
    assert.equal(await api().collection('messages').countDocuments({ clientId: admin.clientId }), 1);
  });
});
