import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import { reportOfSent } from '../../src/sending/messages/answers.ts';
import { buildMessage } from '../support/messages.ts';
import { digitsOf, fieldOf, threadsOf } from '../support/coexistence.ts';
import { newWamid } from '../support/consent.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { useEventStage } from '../support/event-stage.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';

const secondMs = 1_000;

describe('api › since when a contact waits for an answer', function () {
  this.timeout(60_000);
  const { api, hear, someone } = useEventStage('waiting');
  let user: CrmUser;
  let phone: string;

  /** In seconds; times are told by how long before it they are. */
  let now: number;

  beforeEach(async () => {
    ({ user, phone } = await someone());
    now = Math.floor(Date.now() / secondMs);
  });

  const secondsAgo = (ago: number): string => String(now - ago);
  const timeAgo = (ago: number): Date => new Date((now - ago) * secondMs);

  const from = () => digitsOf(phone);
  const live = (ago: number, more: object = { type: 'text', text: { body: 'Hello' } }) =>
    envelopeOf(
      changeOf(user.phoneNumberId, {
        metadata: { phone_number_id: user.phoneNumberId },
        messages: [{ id: newWamid(), from: from(), timestamp: secondsAgo(ago), ...more }],
      }),
    );
  const stop = { type: 'text', text: { body: 'STOP' } };
  const reaction = { type: 'reaction', reaction: { message_id: 'wamid.unknown', emoji: '👍' } };
  const echo = (ago: number, id = newWamid()) =>
    fieldOf(user, 'smb_message_echoes', {
      message_echoes: [
        {
          ...{ from: '15550001000', to: from(), id, timestamp: secondsAgo(ago) },
          ...{ type: 'text', text: { body: 'From the phone' } },
        },
      ],
    });
  const receipt = (id: string, status: string, ago: number) =>
    envelopeOf(
      changeOf(user.phoneNumberId, {
        metadata: { phone_number_id: user.phoneNumberId },
        statuses: [
          {
            ...{ id, status, timestamp: secondsAgo(ago), recipient_id: from() },
            ...(status === 'failed' ? { errors: [{ code: 131_026, title: 'Undeliverable' }] } : {}),
          },
        ],
      }),
    );

  /** How many seconds ago the wait of the only open conversation began; null if nobody waits. */
  async function waits(): Promise<number | null> {
    const [thread, ...more] = await threadsOf(user, '?status=open,pending');
    assert.ok(thread !== undefined && more.length === 0);
    return thread.waitingSince === null ? null : now - Date.parse(thread.waitingSince) / secondMs;
  }

  /** An agent's answer that was accepted and left at these times, as the worker tells it. */
  async function answer({ acceptedAgo, leftAgo }: { acceptedAgo: number; leftAgo: number }): Promise<string> {
    const [thread] = await threadsOf(user);
    assert.ok(thread);
    const [clientId, channelId, contactId, conversationId] = [
      ...[user.clientId, thread.channelId, thread.contactId, thread.id],
    ].map((id) => new Types.ObjectId(id));
    assert.ok(clientId && channelId && contactId && conversationId);
    const providerMessageId = newWamid();
    const message = buildMessage({
      ...{ clientId, channelId, contactId, conversationId, providerMessageId, status: 'sent' },
      timestamp: timeAgo(acceptedAgo),
    });
    await api().collection<mongo.Document>('messages').insertOne(message);
    const report = reportOfSent(message, {
      providerMessageId,
      at: timeAgo(leftAgo),
    });
    assert.ok(report);
    await api().api.core.areas.inbox.answers.note({ clientId }, report);
    return providerMessageId;
  }

  it('messages in any order of arrival › since the first one, by the time of WhatsApp', async () => {
    await hear(live(40), live(90), live(20));
    assert.equal(await waits(), 90);
  });

  it('a reaction or an opt-out › nobody waits', async () => {
    await hear(live(60, reaction), live(50, stop));
    assert.equal(await waits(), null);
    await hear(live(30), live(20, stop));
    assert.equal(await waits(), 30);
  });

  it('an answer from the phone › ends the wait; a message behind it that arrives late, or with it, waits', async () => {
    await hear(live(90), echo(60));
    assert.equal(await waits(), null);
    await hear(live(70));
    assert.equal(await waits(), null);
    await hear(live(40));
    assert.equal(await waits(), 40);
    await hear(echo(50));
    assert.equal(await waits(), 40);
  });

  it('an answer counts from when it left, not from when it was accepted', async () => {
    await hear(live(90));
    await answer({ acceptedAgo: 100, leftAgo: 60 });
    assert.equal(await waits(), null);
    await hear(live(50));
    await answer({ acceptedAgo: 20, leftAgo: 70 });
    assert.equal(await waits(), 50);
  });

  it('an answer that fails later › waits again since the first time; delivered after all, it ends the wait', async () => {
    await hear(live(90));
    const id = await answer({ acceptedAgo: 60, leftAgo: 60 });
    await hear(live(30));
    assert.equal(await waits(), 30);
    await hear(receipt(id, 'failed', 20));
    assert.equal(await waits(), 90);
    await hear(receipt(id, 'failed', 20), receipt(id, 'delivered', 10), receipt(id, 'delivered', 10));
    assert.equal(await waits(), 30);
  });

  it('closed and reopened by a user › nobody waits until the contact writes again', async () => {
    await hear(live(90));
    const [thread] = await threadsOf(user);
    const patch = (status: string) =>
      user.call<{ waitingSince: string | null }>(`/api/conversations/${thread?.id}`, {
        ...{ method: 'PATCH', body: { status } },
      });
    assert.equal((await patch('pending')).body.waitingSince, thread?.waitingSince);
    assert.equal((await patch('closed')).body.waitingSince, null);
    await hear(live(80));
    assert.equal((await patch('open')).body.waitingSince, null);
    await hear(live(10));
    assert.equal(await waits(), 10);
  });

  it('a message of the backlog arrives live › waits since then; an opt-out does not', async () => {
    const message = (text: string) => ({
      ...{ id: newWamid(), from: from(), timestamp: secondsAgo(60), type: 'text', text: { body: text } },
    });
    const [asks, stops] = [message('Hello'), message('STOP')];
    const history = { metadata: {}, threads: [{ id: from(), messages: [asks, stops] }] };
    await hear(fieldOf(user, 'history', { history: [history] }));
    await hear(live(60, stops));
    assert.equal(await waits(), null);
    await hear(live(60, asks), live(60, asks));
    assert.equal(await waits(), 60);
    // Answers make it anew from the messages.
    await hear(echo(300));
    assert.equal(await waits(), 60);
  });
});
