import assert from 'node:assert/strict';
import { newWamid } from '../support/consent.ts';
import { phoneEndingIn, signUp } from '../support/crm-client.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';
import type { RecipientsStage } from '../support/recipients-stage.ts';
import { useUnreadStage } from '../support/unread-stage.ts';
import { waitFor } from '../support/wait.ts';
import { maxTakes } from '../../src/webhooks/lease-size.ts';

/** An opt-out can come from an identity that only another unread event tells to be the person's. */
describe('an unread event that tells whose an identity is', function () {
  this.timeout(60_000);
  const unread = useUnreadStage('unread-links');
  const { events, take, takeAtOwnAddress, read, assertHeld, assertLeaves } = unread;
  let stage: RecipientsStage;
  let phone: string;
  let number: string;
  let userId: string;
  let count = 0;

  beforeEach(() => {
    [stage, phone] = [unread.stage(), unread.phone()];
    number = phone.slice(1);
    count += 1;
    userId = `DE.4711${count}`;
  });

  const send = (to = phone) => stage.user.send({ to });
  const value = (fields: object, phoneNumberId = stage.user.phoneNumberId) =>
    envelopeOf(changeOf(phoneNumberId, fields));
  const timestamp = () => String(Math.floor(Date.now() / 1_000));

  const messageOf = (fields: object, others: object = {}) =>
    value({
      ...others,
      messages: [{ id: newWamid(), timestamp: timestamp(), type: 'text', text: { body: 'STOP' }, ...fields }],
    });
  const stopBy = (id: string, fields: object = {}) => messageOf({ from_user_id: id, ...fields });
  const receiptOf = (id: string, named: object, others: object = {}) =>
    value({ ...others, statuses: [{ id, status: 'delivered', timestamp: timestamp(), ...named }] });
  const both = () => ({ recipient_id: number, recipient_user_id: userId });

  /** A message that was sent to the number. */
  async function sent(to = phone): Promise<{ readonly contactId: string; readonly wamid: string }> {
    const { id, contactId } = await send(to);
    await assertLeaves(id);
    return { contactId, wamid: (await stage.stored(id)).providerMessageId ?? '' };
  }
  /** Everything is read, and the message ends without a call. */
  async function assertStopped(id: string, called: number): Promise<void> {
    await read();
    const end = await stage.dispatch(id);
    assert.ok(end !== 'again' && end.kind === 'settled' && end.status === 'canceled', JSON.stringify(end));
    assert.equal(stage.called.length, called);
  }

  const receipts: readonly (readonly [string, (id: string) => unknown])[] = [
    ['a receipt names both', (id) => receiptOf(id, both())],
    [
      'a failure names both',
      (id) => receiptOf(id, { ...both(), status: 'failed', errors: [{ code: 131_049, title: 'x' }] }),
    ],
    [
      'a receipt names the number, and its only contact the user id',
      (id) => receiptOf(id, { recipient_id: number }, { contacts: [{ user_id: userId }] }),
    ],
    [
      'the contact of a receipt names both',
      (id) => receiptOf(id, { recipient_id: number }, { contacts: [{ wa_id: number, user_id: userId }] }),
    ],
    ['a number that is a number', (id) => receiptOf(id, { ...both(), recipient_id: Number(number) })],
    [
      'a name with escapes',
      (id) =>
        JSON.stringify(receiptOf(id, both())).replace(
          'recipient_user_id',
          String.raw`recipient\u005fuser_id`,
        ),
    ],
  ];
  for (const [name, bodyOf] of receipts) {
    it(`${name}, and the STOP names the user id alone › held until both are read, then canceled`, async () => {
      const { wamid } = await sent();
      const { id } = await send();
      await take(bodyOf(wamid));
      await take(stopBy(userId));
      await assertHeld(id, 1);
      await assertStopped(id, 1);
    });
  }

  it('the STOP is read first › the receipt goes on holding', async () => {
    const { wamid } = await sent();
    const { id } = await send();
    await take(stopBy(userId));
    await read();
    await take(receiptOf(wamid, both()));
    await assertHeld(id, 1);
    await assertStopped(id, 1);
  });

  it('a new user id, and the STOP names it alone › held, then canceled', async () => {
    const { id, contactId } = await send();
    assert.equal(await stage.correct(contactId, { businessScopedUserId: userId }), 200);
    const current = `${userId}9`;
    const update = { wa_id: number, user_id: { previous: userId, current }, timestamp: timestamp() };
    const change = changeOf(stage.user.phoneNumberId, { user_id_update: [update] });
    await take(envelopeOf({ ...change, field: 'user_id_update' }));
    await take(stopBy(current));
    await assertHeld(id);
    await assertStopped(id, 0);
  });

  const moves: readonly (readonly [string, (to: string) => object])[] = [
    ['names the old one', (to) => ({ from: number, system: { type: 'user_changed_number', wa_id: to } })],
    [
      'names the old one in its text alone',
      (to) => ({
        from: to,
        system: {
          ...{ type: 'user_changed_number', wa_id: to },
          body: `User A changed from ${number} to ${to}`,
        },
      }),
    ],
  ];
  for (const [name, fieldsOf] of moves) {
    it(`a new number in a message that ${name}, and the STOP comes from it › held, then canceled`, async () => {
      const { id } = await send();
      const to = phoneEndingIn('77').slice(1);
      await take(messageOf({ type: 'system', ...fieldsOf(to) }));
      await take(messageOf({ from: to }));
      await assertHeld(id);
      await assertStopped(id, 0);
    });
  }

  const taps: readonly (readonly [string, object])[] = [
    ['STOP', {}],
    ['a tap of “Stop”', { type: 'button', text: undefined, button: { text: 'Stop', payload: 'Stop' } }],
  ];
  for (const [name, content] of taps) {
    it(`${name} by the user id alone, which quotes our message › held until it is read, then canceled`, async () => {
      const { wamid } = await sent();
      const { id } = await send();
      const other = await send(phoneEndingIn('02'));
      await take(stopBy(userId, { context: { from: '15550001000', id: wamid }, ...content }));
      await assertHeld(id, 1);
      await assertLeaves(other.id);
      await assertStopped(id, 2);
    });
  }

  it('a message by the user id alone quotes ours, and a STOP follows › held', async () => {
    const { wamid } = await sent();
    const { id } = await send();
    await take(stopBy(userId, { text: { body: 'Hi' }, context: { id: wamid } }));
    await take(stopBy(userId));
    await assertHeld(id, 1);
    await assertStopped(id, 1);
  });

  it('a message of which nobody knows whom it was sent to is quoted › does not hold', async () => {
    const { id } = await send();
    await take(stopBy(userId, { context: { id: newWamid() } }));
    await assertLeaves(id);
  });

  it('more messages are quoted at once than are looked up › held until they are read', async () => {
    const { id } = await send();
    await take(stopBy(userId, { context: { id: newWamid() } }));
    const { _id: _first, ...event } = (await events().findOne()) ?? {};
    await events().insertMany(Array.from({ length: 99 }, () => ({ ...event })));
    const another = await send(phoneEndingIn('02'));
    await assertLeaves(another.id);
    await events().insertOne({ ...event });
    await assertHeld(id, 1);
  });

  it('receipts that repeat what is known › do not hold, however many', async () => {
    const { wamid } = await sent();
    await take(receiptOf(wamid, both()));
    await read();
    const { id } = await send();
    for (let index = 0; index < 30; index += 1) {
      const contacts = [{ wa_id: number, user_id: userId }];
      await take(receiptOf(wamid, { ...both(), status: 'read' }, { contacts }));
    }
    const others = Array.from({ length: 200 }, (_, index) => ({
      ...{ id: newWamid(), status: 'read', timestamp: timestamp() },
      ...{ recipient_id: `4930${1_000_000 + index}`, recipient_user_id: `DE.${index}` },
    }));
    await take(value({ statuses: others }));
    assert.equal(await events().countDocuments({ holdsSends: true }), 31);
    await assertLeaves(id);
  });

  it('the link is read, and its message is unknown › does not hold, although it waits', async () => {
    const { id } = await send();
    await take(receiptOf(newWamid(), both()));
    await assertHeld(id);
    await read();
    assert.equal(await events().countDocuments({ status: 'parked', holds: { $exists: false } }), 1);
    await assertLeaves(id);
  });

  it('the link stops every worker that takes it › a dead letter, and the message leaves', async () => {
    const { wamid } = await sent();
    const { id } = await send();
    await take(receiptOf(wamid, both()));
    await events().updateMany({}, { $set: { takes: maxTakes } });
    await assertHeld(id, 1);
    await read();
    assert.equal(await events().countDocuments({ status: 'dead', holds: { $exists: false } }), 1);
    await assertLeaves(id);
  });

  it('more links than are kept › holds everyone of the business until it is read', async () => {
    const { id } = await send();
    const statuses = Array.from({ length: 1_001 }, (_, index) => ({
      ...{ id: newWamid(), status: 'read', timestamp: timestamp() },
      ...{ recipient_id: `4930${1_000_000 + index}`, recipient_user_id: `DE.${index}` },
    }));
    await take(value({ statuses }));
    await assertHeld(id);
  });

  it('receipts of more persons than are kept, each by one name › hold nobody', async () => {
    const { id } = await send();
    const statuses = Array.from({ length: 150 }, (_, index) => ({
      ...{ id: newWamid(), status: 'read', timestamp: timestamp(), recipient_id: `4930${1_000_000 + index}` },
    }));
    await take(value({ statuses }));
    assert.equal(await events().countDocuments({ holdsSends: true }), 0);
    await assertLeaves(id);
  });

  it('another business has all of this › does not hold', async () => {
    const { wamid } = await sent();
    const { id } = await send();
    const other = await signUp(unread.api().url);
    const theirs = [
      receiptOf(wamid, both()),
      stopBy(userId, { context: { id: wamid } }),
      messageOf({ from: number, from_user_id: userId, context: { id: wamid } }),
    ];
    for (const body of theirs) {
      const named = JSON.parse(
        JSON.stringify(body).replaceAll(stage.user.phoneNumberId, other.phoneNumberId),
      ) as unknown;
      await take(named);
      for (const one of [named, body]) await takeAtOwnAddress(other, one);
    }
    await assertLeaves(id);
  });

  it('receipts with both names and STOPs by the user ids, while a worker reads › after the 200, no call begins', async () => {
    const people = Array.from({ length: 6 }, (_, index) => ({
      to: `${phone.slice(0, -2)}${10 + index}`,
      by: `${userId}${10 + index}`,
    }));
    const first = await Promise.all(people.map(({ to }) => sent(to)));
    const due = await Promise.all(people.map(({ to }) => send(to)));
    const answered = new Set<string>();
    const tooLate: string[] = [];
    stage.onCall(async (to) => void (answered.has(to) && tooLate.push(to)));
    const loop = (await unread.startProcessor()).start();
    try {
      await Promise.all(
        people.map(async ({ to, by }, index) => {
          const named = { recipient_id: to.slice(1), recipient_user_id: by };
          const wamid = first[index]?.wamid ?? '';
          // Half of them are linked by the receipt, half by what the STOP quotes.
          if (index % 2 === 0) await take(receiptOf(wamid, named));
          await take(stopBy(by, index % 2 === 0 ? {} : { context: { id: wamid } }));
          answered.add(to);
          const end = await waitFor(
            'the end of the message',
            async () => {
              const attempt = await stage.dispatch(due[index]?.id ?? '');
              return attempt === 'again' ? undefined : attempt;
            },
            { timeoutMs: 40_000, everyMs: 250 },
          );
          assert.deepEqual(end.kind === 'settled' && end.status, 'canceled', JSON.stringify(end));
        }),
      );
    } finally {
      await loop.stop();
    }
    assert.deepEqual(tooLate, []);
  });
});
