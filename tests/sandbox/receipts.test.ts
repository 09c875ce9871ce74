import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { control, send, setStage, startReceiver, templateTo, until, words, type Stage } from './helpers.ts';

const DELIVERED_ONLY = '+15551234502';

interface Stats {
  readonly receipts: { readonly pending: number; readonly delivered: number; readonly failedPosts: number };
}

describe('sandbox receipts', () => {
  let stage: Stage;

  afterEach(async () => {
    await stage.end();
  });

  const pending = async (): Promise<number> =>
    (await control<Stats>(stage.sandbox, 'GET /stats')).body.receipts.pending;

  const statusWords = (): string[] => words(stage.receiver.statuses());

  it('webhook answers 500, cuts, then 200 › the same bytes are sent again, ever later', async () => {
    stage = await setStage();
    const answers = [500, null, 503];
    stage.receiver.answer = (count) => (count > answers.length ? 200 : (answers[count - 1] ?? null));
    await send(stage.sandbox, templateTo('+15551234512'));
    await until('four posts', () => stage.receiver.posts.length === 4);
    assert.equal(new Set(stage.receiver.posts.map((post) => post.raw)).size, 1);
    const [first = 0, second = 0, third = 0, fourth = 0] = stage.receiver.posts.map((post) => post.at);
    assert(second - first >= 18 && third - second >= 36 && fourth - third >= 72, 'the delays must grow');
    await until('nothing pending', async () => (await pending()) === 0);
    await sleep(60);
    assert.equal(stage.receiver.posts.length, 4);
  });

  it('webhook answers 201 › not taken as received', async () => {
    stage = await setStage();
    stage.receiver.answer = (count) => (count === 1 ? 201 : 200);
    await send(stage.sandbox, templateTo('+15551234512'));
    await until('a second post', () => stage.receiver.posts.length === 2);
  });

  it('nobody listens › receipts wait, and arrive when somebody does', async () => {
    stage = await setStage();
    const elsewhere = await startReceiver();
    await elsewhere.stop();
    stage.sandbox.setWebhookUrl(elsewhere.url);
    await send(stage.sandbox, templateTo(DELIVERED_ONLY));
    await sleep(120);
    assert.equal(await pending(), 2);
    const late = await startReceiver(Number(new URL(elsewhere.url).port));
    try {
      await until('both receipts', () => late.statuses().length === 2);
      assert.deepEqual(words(late.statuses()).sort(), ['delivered', 'sent']);
    } finally {
      await late.stop();
    }
  });

  it('nobody listens for too long › given up', async () => {
    stage = await setStage({
      webhookUrl: 'http://127.0.0.1:9/',
      retry: { firstMs: 10, maxMs: 10, giveUpAfterMs: 40 },
    });
    await send(stage.sandbox, templateTo(DELIVERED_ONLY));
    await until('given up', async () => (await pending()) === 0);
    assert.equal((await control<Stats>(stage.sandbox, 'GET /stats')).body.receipts.delivered, 0);
  });

  it('restart before they are due › only the missing ones are delivered', async () => {
    stage = await setStage({ behaviour: { receiptDelays: { sentMs: 5, deliveredMs: 900, readMs: 910 } } });
    await send(stage.sandbox, templateTo('+15551234501', 'm1:1'));
    await until('sent', () => stage.receiver.statuses().length === 1);
    await until('sent is settled', async () => (await pending()) === 2);
    stage = await stage.restart();
    assert.equal(await pending(), 2);
    await until('the others', () => stage.receiver.statuses().length >= 3);
    assert.deepEqual(statusWords(), ['sent', 'delivered', 'read']);
    assert(stage.receiver.statuses().every((status) => status.biz_opaque_callback_data === 'm1:1'));
    await until('nothing pending', async () => (await pending()) === 0);
    stage = await stage.restart();
    assert.equal(await pending(), 0);
  });

  it('restart while the webhook fails › retried by the next run', async () => {
    stage = await setStage();
    stage.receiver.answer = () => 500;
    await send(stage.sandbox, templateTo('+15551234503'));
    await until('some failures', () => stage.receiver.posts.length >= 3);
    stage.receiver.answer = () => 200;
    stage.receiver.posts.length = 0;
    stage = await stage.restart();
    await until('both receipts', () => stage.receiver.statuses().length >= 2);
    assert.deepEqual(statusWords().sort(), ['failed', 'sent']);
    assert(stage.receiver.posts.every((post) => post.isSigned));
  });

  it('journal with a torn last line › the torn line is dropped, the rest goes on', async () => {
    stage = await setStage({ behaviour: { receiptDelays: { sentMs: 200, deliveredMs: 210 } } });
    await send(stage.sandbox, templateTo(DELIVERED_ONLY));
    await stage.sandbox.stop();
    await appendFile(join(stage.options.dataDir, 'ledger.jsonl'), '{"item":{"at":"20');
    stage = await stage.restart();
    await send(stage.sandbox, templateTo('+15551234511'));
    await until('both receipts', () => stage.receiver.statuses().length === 2);
    stage = await stage.restart();
    const { body } = await control<{ calls: number }>(stage.sandbox, 'GET /stats');
    assert.equal(body.calls, 2);
  });

  it('many due at once › share posts; batching off › one status each', async () => {
    stage = await setStage({
      webhookConcurrency: 1,
      behaviour: { receiptDelays: { sentMs: 40, deliveredMs: 40 } },
    });
    const sendTen = () =>
      Promise.all(Array.from({ length: 10 }, () => send(stage.sandbox, templateTo(DELIVERED_ONLY))));
    await sendTen();
    await until('twenty statuses', () => stage.receiver.statuses().length === 20);
    assert(stage.receiver.posts.length < 15, `expected few posts, had ${stage.receiver.posts.length}`);
    await control(stage.sandbox, 'PUT /behaviour', { batchReceipts: false });
    stage.receiver.posts.length = 0;
    await sendTen();
    await until('twenty posts', () => stage.receiver.posts.length === 20);
    assert.equal(stage.receiver.statuses().length, 20);
  });

  it('slow webhook › never more posts at once than allowed', async () => {
    stage = await setStage({ webhookConcurrency: 2, behaviour: { batchReceipts: false } });
    let open = 0;
    let most = 0;
    stage.receiver.answer = async () => {
      open += 1;
      most = Math.max(most, open);
      await sleep(10);
      open -= 1;
      return 200;
    };
    await Promise.all(Array.from({ length: 8 }, () => send(stage.sandbox, templateTo(DELIVERED_ONLY))));
    await until('all receipts', () => stage.receiver.posts.length === 16);
    assert.equal(most, 2);
  });

  it('receipts switched off › accepted, none', async () => {
    stage = await setStage({ behaviour: { receipts: 'none' } });
    assert.equal((await send(stage.sandbox, templateTo('+15551234510'))).status, 200);
    assert.equal(await pending(), 0);
    await sleep(80);
    assert.equal(stage.receiver.posts.length, 0);
  });

  it('…10 while nobody listens › the call is answered all the same', async () => {
    stage = await setStage({ webhookUrl: 'http://127.0.0.1:9/' });
    assert.equal((await send(stage.sandbox, templateTo('+15551234510'))).status, 200);
    stage.sandbox.setWebhookUrl(stage.receiver.url);
    await until('the receipts', () => stage.receiver.statuses().length === 3);
  });
});
