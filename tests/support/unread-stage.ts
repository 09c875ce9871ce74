import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { newSecret, sha256Hex } from '../../src/platform/ids.ts';
import { phoneEndingIn, type CrmUser } from './crm-client.ts';
import { call } from './http.ts';
import { useMessagingApi } from './messaging-api.ts';
import { postSigned } from './meta.ts';
import { startTestProcessor, type TestProcessor } from './processor.ts';
import { setRecipientsStage, type RecipientsStage } from './recipients-stage.ts';

const secret = 'the app secret of this test';

/**
 * A business whose worker is away: what the door has taken in is stored, and nobody reads it until the test does. Call it in
 * a `describe`.
 */
export function useUnreadStage(name: string) {
  const api = useMessagingApi(name, () => ({ WHATSAPP_APP_SECRETS: secret }));
  const current: { stage?: RecipientsStage; processor?: TestProcessor | undefined; phone: string } = {
    phone: '',
  };

  beforeEach(async () => {
    current.stage = await setRecipientsStage(api());
    current.phone = phoneEndingIn('01');
    await events().deleteMany({});
  });
  afterEach(async () => {
    await current.processor?.close();
    current.processor = undefined;
  });

  const events = () => api().collection('webhook_events');
  const incoming = (path = '') => `${api().url}/webhook/incoming${path}`;
  const stage = (): RecipientsStage => {
    assert.ok(current.stage);
    return current.stage;
  };

  /** Posts a body as Meta does; it is stored when this resolves. */
  async function take(body: unknown): Promise<void> {
    const { status, text } = await postSigned(incoming(), body, secret);
    assert.equal(status, 200, text);
  }

  /** Posts to the address of the channel itself, as a relay or whoever else knows it. */
  async function takeAtOwnAddress({ channelId }: CrmUser, body: unknown): Promise<void> {
    const key = newSecret();
    await api()
      .collection('channels')
      .updateOne({ _id: new Types.ObjectId(channelId) }, { $set: { webhookKeyHash: sha256Hex(key) } });
    const raw = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await call(incoming(`/${key}`), {
      method: 'POST',
      raw,
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(answer.status, 200, answer.text);
  }

  /** The worker comes back. */
  async function startProcessor(
    options: Parameters<typeof startTestProcessor>[1] = {},
  ): Promise<TestProcessor> {
    current.processor ??= await startTestProcessor(api(), {
      // Without Temporal, receipts are applied as those of a message that has ended.
      workflows: (real) => ({ ...real, signalReceipts: async () => 'closed' }),
      ...options,
    });
    return current.processor;
  }
  /** It reads everything that is due. */
  async function read(): Promise<void> {
    const processor = await startProcessor();
    await processor.drain();
  }

  const shown = async (id: string) => {
    const { waiting } = await stage().stored(id);
    return { gate: waiting?.gate ?? null, called: stage().called.length };
  };

  /** After `called` other calls. */
  async function assertHeld(id: string, called = 0): Promise<void> {
    // The last look puts it off; later attempts ask before they take a claim.
    for (const attempt of [1, 2, 3]) {
      assert.equal(await stage().dispatch(id), 'again', `attempt ${attempt}`);
      assert.deepEqual(await shown(id), { gate: 'opt-outs', called }, `attempt ${attempt}`);
    }
    const { dispatch } = await stage().stored(id);
    assert.deepEqual(
      { attempt: dispatch.attempt, isCalling: dispatch.isCalling },
      { attempt: 0, isCalling: false },
    );
  }
  async function assertLeaves(id: string): Promise<void> {
    const end = await stage().dispatch(id);
    assert.ok(end !== 'again' && end.kind === 'dispatched', JSON.stringify(end));
  }

  return {
    api,
    stage,
    /** The number of the person whom the test is about. */
    phone: () => current.phone,
    ...{ events, take, takeAtOwnAddress, startProcessor, read, shown, assertHeld, assertLeaves },
  };
}
