import assert from 'node:assert/strict';
import { deriveUserId } from '../../sandbox/identifiers.ts';
import { control, parsePost, setStage, until, VERIFY_TOKEN, type Stage } from './helpers.ts';

const contact = { phoneNumberId: '1000200030', from: '+1 555 000 1111', name: 'Äsha' };

interface Played {
  readonly wamid: string;
  readonly webhookStatus: number | null;
}

interface TemplatePage {
  readonly data: readonly { readonly name: string; readonly status: string; readonly id: string }[];
  readonly paging?: { readonly cursors: { readonly after: string }; readonly next?: string };
  readonly error?: { readonly code: number };
}

describe('sandbox control', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await setStage({ behaviour: { reviewMs: 60 } });
  });

  afterEach(async () => {
    await stage.end();
  });

  const play = (fields: object) =>
    control<Played & { error?: { field: string } }>(stage.sandbox, 'POST /inbound', {
      ...contact,
      ...fields,
    });

  it('health › exactly the documented body', async () => {
    assert.deepEqual(await control(stage.sandbox, 'GET /health'), { status: 200, body: { status: 'ok' } });
  });

  it('inbound › STOP › a signed text message of the contact, raw bytes in ASCII', async () => {
    const { body } = await play({ type: 'text', text: 'STOP' });
    assert.equal(body.webhookStatus, 200);
    const [post] = stage.receiver.posts;
    assert(post?.isSigned === true && post.raw.includes(String.raw`\u00c4sha`));
    const [value] = stage.receiver.values();
    assert.equal(value?.metadata.phone_number_id, '1000200030');
    const userId = deriveUserId('15550001111', '');
    assert.deepEqual(value.contacts, [{ profile: { name: 'Äsha' }, wa_id: '15550001111', user_id: userId }]);
    const [{ timestamp, ...message } = {}] = value.messages ?? [];
    assert.match(String(timestamp), /^\d{10}$/);
    assert.deepEqual(message, {
      ...{ from: '15550001111', from_user_id: userId, id: body.wamid },
      ...{ type: 'text', text: { body: 'STOP' } },
    });
  });

  const shapes: readonly (readonly [string, object, object])[] = [
    [
      'button',
      { type: 'button', text: 'Confirm', payload: 'yes', contextId: 'wamid.q' },
      { type: 'button', button: { payload: 'yes', text: 'Confirm' } },
    ],
    [
      'button without payload',
      { type: 'button', text: 'Confirm' },
      { type: 'button', button: { payload: 'Confirm', text: 'Confirm' } },
    ],
    [
      'button reply',
      { type: 'button_reply', text: 'Yes', payload: 'y' },
      { type: 'interactive', interactive: { type: 'button_reply', button_reply: { id: 'y', title: 'Yes' } } },
    ],
    [
      'list reply',
      { type: 'list_reply', text: 'Yes', payload: 'y', description: 'd' },
      {
        type: 'interactive',
        interactive: { type: 'list_reply', list_reply: { id: 'y', title: 'Yes', description: 'd' } },
      },
    ],
    [
      'reaction',
      { type: 'reaction', text: '👍', contextId: 'wamid.q' },
      { type: 'reaction', reaction: { message_id: 'wamid.q', emoji: '👍' } },
    ],
    [
      'location',
      { type: 'location', latitude: 1, longitude: 2 },
      { type: 'location', location: { latitude: 1, longitude: 2 } },
    ],
    [
      'location with a name, which is not that of the person',
      { type: 'location', latitude: 1, longitude: 2, locationName: 'Harbour', address: 'Pier 1' },
      { type: 'location', location: { latitude: 1, longitude: 2, name: 'Harbour', address: 'Pier 1' } },
    ],
    [
      'flow reply',
      { type: 'nfm_reply', response: { flow_token: 't', rating: '5' }, flowName: 'survey', text: 'Done' },
      {
        type: 'interactive',
        interactive: {
          type: 'nfm_reply',
          nfm_reply: { name: 'survey', body: 'Done', response_json: '{"flow_token":"t","rating":"5"}' },
        },
      },
    ],
    [
      'broken flow reply',
      { type: 'nfm_reply', response: '{broken' },
      {
        type: 'interactive',
        interactive: {
          type: 'nfm_reply',
          nfm_reply: { name: 'flow', body: 'Sent', response_json: '{broken' },
        },
      },
    ],
    [
      'order',
      { type: 'order', catalogId: '9', text: 'please', products: [{ product_retailer_id: 'a' }] },
      {
        type: 'order',
        order: { catalog_id: '9', text: 'please', product_items: [{ product_retailer_id: 'a' }] },
      },
    ],
    [
      'contacts',
      { type: 'contacts', contacts: [{ name: { formatted_name: 'A' } }] },
      { type: 'contacts', contacts: [{ name: { formatted_name: 'A' } }] },
    ],
    [
      'message from an ad',
      { type: 'text', text: 'hi', referral: { source_type: 'ad', source_id: '1' } },
      { type: 'text', text: { body: 'hi' }, referral: { source_type: 'ad', source_id: '1' } },
    ],
  ];
  for (const [name, fields, expected] of shapes) {
    it(`inbound › ${name} › Meta's shape`, async () => {
      const { body } = await play(fields);
      const [message] = stage.receiver.values()[0]?.messages ?? [];
      assert.equal(message?.['id'], body.wamid);
      const { from, from_user_id: _userId, id, timestamp, context, ...rest } = message;
      assert.deepEqual(rest, expected);
      assert.deepEqual([typeof from, typeof id, typeof timestamp], ['string', 'string', 'string']);
      const isReply = name === 'button';
      assert.equal((context as { id: string } | undefined)?.id, isReply ? 'wamid.q' : undefined);
    });
  }

  it('inbound › the user id of a contact › stable, its own in each named portfolio, absent if switched off', async () => {
    const userIdOf = async (fields: object): Promise<unknown> => {
      await play({ text: 'hi', ...fields });
      const value = stage.receiver.values().at(-1);
      const [message] = value?.messages ?? [];
      const [told] = (value?.contacts ?? []) as readonly { readonly user_id?: string }[];
      assert.equal(message?.['from_user_id'], told?.user_id);
      return told?.user_id;
    };
    const usual = await userIdOf({});
    assert.match(String(usual), /^US\.\d{14}$/);
    assert.equal(await userIdOf({}), usual);
    assert.notEqual(await userIdOf({ from: '15550009999' }), usual);
    assert.equal(await userIdOf({ userId: 'US.7' }), 'US.7');
    const { phoneNumberId } = contact;
    await control(stage.sandbox, 'PUT /behaviour', {
      ...{ numbers: { [phoneNumberId]: { wabaId: '42' } }, portfolios: { 42: 'other' } },
    });
    assert.notEqual(await userIdOf({}), usual);
    await control(stage.sandbox, 'PUT /behaviour', { userIds: false });
    assert.equal(await userIdOf({}), undefined);
  });

  it('inbound › unsupported › error 131051 and its type', async () => {
    await play({ type: 'unsupported', unsupportedType: 'poll' });
    const [message] = stage.receiver.values()[0]?.messages ?? [];
    assert.deepEqual([message?.['type'], message?.['unsupported']], ['unsupported', { type: 'poll' }]);
    const [error] = (message?.['errors'] ?? []) as readonly { readonly code: number }[];
    assert.equal(error?.code, 131051);
  });

  it('inbound › system › the new number, and no contact', async () => {
    await play({ type: 'system', newWaId: '15550002222', text: 'changed' });
    const [value] = stage.receiver.values();
    assert.equal(value?.contacts, undefined);
    assert.deepEqual(value?.messages?.[0]?.['system'], {
      type: 'user_changed_number',
      body: 'changed',
      wa_id: '15550002222',
    });
  });

  it('inbound › passed on › told in the context', async () => {
    await play({ type: 'text', text: 'hi', forwarded: true });
    assert.deepEqual(stage.receiver.values()[0]?.messages?.[0]?.['context'], { forwarded: true });
  });

  it('inbound › image with caption › media id, type, hash and caption', async () => {
    await play({ type: 'image', text: 'look', mediaId: '77' });
    const [message] = stage.receiver.values()[0]?.messages ?? [];
    const { sha256, ...image } = (message?.['image'] ?? {}) as Record<string, string>;
    assert.deepEqual(image, { id: '77', mime_type: 'image/jpeg', caption: 'look' });
    assert.equal(Buffer.from(sha256 ?? '', 'base64').length, 32);
  });

  it('inbound › contact with a user id only, a given wamid › no number, that id', async () => {
    const { body } = await play({ from: undefined, userId: 'US.42', text: 'hi', wamid: 'wamid.again' });
    assert.equal(body.wamid, 'wamid.again');
    const [message] = stage.receiver.values()[0]?.messages ?? [];
    assert.deepEqual(
      [message?.['from'], message?.['from_user_id'], message?.['id']],
      [undefined, 'US.42', 'wamid.again'],
    );
  });

  for (const [fields, field] of [
    [{ type: 'poem' }, 'type'],
    [{ from: '' }, 'from'],
    [{ phoneNumberId: 5 }, 'phoneNumberId'],
    [{ txt: 'a' }, 'txt'],
  ] as const) {
    it(`inbound › ${JSON.stringify(fields)} › 400 that names ${field}, nothing sent`, async () => {
      const { status, body } = await play(fields);
      assert.deepEqual([status, body.error?.field], [400, field]);
      assert.equal(stage.receiver.posts.length, 0);
    });
  }

  it('inbound › webhook refuses or is away › its status, or null', async () => {
    stage.receiver.answer = () => 503;
    assert.equal((await play({ text: 'a' })).body.webhookStatus, 503);
    stage.sandbox.setWebhookUrl('http://127.0.0.1:9/');
    assert.equal((await play({ text: 'a' })).body.webhookStatus, null);
  });

  it('numbers › given identity › told in the webhooks', async () => {
    const numbers = { 1000200030: { wabaId: '777', displayPhoneNumber: '15559999999' } };
    await control(stage.sandbox, 'PUT /behaviour', { numbers });
    await play({ text: 'a' });
    const [post] = stage.receiver.posts;
    assert(post !== undefined);
    const [entry] = parsePost(post).entry;
    assert.equal(entry?.id, '777');
    assert.deepEqual(entry.changes[0]?.value.metadata, {
      display_phone_number: '15559999999',
      phone_number_id: '1000200030',
    });
  });

  it('raw webhook › bytes, value, and each kind of signature › sent as asked', async () => {
    const raw = (body: object) => control<{ webhookStatus: number }>(stage.sandbox, 'POST /webhook', body);
    const sent = [
      await raw({ rawBody: '{"statuses": [] }' }),
      await raw({ rawBody: '{}', signature: 'invalid' }),
      await raw({ rawBody: '{}', signature: 'none' }),
      await raw({ value: { event: 'PAUSED' }, field: 'message_template_status_update', wabaId: '5' }),
    ];
    assert.deepEqual(
      sent.map(({ body }) => body.webhookStatus),
      [200, 200, 200, 200],
    );
    assert.deepEqual(
      stage.receiver.posts.map((post) => post.isSigned),
      [true, false, false, true],
    );
    assert.equal(stage.receiver.posts[0]?.raw, '{"statuses": [] }');
    assert.deepEqual(JSON.parse(stage.receiver.posts[3]?.raw ?? ''), {
      object: 'whatsapp_business_account',
      entry: [
        { id: '5', changes: [{ value: { event: 'PAUSED' }, field: 'message_template_status_update' }] },
      ],
    });
    assert.equal((await raw({})).status, 400);
    assert.equal((await raw({ rawBody: '', signature: 'maybe' })).status, 400);
  });

  it('verify › right token › verified; wrong address › not', async () => {
    const verify = async () =>
      (await control<{ verified: boolean; status: number }>(stage.sandbox, 'POST /verify')).body;
    assert.equal((await verify()).verified, true);
    stage.sandbox.setWebhookUrl('http://127.0.0.1:9/');
    assert.deepEqual([(await verify()).verified, (await verify()).status], [false, null]);
    const other = await setStage({ verifyToken: `${VERIFY_TOKEN} not` });
    try {
      const { body } = await control<{ verified: boolean; status: number }>(other.sandbox, 'POST /verify');
      assert.deepEqual([body.verified, body.status], [false, 403]);
    } finally {
      await other.end();
    }
  });

  async function templates(query = '', init: RequestInit = {}): Promise<TemplatePage & { id?: string }> {
    const url = query.startsWith('http') ? query : `${stage.sandbox.url}/v25.0/42/message_templates${query}`;
    const headers = { authorization: 'Bearer a', 'content-type': 'application/json' };
    return (await (await fetch(url, { headers, ...init })).json()) as TemplatePage;
  }

  it('templates › paged by next › the starters once each, all approved', async () => {
    const names: string[] = [];
    let next: string | undefined = '?limit=2';
    while (next !== undefined) {
      const page: TemplatePage = await templates(next);
      names.push(...page.data.map((template) => template.name));
      assert(page.data.every((template) => template.status === 'APPROVED'));
      next = page.paging?.next;
    }
    assert.deepEqual(names, ['hello_world', 'order_update', 'appointment_reminder']);
    assert.equal((await templates('?after=nonsense')).error?.code, 131059);
    assert.equal((await templates('', { headers: {} })).error?.code, 104);
  });

  it('templates › created › pending, then approved; a second of that name is refused', async () => {
    const components = [{ type: 'BODY', text: 'All shoes at half price this week.' }];
    const wanted = { name: 'sale', language: 'en_US', category: 'MARKETING', components };
    const create = (body: object) => templates('', { method: 'POST', body: JSON.stringify(body) });
    await control(stage.sandbox, 'PUT /behaviour', { reviewMs: 500 });
    const { id } = await create(wanted);
    const shown = async () => (await templates('?name=sale')).data[0];
    const pending = await shown();
    assert.deepEqual([pending?.id, pending?.status], [id, 'PENDING']);
    await until('approval', async () => (await shown())?.status === 'APPROVED');
    assert.equal((await create(wanted)).error?.code, 100);
    for (const field of ['name', 'language', 'category', 'components']) {
      assert.equal((await create({ ...wanted, name: 'other', [field]: undefined })).error?.code, 100);
    }
  });
});
