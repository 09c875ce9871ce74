import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

const maxGrownMiB = 64;

/** What is in use, without garbage: how much of that V8 keeps for a while says nothing about the product. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
function usedBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * Far more than the product's second, and far less than the poison would take without its bounds: this process shares a
 * busy machine with other tests. `npm run fuzz` holds the running product to one second.
 */
const maxLatencyMs = 5_000;

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

  it('on a business’s own address › the worst are refused, the rest ends, and another business’s message does not wait for it', async () => {
    const address = await addressOf(attacker);
    loop = processor.start();
    await latenciesOfOther(3);
    const poisons = poisonBodies(attacker.phoneNumberId, newSecret(6));
    let worstMs = 0;
    for (const { name, body, isRefused } of poisons) {
      const answer = await call(address, { method: 'POST', raw: body });
      assert.equal(answer.status, isRefused ? 413 : 200, name);
      worstMs = Math.max(worstMs, await latenciesOfOther(3));
    }
    assert.ok(worstMs < maxLatencyMs, `${worstMs} ms`);
  });

  describe('stored before there were bounds', () => {
    let expected: number;

    beforeEach(async () => {
      loop = processor.start();
      await latenciesOfOther(5);
      const poisons = poisonBodies(attacker.phoneNumberId, newSecret(6));
      for (const { body } of poisons) await store(attacker.channelId, body);
      // All but the two with messages, the two with unknown names, and an empty list.
      expected = poisons.length - 5;
    });

    const countDead = () => events().countDocuments({ status: 'dead' });

    /** Until all unreadable bodies are dead letters; one message of another business a round. */
    async function whileHandled(round: (latencyMs: number) => void): Promise<void> {
      for (let count = 0; (await countDead()) < expected && count < 60; count += 1)
        round(await latencyOfOther(count));
      assert.equal(await countDead(), expected, 'all but the readable ones are dead letters');
    }

    it('no lease moves for ever › dead letters, and nobody waits', async () => {
      let worstMs = 0;
      await whileHandled((latencyMs) => {
        worstMs = Math.max(worstMs, latencyMs);
      });
      assert.ok(worstMs < maxLatencyMs, `${worstMs} ms`);
    });

    it('memory › grows by 64 MiB at most', async () => {
      const before = usedBytes();
      let used = 0;
      await whileHandled(() => {
        used = Math.max(used, usedBytes());
      });
      const grownMiB = (used - before) / mebibyte;
      assert.ok(grownMiB < maxGrownMiB, `${grownMiB} MiB`);
    });
  });

  it('floods of forty businesses › the message of another overtakes them', async () => {
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
    const worstMs = await latenciesOfOther(10);
    assert.ok(worstMs < maxLatencyMs, `${worstMs} ms`);
    assert.ok((await events().countDocuments({ status: 'pending' })) > 0, 'the floods were over too early');
  });
});
