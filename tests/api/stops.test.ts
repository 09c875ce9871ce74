import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Types } from 'mongoose';
import { maxCloseMs } from '../../src/openings/contract.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { newUuid } from '../../src/platform/ids.ts';
import { call } from '../support/http.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import { quietNow } from '../support/quiet-now.ts';
import { startCorrespondence, type Correspondence } from '../support/stored-messages.ts';

const slackMs = 1_500;

/** When a person's stop is answered, while a worker holds the claim of a call that has not seen the stop. */
describe('stops', function () {
  this.timeout(30_000);
  const api = useMessagingApi('stops');
  let given: Correspondence;

  beforeEach(async () => {
    given = await startCorrespondence(api());
  });

  const held = (changes: Partial<MessageDoc> = {}): Partial<MessageDoc> => ({
    status: 'sending',
    dispatch: { attempt: 1, isCalling: true, token: newUuid(), startedAt: new Date(), attempts: [] },
    ...changes,
  });
  const endCall = (id: string) =>
    api()
      .collection('messages')
      .updateOne({ _id: new Types.ObjectId(id) }, { $set: { status: 'sent', 'dispatch.isCalling': false } });

  /** The answer, and when it came. */
  async function timed(stop: () => Promise<{ readonly status: number; readonly body: unknown }>) {
    const startedAt = performance.now();
    const { status, body } = await stop();
    return { status, body: body as Record<string, unknown>, afterMs: performance.now() - startedAt };
  }

  const pause = () =>
    given.user.call<object>(`/api/channels/${given.user.channelId}/pause`, { method: 'POST' });
  const contact = (body: object) => () =>
    given.user.call<object>(`/api/contacts/${given.contactId.toHexString()}`, { method: 'PATCH', body });
  const beQuiet = () =>
    given.user.call<object>(`/api/clients/${given.user.clientId}/sending-policy`, {
      method: 'PATCH',
      body: { quietHours: quietNow() },
    });

  const behave = async (behaviour: object) => {
    const url = `${api().sandbox.url}/sandbox/behaviour`;
    assert.equal((await call(url, { method: 'PUT', json: behaviour })).status, 200);
  };
  afterEach(() => behave({ expiredTokens: [] }));
  const disconnect = async () => {
    await behave({ expiredTokens: true });
    return given.user.call<object>(`/api/channels/${given.user.channelId}/verify`, { method: 'POST' });
  };

  const stops = [
    { name: 'a channel is paused', stop: () => pause() },
    { name: 'a contact is blocked', stop: () => contact({ isBlocked: true })() },
    {
      name: 'a contact is opted out by hand',
      stop: () => contact({ optInStatus: 'opted-out', consent: { source: 'phone', wording: 'no more' } })(),
    },
    { name: 'a channel is disconnected, because WhatsApp refuses its token', stop: () => disconnect() },
    { name: 'quiet hours begin', stop: () => beQuiet() },
  ];
  for (const { name, stop } of stops) {
    it(`${name} during a call › answered when the call is over`, async () => {
      const id = await given.store(held());
      const answer = timed(stop);
      await sleep(600);
      await endCall(id);
      const { status, body, afterMs } = await answer;
      assert.equal(status, 200, JSON.stringify(body));
      assert.ok(afterMs >= 600, `answered after ${afterMs} ms`);
      assert.ok(afterMs < maxCloseMs, `answered after ${afterMs} ms`);
    });

    it(`${name}, and the worker with the claim was killed › answered when no call of it can begin`, async () => {
      await given.store(held());
      const { status, afterMs } = await timed(stop);
      assert.equal(status, 200);
      assert.ok(afterMs >= maxCloseMs && afterMs < maxCloseMs + slackMs, `answered after ${afterMs} ms`);
    });

    it(`${name}, nothing is being sent › answered at once`, async () => {
      await given.store({ status: 'queued' });
      const { status, afterMs } = await timed(stop);
      assert.equal(status, 200);
      assert.ok(afterMs < 1_000, `answered after ${afterMs} ms`);
    });
  }

  it('a paused channel is paused again during a call › the second answer waits as well', async () => {
    await pause();
    await given.store(held());
    const { body, afterMs } = await timed(pause);
    assert.equal(body['state'], 'paused');
    assert.ok(afterMs >= maxCloseMs, `answered after ${afterMs} ms`);
  });

  it('claims that are taken after the pause › do not delay its answer, because they see it', async () => {
    const id = await given.store(held());
    const answer = timed(pause);
    await sleep(300);
    await given.store(held());
    await endCall(id);
    const { afterMs } = await answer;
    assert.ok(afterMs < maxCloseMs, `answered after ${afterMs} ms`);
  });

  it('calls of another channel and to another contact › delay no answer', async () => {
    await given.store(held({ channelId: new Types.ObjectId() }));
    assert.ok((await timed(pause)).afterMs < 1_000);
    await api()
      .collection('messages')
      .deleteMany({ clientId: new Types.ObjectId(given.user.clientId) });
    await given.store(held({ contactId: new Types.ObjectId(), to: '+15550001999' }));
    assert.ok((await timed(contact({ isBlocked: true }))).afterMs < 1_000);
  });

  it('a message in a call is canceled › refused; before its claim › canceled, and no claim can follow', async () => {
    const cancel = (id: string) => given.user.call<object>(`/api/messages/${id}/cancel`, { method: 'POST' });
    assert.equal((await cancel(await given.store(held()))).status, 409);
    const waiting = await given.store({ status: 'queued' });
    assert.equal((await cancel(waiting)).status, 200);
    const { core } = api().api;
    const scope = { clientId: new Types.ObjectId(given.user.clientId) };
    const claim = await core.messages.claim(scope, new Types.ObjectId(waiting), {
      token: newUuid(),
      now: new Date(),
    });
    assert.equal(claim?.decision, 'settled');
  });
});
