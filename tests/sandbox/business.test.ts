import assert from 'node:assert/strict';
import { graph, setStage, textTo, type Stage } from './helpers.ts';

describe('sandbox › settings of numbers and accounts', () => {
  let stage: Stage;
  before(async () => {
    stage = await setStage();
  });
  after(() => stage.end());

  const ask = async (route: string, body?: object) => {
    const answer = await graph<object>(stage.sandbox, route, body);
    return { status: answer.status, body: answer.body };
  };
  const success = { status: 200, body: { success: true } };

  it('business profile › changed › shown, other numbers keep theirs', async () => {
    const change = { messaging_product: 'whatsapp', about: 'Open', vertical: 'RETAIL', stranger: 1 };
    assert.deepEqual(await ask('POST /1000/whatsapp_business_profile', change), success);
    assert.deepEqual(await ask('GET /1000/whatsapp_business_profile'), {
      status: 200,
      body: { data: [{ vertical: 'RETAIL', about: 'Open', messaging_product: 'whatsapp' }] },
    });
    assert.deepEqual(await ask('GET /1001/whatsapp_business_profile'), {
      status: 200,
      body: { data: [{ vertical: 'UNDEFINED', messaging_product: 'whatsapp' }] },
    });
    assert.equal((await ask('POST /1000/whatsapp_business_profile', { about: 'x' })).status, 400);
  });

  it('commerce settings › changed by the query › shown', async () => {
    assert.deepEqual(await ask('POST /1000/whatsapp_commerce_settings?is_cart_enabled=false'), success);
    assert.deepEqual(await ask('GET /1000/whatsapp_commerce_settings'), {
      status: 200,
      body: { data: [{ is_catalog_visible: true, is_cart_enabled: false, id: '1000' }] },
    });
  });

  it('people › blocked and unblocked › listed until then', async () => {
    const users = {
      messaging_product: 'whatsapp',
      block_users: [{ user: '+1 555 000 1111' }, { user: 'US.123' }],
    };
    assert.equal((await ask('POST /1000/block_users', users)).status, 200);
    const listed = () => ask('GET /1000/block_users').then(({ body }) => (body as { data: object[] }).data);
    assert.deepEqual(await listed(), [
      { messaging_product: 'whatsapp', wa_id: '15550001111' },
      { messaging_product: 'whatsapp', user_id: 'US.123' },
    ]);
    assert.equal((await ask('DELETE /1000/block_users', { block_users: [{ user: 'US.123' }] })).status, 200);
    assert.equal((await listed()).length, 1);
    assert.equal((await ask('POST /1000/block_users', {})).status, 400);
  });

  it('registration, callback and key › taken', async () => {
    assert.deepEqual(
      await ask('POST /1000/register', { messaging_product: 'whatsapp', pin: '123456' }),
      success,
    );
    assert.equal((await ask('POST /1000/register', { pin: '12' })).status, 400);
    assert.deepEqual(await ask('POST /1000/deregister', {}), success);
    const callback = { override_callback_uri: 'https://shop.example.com/w', verify_token: 'v' };
    assert.deepEqual(await ask('POST /42/subscribed_apps', callback), success);
    const { body } = await ask('GET /42/subscribed_apps');
    assert.equal(
      (body as { data: { override_callback_uri: string }[] }).data[0]?.override_callback_uri,
      callback.override_callback_uri,
    );
    assert.deepEqual(await ask('POST /1000/', { webhook_configuration: callback }), success);
    assert.deepEqual(
      await ask('POST /1000/whatsapp_business_encryption', { business_public_key: 'k' }),
      success,
    );
  });

  it('an edge with a method that it does not take › refused as Meta does', async () => {
    assert.equal((await ask('DELETE /1000/register', {})).status, 400);
    assert.equal((await ask('GET /1000/nothing')).status, 404);
  });
});

describe('sandbox › requests as other clients write them', () => {
  let stage: Stage;
  before(async () => {
    stage = await setStage();
  });
  after(() => stage.end());

  const post = (path: string, contentType: string, body: string) =>
    fetch(`${stage.sandbox.url}${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer token', 'content-type': contentType },
      body,
    }).then((response) => response.status);

  it('a path without a version › taken', async () => {
    assert.equal(
      await post('/1000/messages', 'application/json', JSON.stringify(textTo('+15550001001'))),
      200,
    );
  });

  it('optional fields that are null › as if missing', async () => {
    const body = {
      ...textTo('+15550001001'),
      recipient_type: null,
      context: null,
      text: { body: 'hi', preview_url: null },
    };
    assert.equal(await post('/v25.0/1000/messages', 'application/json', JSON.stringify(body)), 200);
  });

  it('a form whose values are JSON texts › taken, its texts stay texts', async () => {
    const form = new URLSearchParams({
      messaging_product: 'whatsapp',
      to: '15550001001',
      type: 'text',
      text: '{"body":"hi"}',
    });
    assert.equal(
      await post('/v25.0/1000/messages', 'application/x-www-form-urlencoded', form.toString()),
      200,
    );
    assert.equal(await post('/v25.0/1000/messages', 'text/plain', '{}'), 400);
  });

  it('templates › filtered by several statuses in a list › found', async () => {
    const list = encodeURIComponent(JSON.stringify(['APPROVED', 'PAUSED']));
    const found = await graph<{ data: object[]; summary: { total_count: number } }>(
      stage.sandbox,
      `GET /42/message_templates?status=${list}&summary=total_count`,
    );
    assert.deepEqual([found.body.data.length, found.body.summary.total_count], [3, 3]);
    assert.equal(
      (await graph(stage.sandbox, 'GET /42/message_templates?status=["APPROVED","NEW"]')).status,
      400,
    );
  });

  it('a template of Meta’s library › created with the library’s components', async () => {
    const created = await graph<{ id: string }>(stage.sandbox, 'POST /42/message_templates', {
      ...{
        name: 'delivered',
        language: 'en_US',
        category: 'UTILITY',
        library_template_name: 'delivery_update_1',
      },
    });
    const shown = await graph<{ components: object[]; library_template_name: string }>(
      stage.sandbox,
      `GET /${created.body.id}?fields=components,library_template_name`,
    );
    assert.deepEqual(
      [shown.body.components.length, shown.body.library_template_name],
      [1, 'delivery_update_1'],
    );
  });
});
