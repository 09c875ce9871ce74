import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { MessageDoc } from '../../src/sending/messages/store/repository.ts';
import { sleep } from '../../src/platform/clock.ts';
import { newSecret } from '../../src/platform/ids.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { postSigned, statusesOf, textOf } from '../support/meta.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';
import { waitFor } from '../support/wait.ts';

const secret = 'the app secret of this test';

describe('api › webhook retries', function () {
  this.timeout(60_000);
  const api = useApi('webhook-retries', { env: { WHATSAPP_APP_SECRETS: secret } });
  let user: CrmUser;
  let processors: TestProcessor[];

  beforeEach(async () => {
    user = await api().signUp();
    processors = [];
    await events().deleteMany({});
  });
  afterEach(() => Promise.all(processors.map((one) => one.close())));

  const events = () => api().collection('webhook_events');
  const post = async (body: unknown): Promise<void> => {
    const answer = await postSigned(`${api().url}/webhook/incoming`, body, secret);
    assert.equal(answer.status, 200);
  };
  async function start(changes: Parameters<typeof startTestProcessor>[1]): Promise<TestProcessor> {
    const processor = await startTestProcessor(api(), changes);
    processors.push(processor);
    return processor;
  }

  describe('slow inbound messages', () => {
    /** Slow inbound processing that records the ids it was given. */
    const slowly = (seen: string[], takesMs: number): Parameters<typeof startTestProcessor>[1] => ({
      leaseMs: 150,
      inbound: (real) => ({
        ...real,
        async receive(scope, channelId, item) {
          seen.push(item.providerMessageId);
          await sleep(takesMs);
          return real.receive(scope, channelId, item);
        },
      }),
    });

    it('a batch that takes much longer than its lease › no other worker takes it, each is processed once', async () => {
      const seen: string[] = [];
      const [first, second] = [await start(slowly(seen, 100)), await start(slowly(seen, 100))];
      const from = phoneEndingIn('33');
      for (let count = 0; count < 6; count += 1) {
        await post(textOf(user.phoneNumberId, from, `Number ${count}`, `wamid.${newSecret(9)}`));
      }
      const batch = first.processBatch('all');
      const isEarly = await waitFor('a finished event is settled', async () => {
        const count = await events().countDocuments({ status: 'done' });
        return count > 0 && (count < 6 ? 'early' : 'late');
      });
      assert.equal(isEarly, 'early', 'finished events were not settled while the rest was in progress');
      await sleep(200);
      assert.equal(await second.processBatch('all'), 0, 'the lease was renewed');
      await batch;
      assert.equal(new Set(seen).size, 6);
      assert.equal(seen.length, 6, 'nothing was done twice');
      const stored = await events().find({}).toArray();
      assert.deepEqual(
        stored.map(({ status, attempts, leaseToken }) => [status, attempts, leaseToken]),
        Array.from({ length: 6 }, () => ['done', 1, undefined]),
      );
    });

    it('the lease is lost nevertheless › the other worker’s result stays, and it is logged', async () => {
      const processor = await start({
        inbound: (real) => ({
          ...real,
          async receive(...given) {
            const nextAttemptAt = new Date(Date.now() + 60_000);
            await events().updateMany({}, { $set: { leaseToken: 'another', nextAttemptAt } });
            return real.receive(...given);
          },
        }),
      });
      await post(textOf(user.phoneNumberId, phoneEndingIn('33'), 'Hello', `wamid.${newSecret(9)}`));
      await processor.processBatch('all');
      const [event] = await events().find({}).toArray();
      assert.deepEqual([event?.['status'], event?.['leaseToken']], ['pending', 'another']);
      const warnings = api()
        .log.lines()
        .filter(({ message }) => message === 'webhook events lost their lease before they were done');
      assert.deepEqual(
        warnings.map(({ lostCount }) => lostCount),
        [1],
      );
    });
  });

  describe('a failure whose effects fail', () => {
    async function sendWithoutRun(): Promise<MessageDoc> {
      const messages = api().collection<MessageDoc>('messages');
      const { id } = await user.send({ to: phoneEndingIn('01') });
      await api().temporal.workflow.getHandle(`message:${id}`).terminate();
      const _id = new Types.ObjectId(id);
      const left = { status: 'sent', providerMessageId: `wamid.${id}` } as const;
      await messages.updateOne({ _id }, { $set: { ...left, 'dispatch.attempt': 1 } });
      return (await messages.findOne({ _id })) ?? assert.fail();
    }
    function failedBy(code: number, { providerMessageId = '' }: MessageDoc) {
      const failed = { id: providerMessageId, status: 'failed', timestamp: '1795430000' };
      const status = { ...failed, errors: [{ code, title: 'Title' }] };
      return statusesOf(user.phoneNumberId, [status]);
    }
    const makeDue = () => events().updateMany({ status: 'parked' }, { $set: { nextAttemptAt: new Date() } });

    it('131042, fails once › the next attempt pauses the channel; repeated receipts never do', async () => {
      let calls = 0;
      const processor = await start({
        effects: (real) => ({
          ...real,
          async afterReceipts(...given) {
            calls += 1;
            if (calls === 1) throw new Error('the database is away');
            return real.afterReceipts(...given);
          },
        }),
      });
      const channel = () =>
        api()
          .collection('channels')
          .findOne({ _id: new Types.ObjectId(user.channelId) });
      const message = await sendWithoutRun();
      await post(failedBy(131_042, message));
      await processor.drain();
      assert.equal((await events().findOne({}))?.['status'], 'parked');
      assert.equal((await channel())?.['state'], 'active');

      await makeDue();
      await processor.drain();
      assert.equal((await events().findOne({}))?.['status'], 'done');
      const paused = await channel();
      assert.deepEqual([paused?.['state'], paused?.['pause']?.code], ['paused', '131042']);
      const stored = await api().collection<MessageDoc>('messages').findOne({ _id: message._id });
      assert.deepEqual([stored?.status, stored?.openFailures], ['failed', []]);

      const resumed = await user.call(`/api/channels/${user.channelId}/resume`, { method: 'POST' });
      assert.equal(resumed.status, 200);
      await post(failedBy(131_042, message));
      await processor.drain();
      assert.equal((await channel())?.['state'], 'active');
      assert.equal(calls, 2);
    });

    for (const [code, consequence] of [
      [131_050, 'marketing stops'],
      [131_049, 'one message follows'],
    ] as const) {
      it(`${code}, fails once › ${consequence}, once`, async () => {
        let calls = 0;
        const processor = await start({
          effects: (real) => ({
            ...real,
            async afterReceipts(...given) {
              calls += 1;
              // Once before anything has happened, once after everything has.
              if (calls > 1) await real.afterReceipts(...given);
              if (calls < 3) throw new Error('the database is away');
            },
          }),
        });
        const message = await sendWithoutRun();
        await post(failedBy(code, message));
        for (let tries = 0; tries < 3; tries += 1) {
          await processor.drain();
          await makeDue();
        }
        assert.equal((await events().findOne({}))?.['status'], 'done');
        const clientId = new Types.ObjectId(user.clientId);
        const followers = await api()
          .collection('messages')
          .countDocuments({ clientId, retryOf: message._id });
        const contact = await api().collection('contacts').findOne({ _id: message.contactId });
        const audited = await api()
          .collection('audit_events')
          .countDocuments({ clientId, action: 'contact.marketing-stopped' });
        assert.deepEqual(
          [followers, contact?.['marketingStopped'] === true, audited],
          code === 131_049 ? [1, false, 0] : [0, true, 1],
        );
      });
    }
  });
});
