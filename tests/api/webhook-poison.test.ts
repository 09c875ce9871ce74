import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Types } from 'mongoose';
import { manyMessages, poisonBodies } from '../../proofs/fuzz/poison.ts';
import { newSecret, sha256Hex } from '../../src/platform/ids.ts';
import type { Loop } from '../../src/platform/loop.ts';
import { useApi } from '../support/api.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { call } from '../support/http.ts';
import { postSigned, textOf } from '../support/meta.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';
import { waitFor } from '../support/wait.ts';

const secret = 'the app secret of this test';
const mebibyte = 2 ** 20;

/** The product's bound is 64 MiB; this process is the sender and the door as well, and keeps every body. */
const maxGrownMiB = 96;

interface Figures {
  /** The longest that a message of another business took. */
  readonly worstMs: number;
  /** Of the event-loop delay. */
  readonly p99Ms?: number;
  readonly grownMiB?: number;
}

/** All at once, so that a failure shows every figure. */
function assertBounds(figures: Figures): void {
  const { worstMs, p99Ms = 0, grownMiB = 0 } = figures;
  assert.ok(worstMs < 1_000 && p99Ms < 100 && grownMiB < maxGrownMiB, JSON.stringify(figures));
}

describe('api › webhook › poison bodies', function () {
  this.timeout(120_000);
  const api = useApi('webhook-poison', { env: { WHATSAPP_APP_SECRETS: secret } });
  let processor: TestProcessor;
  let loop: Loop | undefined;
  let attacker: CrmUser;
  let other: CrmUser;

  before(async () => {
    processor = await startTestProcessor(api());
  });
  beforeEach(async () => {
    [attacker, other] = [await api().signUp(), await api().signUp()];
    await events().deleteMany({});
  });
  afterEach(async () => {
    await loop?.stop();
    loop = undefined;
    assert.deepEqual(processor.probe.takeViolations(), []);
  });
  after(() => processor.close());

  const events = () => api().collection('webhook_events');

  /** An event as an older version stored it: without its source, and without a judgement of its body. */
  const store = (channelId: string, body: string) =>
    events().insertOne({
      receivedAt: new Date(),
      channelId: new Types.ObjectId(channelId),
      body,
      status: 'pending',
      attempts: 0,
      nextAttemptAt: new Date(),
      ...(body.includes('"messages"') ? { isUrgent: true } : {}),
    });

  /** Milliseconds until a message of another business's contact is stored. */
  async function latencyOfOther(index: number): Promise<number> {
    const wamid = `wamid.${newSecret(9)}.${index}`;
    const startedAt = performance.now();
    const body = textOf(other.phoneNumberId, '+4915155500044', `Number ${index}`, wamid);
    assert.equal((await postSigned(`${api().url}/webhook/incoming`, body, secret)).status, 200);
    await waitFor(
      'the message of the other business is stored',
      async () => (await api().collection('messages').findOne({ providerMessageId: wamid })) !== null,
      { everyMs: 10 },
    );
    return performance.now() - startedAt;
  }

  async function latenciesOfOther(count: number): Promise<number> {
    let worstMs = 0;
    for (let index = 0; index < count; index += 1) {
      worstMs = Math.max(worstMs, await latencyOfOther(index));
      await sleep(100);
    }
    return worstMs;
  }

  const addressOf = async ({ channelId }: CrmUser): Promise<string> => {
    const key = newSecret();
    const _id = new Types.ObjectId(channelId);
    await api()
      .collection('channels')
      .updateOne({ _id }, { $set: { webhookKeyHash: sha256Hex(key) } });
    return `${api().url}/webhook/incoming/${key}`;
  };

  it('on a business’s own address › the worst are refused, the rest ends, and another business’s message takes less than a second', async () => {
    const address = await addressOf(attacker);
    loop = processor.start();
    await latenciesOfOther(3);
    const poisons = poisonBodies(attacker.phoneNumberId, newSecret(6));
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    let worstMs = 0;
    for (const { name, body, isRefused } of poisons) {
      const answer = await call(address, { method: 'POST', raw: body });
      assert.equal(answer.status, isRefused ? 413 : 200, name);
      worstMs = Math.max(worstMs, await latenciesOfOther(3));
    }
    delay.disable();
    assertBounds({ worstMs, p99Ms: delay.percentile(99) / 1e6 });
  });

  it('stored before there were bounds › no lease moves for ever: dead letters, little memory, and nobody waits', async () => {
    loop = processor.start();
    await latenciesOfOther(5);
    const poisons = poisonBodies(attacker.phoneNumberId, newSecret(6));
    for (const { body } of poisons) await store(attacker.channelId, body);
    const before = process.memoryUsage.rss();
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    let [worstMs, rss] = [0, 0];
    // All but the two with messages, and an empty list.
    const expected = poisons.length - 3;
    const countDead = () => events().countDocuments({ status: 'dead' });
    for (let round = 0; (await countDead()) < expected && round < 60; round += 1) {
      worstMs = Math.max(worstMs, await latencyOfOther(round));
      rss = Math.max(rss, process.memoryUsage.rss());
    }
    delay.disable();
    assert.equal(await countDead(), expected, 'all but the readable ones are dead letters');
    assertBounds({ worstMs, p99Ms: delay.percentile(99) / 1e6, grownMiB: (rss - before) / mebibyte });
  });

  it('floods of forty businesses › the message of another waits for less than a second', async () => {
    loop = processor.start();
    await latenciesOfOther(3);
    const floods = Array.from({ length: 40 }, () => new Types.ObjectId());
    await events().insertMany(
      floods.flatMap((channel) =>
        [0, 1].map((index) => ({
          receivedAt: new Date(),
          channelId: new Types.ObjectId(attacker.channelId),
          source: `channel:${channel.toHexString()}`,
          body: manyMessages(attacker.phoneNumberId, 100, `${channel.toHexString()}.${index}`),
          status: 'pending',
          attempts: 0,
          nextAttemptAt: new Date(),
          isUrgent: true,
        })),
      ),
    );
    assertBounds({ worstMs: await latenciesOfOther(10) });
    assert.ok((await events().countDocuments({ status: 'pending' })) > 0, 'the floods were over too early');
  });
});
