import assert from 'node:assert/strict';
import { maxTakes } from '../../src/webhooks/lease-size.ts';
import { newWamid } from '../support/consent.ts';
import { phoneEndingIn, signUp, type CrmUser } from '../support/crm-client.ts';
import { changeOf, envelopeOf, textOf } from '../support/meta.ts';
import type { RecipientsStage } from '../support/recipients-stage.ts';
import { useUnreadStage } from '../support/unread-stage.ts';
import { waitFor } from '../support/wait.ts';

describe('an unread STOP', function () {
  this.timeout(120_000);
  const unread = useUnreadStage('unread-opt-outs');
  const { api, events, take, takeAtOwnAddress, startProcessor, read, shown, assertHeld, assertLeaves } =
    unread;
  let stage: RecipientsStage;
  let phone: string;
  beforeEach(() => {
    [stage, phone] = [unread.stage(), unread.phone()];
  });

  const send = (to = phone) => stage.user.send({ to });
  const stopOf = (from = phone, to: CrmUser = stage.user) =>
    textOf(to.phoneNumberId, from, 'STOP', newWamid());

  it('answered with 200, and the worker is late › the message waits without a call; once it is read, it is canceled', async () => {
    const { id } = await send();
    await take(stopOf());
    await assertHeld(id);
    const { body } = await stage.user.call<{ waitingFor: { gate: string; reason: string } }>(
      `/api/messages/${id}/timeline`,
    );
    const { gate, reason } = body.waitingFor;
    assert.deepEqual(
      { gate, reason },
      { gate: 'opt-outs', reason: 'an event of the contact that is not read yet: it may be an opt-out' },
    );
    await read();
    assert.equal((await stage.user.getMessage(id)).status, 'canceled');
    const end = await stage.dispatch(id);
    assert.deepEqual(end !== 'again' && end.kind === 'settled' && end.status, 'canceled');
    assert.deepEqual(stage.called, []);
  });

  it('the send is accepted after the STOP was answered › held, then canceled', async () => {
    await send();
    await take(stopOf());
    const { id } = await send();
    await assertHeld(id);
    await read();
    assert.equal((await stage.user.getMessage(id)).status, 'canceled');
  });

  it('it is read between the first look and the last › not called, whichever look sees it', async () => {
    const { id } = await send();
    const taking = async () => {
      await take(stopOf());
      await read();
    };
    const end = await stage.dispatch(id, {
      changes: ({ messages }) => ({
        messages: {
          ...messages,
          async claim(...args) {
            await taking();
            return messages.claim(...args);
          },
        },
      }),
    });
    assert.ok(end !== 'again' && end.kind === 'settled', JSON.stringify(end));
    assert.deepEqual(stage.called, []);
  });

  it('it is only a question › the message leaves as soon as it is read', async () => {
    const { id } = await send();
    await take(textOf(stage.user.phoneNumberId, phone, 'When do you open?', newWamid()));
    await assertHeld(id);
    await read();
    await assertLeaves(id);
    assert.deepEqual(stage.called, [phone]);
  });

  it('an answer of an agent in the open window › waits, too', async () => {
    await send();
    await take(textOf(stage.user.phoneNumberId, phone, 'Hello', newWamid()));
    await read();
    const { contactId } = await send();
    const { status, body } = await stage.user.call<{ id: string }>('/api/messages', {
      method: 'POST',
      body: { contactId, content: { type: 'text', body: 'Hi' } },
    });
    assert.equal(status, 201, JSON.stringify(body));
    await take(stopOf());
    await assertHeld(body.id);
  });

  const spellings: readonly (readonly [string, (from: string) => unknown])[] = [
    ['its number with a plus and spaces', (from) => messageFrom(`+${from.slice(0, 2)} ${from.slice(2)}`)],
    ['its number as a number', (from) => messageFrom(Number(from))],
    [
      'its number with an escape',
      (from) => JSON.stringify(messageFrom(`+${from}`)).replace('"+', String.raw`"\u002b`),
    ],
    ['its number with a hidden character', (from) => messageFrom(`\u200e${from}`)],
  ];
  const messageFrom = (from: unknown) =>
    envelopeOf(
      changeOf(stage.user.phoneNumberId, {
        messages: [{ id: newWamid(), from, timestamp: '1795430000', type: 'text', text: { body: 'STOP' } }],
      }),
    );
  for (const [name, bodyOf] of spellings) {
    it(`from a relay that writes ${name} › held until it is read, then canceled`, async () => {
      const { id } = await send();
      await takeAtOwnAddress(stage.user, bodyOf(phone.slice(1)));
      await assertHeld(id);
      await read();
      assert.equal((await stage.user.getMessage(id)).status, 'canceled');
    });
  }

  it('in a body that names several numbers of the business › held', async () => {
    const { id } = await send();
    const [first, second] = [stopOf(), textOf('999000111', phoneEndingIn('07'), 'Hi', newWamid())];
    await take({ ...first, entry: [...first.entry, ...second.entry] });
    await assertHeld(id);
  });

  it('from the user id alone of a person whose number is called › held, then canceled', async () => {
    const { id, contactId } = await send();
    assert.equal(await stage.correct(contactId, { businessScopedUserId: 'DE.4711' }), 200);
    await take(
      envelopeOf(
        changeOf(stage.user.phoneNumberId, {
          messages: [
            {
              ...{ id: newWamid(), from_user_id: 'DE.4711', timestamp: '1795430000', type: 'text' },
              text: { body: 'STOP' },
            },
          ],
        }),
      ),
    );
    await assertHeld(id);
    await read();
    assert.equal((await stage.user.getMessage(id)).status, 'canceled');
  });

  it('the person gets a user id while the last look asks, and it has an unread STOP › the call is put off', async () => {
    const { id, contactId } = await send();
    const end = await stage.dispatch(id, {
      changes: ({ unreadEvents }) => ({
        unreadEvents: {
          async mayStop(...args) {
            const mayStop = await unreadEvents.mayStop(...args);
            await stage.correct(contactId, { businessScopedUserId: 'DE.4712' });
            return mayStop;
          },
        },
      }),
    });
    assert.equal(end, 'again');
    assert.deepEqual(await shown(id), { gate: 'provider', called: 0 });
    await assertLeaves(id);
  });

  it('of another person › does not hold', async () => {
    const { id } = await send();
    await take(stopOf(phoneEndingIn('02')));
    await assertLeaves(id);
  });

  it('an ordinary receipt, unread › does not hold', async () => {
    const { id } = await send();
    await take(
      envelopeOf(
        changeOf(stage.user.phoneNumberId, {
          statuses: [
            { id: 'wamid.x', status: 'read', timestamp: '1795430000', recipient_id: phone.slice(1) },
          ],
        }),
      ),
    );
    await assertLeaves(id);
  });

  it('to another business, by the same person, at any address › does not hold', async () => {
    const { id } = await send();
    const other = await signUp(api().url);
    await take(stopOf(phone, other));
    await takeAtOwnAddress(other, stopOf(phone, other));
    // It may even name the number of the business: its own address speaks for its own channel alone.
    await takeAtOwnAddress(other, stopOf());
    await takeAtOwnAddress(other, `{"messages":[{"from":12345678}],"text":"${'x'.repeat(300_000)}"`);
    const [ours, theirs] = [stopOf(phone, other), textOf('999000111', phone, 'Hi', newWamid())];
    await take({ ...ours, entry: [...ours.entry, ...theirs.entry] });
    await assertLeaves(id);
    assert.deepEqual(stage.called, [phone]);
  });

  it('garbage about the person on the own address › holds until it is read, and no longer', async () => {
    const { id } = await send();
    await takeAtOwnAddress(stage.user, `{"messages":[{"from":"${phone.slice(1)}"`);
    await assertHeld(id);
    await read();
    assert.equal(await events().countDocuments({ status: 'dead' }), 1);
    await assertLeaves(id);
  });

  it('names a number that no channel of the business has › holds until it is read, although it waits for its channel', async () => {
    const { id } = await send();
    await takeAtOwnAddress(stage.user, textOf('999000111', phone, 'STOP', newWamid()));
    await assertHeld(id);
    await read();
    assert.equal(await events().countDocuments({ status: 'parked' }), 1);
    await assertLeaves(id);
  });

  it('a step of reading it fails › it goes on holding', async () => {
    const { id } = await send();
    await take(stopOf());
    const processor = await startProcessor({
      inbound: (real) => ({ ...real, receive: () => Promise.reject(new Error('the database is away')) }),
    });
    await processor.drain();
    assert.equal(await events().countDocuments({ status: 'parked' }), 1);
    await assertHeld(id);
  });

  it('it stops every worker that takes it › a dead letter after its last take, and the message leaves', async () => {
    const { id } = await send();
    await take(stopOf());
    await events().updateMany({}, { $set: { takes: maxTakes } });
    await assertHeld(id);
    await read();
    assert.equal(await events().countDocuments({ status: 'dead' }), 1);
    await assertLeaves(id);
  });

  it('many persons, while a worker reads and messages become due › after the 200 of a STOP, no call to its person begins', async () => {
    const persons = Array.from({ length: 15 }, (_, index) => `${phone.slice(0, -2)}${10 + index}`);
    const scheduled = await Promise.all(persons.map((to) => send(to)));
    const answered = new Set<string>();
    const tooLate: string[] = [];
    stage.onCall(async (to) => void (answered.has(to) && tooLate.push(to)));
    const processor = await startProcessor();
    const loop = processor.start();
    try {
      await Promise.all(
        persons.map(async (to, index) => {
          await take(stopOf(to));
          answered.add(to);
          // Refused once the STOP is read; accepted before.
          const { status, body } = await stage.user.trySend({ to });
          assert.ok(status === 201 || status === 409, `${status}`);
          const late = status === 201 ? [(body as { id: string }).id] : [];
          for (const id of [scheduled[index]?.id ?? '', ...late]) {
            const look = async () => {
              const attempt = await stage.dispatch(id);
              return attempt === 'again' ? undefined : attempt;
            };
            // As the product asks: one that asks all the time leaves the worker no time to read.
            const end = await waitFor('the end of the message', look, { everyMs: 1_000, timeoutMs: 60_000 });
            assert.deepEqual(end.kind === 'settled' && end.status, 'canceled', JSON.stringify(end));
          }
        }),
      );
    } finally {
      await loop.stop();
    }
    assert.deepEqual({ tooLate, called: stage.called }, { tooLate: [], called: [] });
  });
});
