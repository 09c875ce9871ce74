import assert from 'node:assert/strict';
import {
  control,
  readLedger,
  send,
  setStage,
  templateTo,
  textTo,
  until,
  words,
  type Stage,
} from './helpers.ts';

describe('sandbox numbers', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await setStage();
  });

  afterEach(async () => {
    await stage.end();
  });

  const statusWords = (): string[] => words(stage.receiver.statuses());

  async function expectReceipts(expected: readonly string[]): Promise<void> {
    await until(`receipts ${expected.join(', ')}`, () => statusWords().length >= expected.length);
    assert.deepEqual(statusWords(), expected);
  }

  it('…01 › template › accepted, then sent, delivered and read by signed webhooks', async () => {
    const reply = await send(stage.sandbox, templateTo('+1 555 123 4501', 'm1:1'));
    assert.equal(reply.status, 200);
    const [message] = reply.body.messages ?? [];
    assert.equal(message?.message_status, 'accepted');
    assert.deepEqual(reply.body.contacts, [{ input: '+1 555 123 4501', wa_id: '15551234501' }]);
    await expectReceipts(['sent', 'delivered', 'read']);
    for (const status of stage.receiver.statuses()) {
      assert.equal(status.id, message.id);
      assert.equal(status.recipient_id, '15551234501');
      assert.equal(status.biz_opaque_callback_data, 'm1:1');
      assert.match(status.timestamp, /^\d{10}$/);
    }
    assert(stage.receiver.posts.every((post) => post.isSigned));
  });

  it('…02 › text › delivered and no more, without message_status', async () => {
    const reply = await send(stage.sandbox, textTo('+15551234502'));
    assert.deepEqual(Object.keys(reply.body.messages?.[0] ?? {}), ['id']);
    await expectReceipts(['sent', 'delivered']);
  });

  it('…03 › template › sent, then failed with 131026', async () => {
    await send(stage.sandbox, templateTo('+15551234503'));
    await expectReceipts(['sent', 'failed']);
    assert.equal(stage.receiver.statuses()[1]?.errors?.[0]?.code, 131026);
  });

  it('…04 › template › answers after the slow time, receipts after the answer', async () => {
    await control(stage.sandbox, 'PUT /behaviour', {
      receiptDelays: { sentMs: 200, deliveredMs: 210, readMs: 220 },
    });
    const startedAt = Date.now();
    const reply = await send(stage.sandbox, templateTo('+15551234504'));
    const answeredAt = Date.now();
    assert.equal(reply.status, 200);
    assert(answeredAt - startedAt >= 145, 'the answer must be slow');
    await expectReceipts(['sent', 'delivered', 'read']);
    assert((stage.receiver.posts[0]?.at ?? 0) >= answeredAt);
  });

  it('…05 › template › accepted, the answer lost, receipts come', async () => {
    await assert.rejects(send(stage.sandbox, templateTo('+15551234505', 'm5:1')));
    const { items } = await readLedger(stage.sandbox);
    assert.equal(items.length, 1);
    assert.equal(items[0]?.answered, null);
    assert.match(items[0]?.wamid ?? '', /^wamid\./);
    await expectReceipts(['sent', 'delivered', 'read']);
    assert.equal(stage.receiver.statuses()[0]?.biz_opaque_callback_data, 'm5:1');
  });

  for (const [digits, status, code] of [
    ['06', 429, 130429],
    ['07', 500, 131000],
  ] as const) {
    it(`…${digits} › attempts of two messages › each refused twice with ${code}, then accepted`, async () => {
      const seen: unknown[] = [];
      for (const opaque of ['a:1', 'b:1', 'a:2', 'b:2', 'a:3', 'b:3', 'a:4']) {
        const reply = await send(stage.sandbox, templateTo(`+155512345${digits}`, opaque));
        seen.push([reply.status, reply.body.error?.code]);
        if (status === 429 && reply.status === 429) assert.equal(reply.headers.get('retry-after'), '1');
      }
      assert.deepEqual(seen, [
        ...Array.from({ length: 4 }, () => [status, code]),
        ...Array.from({ length: 3 }, () => [200, undefined]),
      ]);
    });
  }

  it('…06 › no opaque data, restart between › counted by number and template, over the restart', async () => {
    assert.equal((await send(stage.sandbox, templateTo('+15551234506'))).status, 429);
    stage = await stage.restart();
    assert.equal((await send(stage.sandbox, templateTo('+15551234506'))).status, 429);
    assert.equal((await send(stage.sandbox, textTo('+15551234506'))).status, 429);
    stage = await stage.restart();
    assert.equal((await send(stage.sandbox, templateTo('+15551234506'))).status, 200);
  });

  it('…08 › template › 404 with 132001, no receipts', async () => {
    const reply = await send(stage.sandbox, templateTo('+15551234508'));
    assert.deepEqual([reply.status, reply.body.error?.code], [404, 132001]);
    const [item] = (await readLedger(stage.sandbox)).items;
    assert.deepEqual([item?.wamid, item?.answered], [null, { status: 404, code: 132001 }]);
  });

  it('…09 › template › receipts twice and out of order', async () => {
    await send(stage.sandbox, templateTo('+15551234509'));
    await expectReceipts(['read', 'sent', 'delivered', 'read', 'delivered']);
  });

  it('…10 › template › the receipts have been answered before the call is', async () => {
    const order: string[] = [];
    stage.receiver.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      order.push('webhook answered');
      return 200;
    };
    await send(stage.sandbox, templateTo('+15551234510'));
    order.push('call answered');
    assert.deepEqual(order, ['webhook answered', 'call answered']);
    assert.deepEqual(statusWords(), ['sent', 'delivered', 'read']);
  });

  it('…11 › template › accepted, no receipts', async () => {
    await send(stage.sandbox, templateTo('+15551234511'));
    await send(stage.sandbox, templateTo('+15551234502', 'later'));
    await until('receipts of the later message', () => statusWords().length >= 2);
    assert(stage.receiver.statuses().every((status) => status.biz_opaque_callback_data === 'later'));
  });

  it('…12 › template › failed with 131049, never sent', async () => {
    await send(stage.sandbox, templateTo('+15551234512'));
    await expectReceipts(['failed']);
    assert.equal(stage.receiver.statuses()[0]?.errors?.[0]?.code, 131049);
  });

  it('user id instead of a number › text › receipts name the user id', async () => {
    const reply = await send(stage.sandbox, {
      ...textTo(''),
      to: undefined,
      recipient: 'US.1349120865530274191808',
    });
    assert.deepEqual(reply.body.contacts, [
      { input: 'US.1349120865530274191808', user_id: 'US.1349120865530274191808' },
    ]);
    await expectReceipts(['sent', 'delivered', 'read']);
    assert.equal(stage.receiver.statuses()[0]?.recipient_id, undefined);
  });

  it('read mark, with and without typing › success, in the ledger, no receipts', async () => {
    const mark = { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.x' };
    const reply = await send(stage.sandbox, mark);
    assert.deepEqual([reply.status, reply.body], [200, { success: true }]);
    const [item] = (await readLedger(stage.sandbox)).items;
    assert.deepEqual([item?.to, item?.wamid, item?.answered], [null, null, { status: 200 }]);
    assert.deepEqual(item?.mark, { messageId: 'wamid.x', isTyping: false });
    await send(stage.sandbox, { ...mark, typing_indicator: { type: 'text' } });
    const typing = (await readLedger(stage.sandbox)).items.at(-1);
    assert.deepEqual(typing?.mark, { messageId: 'wamid.x', isTyping: true });
    assert.deepEqual(
      (await control<{ receipts: { pending: number } }>(stage.sandbox, 'GET /stats')).body.receipts.pending,
      0,
    );
  });
});
