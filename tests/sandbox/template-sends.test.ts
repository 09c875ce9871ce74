import assert from 'node:assert/strict';
import { control, graph, readLedger, setStage, until, type Stage } from './helpers.ts';

const NUMBER = '1000200030';
const TO = '+15551234502';

type Component = Readonly<Record<string, unknown>>;

const text = (value: string, name?: string): Component => ({
  type: 'text',
  text: value,
  ...(name === undefined ? {} : { parameter_name: name }),
});
const part = (type: string, ...parameters: readonly Component[]): Component => ({ type, parameters });
const button = (sub_type: string, index: number, parameter: Component): Component => ({
  type: 'button',
  sub_type,
  index: String(index),
  parameters: [parameter],
});

describe('sandbox template sends', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await setStage({
      behaviour: { checkTemplates: true, numbers: { [NUMBER]: { wabaId: '42' } } },
    });
  });

  afterEach(() => stage.end());

  const set = (name: string, fields: object) =>
    control(stage.sandbox, `PUT /templates/42/${name}`, { webhook: false, ...fields });

  async function send(
    name: string,
    components?: readonly Component[],
    changes: object = {},
    edge = 'messages',
  ) {
    const { status, body } = await graph(stage.sandbox, `POST /${NUMBER}/${edge}`, {
      messaging_product: 'whatsapp',
      to: TO,
      type: 'template',
      template: { name, language: { code: 'en_US' }, ...(components === undefined ? {} : { components }) },
      ...changes,
    });
    return status === 200 ? 200 : body.error.code;
  }

  const asha = [part('body', text('Asha'), text('A-1001'))];
  const named = [
    part('header', text('Asha', 'customer')),
    part('body', text('9', 'time'), text('Asha', 'customer'), text('Monday', 'date')),
  ];

  it('checked › fitting parameters, positional and named in any order › accepted', async () => {
    assert.equal(await send('hello_world'), 200);
    assert.equal(await send('order_update', asha), 200);
    assert.equal(await send('appointment_reminder', named), 200);
    const payload = { type: 'payload', payload: 'yes' };
    assert.equal(await send('appointment_reminder', [...named, button('quick_reply', 1, payload)]), 200);
  });

  it('checked › unknown name or language › 132001', async () => {
    assert.equal(await send('nobody'), 132001);
    const template = { name: 'hello_world', language: { code: 'de' } };
    assert.equal(await send('hello_world', [], { template }), 132001);
  });

  it('checked › too few, too many, wrongly named parameters › 132000', async () => {
    assert.equal(await send('order_update'), 132000);
    assert.equal(await send('order_update', [part('body', text('a'))]), 132000);
    assert.equal(await send('hello_world', [part('body', text('a'))]), 132000);
    assert.equal(await send('hello_world', [part('header', text('a'))]), 132000);
    const unnamed = [named[0] ?? {}, part('body', text('9'), text('Asha'), text('Monday'))];
    assert.equal(await send('appointment_reminder', unnamed), 132000);
  });

  it('checked › header of another kind, none, text too long › 132012, 132000, 132005', async () => {
    await set('picture', {
      components: [
        { type: 'HEADER', format: 'IMAGE' },
        { type: 'BODY', text: 'Hi {{1}}, look.' },
      ],
    });
    const image = part('header', { type: 'image', image: { id: '1' } });
    const video = part('header', { type: 'video', video: { id: '1' } });
    assert.equal(await send('picture', [image, part('body', text('a'))]), 200);
    assert.equal(await send('picture', [video, part('body', text('a'))]), 132012);
    assert.equal(await send('picture', [part('body', text('a'))]), 132000);
    assert.equal(await send('picture', [image, part('body', text('x'.repeat(1020)))]), 132005);
  });

  it('line break, tab or five spaces in a parameter › 132018, checked or not; a payload may have them', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { checkTemplates: false });
    for (const words of ['a\nb', 'a\tb', 'a     b']) {
      assert.equal(await send('order_update', [part('body', text(words), text('b'))]), 132018, words);
      assert.equal(await send('order_update', [button('url', 0, text(words))]), 132018, words);
    }
    const payload = { type: 'payload', payload: 'a\nb' };
    assert.equal(await send('order_update', [button('quick_reply', 0, payload)]), 200);
    assert.equal(await send('order_update', [part('body', text('a    b'), text('b'))]), 200);
  });

  it('checked › button that is none, link without its part › 132018, 131008', async () => {
    await set('link', {
      components: [
        { type: 'BODY', text: 'Look.' },
        { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Open', url: 'https://example.org/{{1}}' }] },
      ],
    });
    assert.equal(await send('link', [button('url', 0, text('a'))]), 200);
    assert.equal(await send('link'), 131008);
    assert.equal(await send('link', [button('url', 1, text('a'))]), 132018);
    const payload = { type: 'payload', payload: 'yes' };
    assert.equal(await send('link', [button('quick_reply', 0, payload)]), 132018);
  });

  it('checked › authentication › the code is its one variable', async () => {
    await set('code', { category: 'AUTHENTICATION', components: [{ type: 'BODY' }] });
    assert.equal(await send('code', [part('body', text('123456'))]), 200);
    assert.equal(await send('code'), 132000);
  });

  it('checked › authentication with its button › the code goes into the address behind it', async () => {
    const otp = { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] };
    await set('code', { category: 'AUTHENTICATION', components: [{ type: 'BODY' }, otp] });
    const body = part('body', text('123456'));
    assert.equal(await send('code', [body, button('url', 0, text('123456'))]), 200);
    assert.equal(await send('code', [body]), 131008);
    const coupon = { type: 'coupon_code', coupon_code: '123456' };
    assert.equal(await send('code', [body, button('copy_code', 0, coupon)]), 132018);
  });

  it('state › paused, disabled, rejected, pending deletion › 132015, 132016, 132001, accepted', async () => {
    const codes: unknown[] = [];
    for (const status of ['PAUSED', 'DISABLED', 'REJECTED', 'PENDING_DELETION', 'APPROVED']) {
      await set('hello_world', { status });
      codes.push(await send('hello_world'));
    }
    assert.deepEqual(codes, [132015, 132016, 132001, 200, 200]);
  });

  it('state › not checked › paused and disabled are refused all the same, nothing else is', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { checkTemplates: false });
    await set('hello_world', { status: 'PAUSED' });
    assert.equal(await send('hello_world'), 132015);
    await set('hello_world', { status: 'DISABLED' });
    assert.equal(await send('hello_world'), 132016);
    assert.equal(await send('order_update'), 200);
    assert.equal(await send('nobody'), 200);
  });

  const marketing = (name: string, changes: object = {}) => send(name, [], changes, 'marketing_messages');

  it('marketing endpoint › marketing, utility, no template › accepted, 134100, 131055; all in the ledger', async () => {
    await set('sale', { category: 'MARKETING', components: [{ type: 'BODY', text: 'All new.' }] });
    assert.equal(await marketing('sale', { product_policy: 'STRICT', message_activity_sharing: true }), 200);
    assert.equal(await marketing('hello_world'), 134100);
    assert.equal(await marketing('sale', { type: 'text', text: { body: 'hi' } }), 131055);
    assert.equal(await marketing('sale', { product_policy: 'LAX' }), 100);
    assert.equal(await marketing('sale', { message_activity_sharing: 1 }), 100);
    assert.equal(await send('sale', [], { product_policy: 'STRICT' }), 100);
    const { items } = await readLedger(stage.sandbox);
    assert.deepEqual(
      items.map((item) => item.edge),
      [...Array.from({ length: 5 }, () => 'marketing_messages'), undefined],
    );
    type Priced = readonly { readonly pricing?: { readonly category: string } }[];
    const priced = () => (stage.receiver.statuses() as Priced).flatMap((status) => status.pricing ?? []);
    await until('receipts', () => priced().length === 2);
    assert.deepEqual(
      priced().map(({ category }) => category),
      ['marketing_lite', 'marketing_lite'],
    );
  });

  it('marketingOff › account or number › marketing only on its endpoint, all else as before', async () => {
    await set('sale', { category: 'MARKETING', components: [{ type: 'BODY', text: 'All new.' }] });
    for (const id of ['42', NUMBER]) {
      await control(stage.sandbox, 'PUT /behaviour', { marketingOff: [id] });
      assert.equal(await send('sale'), 131063);
      assert.equal(await send('hello_world'), 200);
      assert.equal(await marketing('sale'), 200);
    }
    await control(stage.sandbox, 'PUT /behaviour', { marketingOff: [] });
    assert.equal(await send('sale'), 200);
  });
});
