import assert from 'node:assert/strict';
import { digitsOf, fieldOf, messagesOf, threadsOf } from '../support/coexistence.ts';
import { contactOf, newWamid, secondsFromNow, spoken } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';
import { useEventStage } from '../support/event-stage.ts';
import { contentOf } from '../support/shown-content.ts';

const groupId = '120363025246125486';

describe('api › messages in groups', function () {
  this.timeout(60_000);
  const { hear, someone } = useEventStage('group-messages');
  let user: CrmUser;
  let phone: string;

  beforeEach(async () => {
    ({ user, phone } = await someone());
  });

  const inGroup = (from: string, text: string, wamid = newWamid()) =>
    envelopeOf(
      changeOf(user.phoneNumberId, {
        contacts: [{ wa_id: digitsOf(from), profile: { name: `Name of ${from}` } }],
        messages: [
          {
            id: wamid,
            from: digitsOf(from),
            group_id: groupId,
            timestamp: secondsFromNow(-10),
            type: 'text',
            text: { body: text },
          },
        ],
      }),
    );

  it('two participants, one of them also in private › one thread of the group, one private; each author is named', async () => {
    const other = phoneEndingIn('02');
    const wamid = newWamid();
    await hear(
      inGroup(phone, 'To all', wamid),
      inGroup(phone, 'To all', wamid),
      inGroup(other, 'Me too'),
      spoken(user, phone, 'To you alone'),
    );
    const threads = await threadsOf(user);
    const group = threads.find((thread) => thread.group !== null);
    const alone = threads.find((thread) => thread.group === null);
    assert.equal(threads.length, 2);
    assert.deepEqual(
      {
        group: group?.group,
        contact: group?.contact,
        unread: group?.unreadCount,
        lead: group?.leadId,
        window: group?.windowExpiresAt,
      },
      { group: { id: groupId, subject: null }, contact: null, unread: 2, lead: null, window: null },
    );
    const authors = [await contactOf(user, other), await contactOf(user, phone)];
    const messages = await messagesOf(user, group?.id);
    assert.deepEqual(
      new Map(messages.map(({ contactId, content }) => [contactId, content.text])),
      new Map([
        [authors[0]?.id, 'Me too'],
        [authors[1]?.id, 'To all'],
      ]),
    );
    assert.deepEqual(
      (await messagesOf(user, alone?.id)).map(({ content }) => content.text),
      ['To you alone'],
    );
    const { body: leads } = await user.call<{ items: { contactId: string }[] }>('/api/leads');
    assert.deepEqual(
      leads.items.map(({ contactId }) => contactId),
      [authors[1]?.id],
    );
  });

  it('STOP in a group › no opt-out: it is said to the group', async () => {
    await hear(inGroup(phone, 'STOP'));
    assert.equal((await contactOf(user, phone))?.optInStatus, 'unknown');
    await hear(spoken(user, phone, 'STOP'));
    assert.equal((await contactOf(user, phone))?.optInStatus, 'opted-out');
  });

  it('an answer to a group › 409 with the way out; to its author by id › the window is closed', async () => {
    await hear(inGroup(phone, 'Hello'));
    const [group] = await threadsOf(user);
    const content = { type: 'text', body: 'Hi' };
    const refused = await user.call<{ code: string }>('/api/messages', {
      body: { conversationId: group?.id, content },
    });
    assert.deepEqual([refused.status, refused.body.code], [409, 'wrong-state']);
    const contactId = (await contactOf(user, phone))?.id;
    const closed = await user.call<{ code: string }>('/api/messages', {
      body: { contactId, content, channelId: user.channelId },
    });
    assert.deepEqual([closed.status, closed.body.code], [409, 'window-closed']);
  });

  it('snoozed until somebody writes › a message of a participant opens the thread at once', async () => {
    await hear(inGroup(phone, 'Hello'));
    const [before] = await threadsOf(user);
    const snoozed = await user.call(`/api/conversations/${before?.id}/snooze`, {
      body: { untilReply: true },
    });
    assert.equal(snoozed.status, 200);
    await hear(inGroup(phone, 'Anybody there?'));
    const [after] = await threadsOf(user);
    assert.deepEqual(
      [after?.id, after?.status, after?.untilReply, after?.unreadCount],
      [before?.id, 'open', false, 2],
    );
  });

  it('a participant changes their number › their contact moves with them', async () => {
    const next = phoneEndingIn('03');
    await hear(spoken(user, phone, 'Hello'));
    const contact = await contactOf(user, phone);
    const system = { type: 'user_changed_number', wa_id: digitsOf(next), customer: digitsOf(phone) };
    const message = { id: newWamid(), from: digitsOf(phone), group_id: groupId, type: 'system', system };
    const messages = [{ ...message, timestamp: secondsFromNow(60) }];
    await hear(envelopeOf(changeOf(user.phoneNumberId, { messages })));
    assert.equal((await contactOf(user, next))?.id, contact?.id);
  });

  it('created, renamed, people added › entries in the thread with all values, once; the subject is the latest', async () => {
    const changed = (field: string, group: object) =>
      fieldOf(user, field, { groups: [{ group_id: groupId, ...group }] });
    const created = changed('group_lifecycle_update', {
      type: 'group_create',
      timestamp: secondsFromNow(-30),
      subject: 'Buyers',
      invite_link: 'https://chat.whatsapp.com/x',
    });
    const renamed = changed('group_settings_update', {
      type: 'group_settings_update',
      timestamp: secondsFromNow(-10),
      group_subject: { text: 'Best buyers', update_successful: true },
    });
    const added = changed('group_participants_update', {
      type: 'group_participants_add',
      timestamp: secondsFromNow(-20),
      added_participants: [{ wa_id: digitsOf(phone) }],
    });
    await hear(renamed, created, added, created);
    const [thread] = await threadsOf(user);
    assert.deepEqual(
      [thread?.group, thread?.unreadCount, thread?.leadId],
      [{ id: groupId, subject: 'Best buyers' }, 0, null],
    );
    const entries = await messagesOf(user, thread?.id);
    assert.deepEqual(
      entries.map((entry) => [entry.messageType, entry.senderType, contentOf(entry, 'event').word]),
      [
        ['group_event', 'system', 'group_settings_update'],
        ['group_event', 'system', 'group_participants_add'],
        ['group_event', 'system', 'group_create'],
      ],
    );
    const { details } = contentOf(entries[2], 'event');
    assert.ok(details.some(({ name, value }) => name === 'invite_link' && value.endsWith('/x')));
  });

  it('the phone of the business writes to the group › outbound in its thread', async () => {
    const echo = {
      id: newWamid(),
      from: '15550001000',
      group_id: groupId,
      timestamp: secondsFromNow(-5),
      type: 'text',
      text: { body: 'Dear all' },
    };
    await hear(fieldOf(user, 'smb_message_echoes', { message_echoes: [echo] }));
    const [thread] = await threadsOf(user);
    const [message] = await messagesOf(user, thread?.id);
    assert.deepEqual(
      [thread?.group?.id, message?.direction, message?.senderType, message?.content.text],
      [groupId, 'outbound', 'phone', 'Dear all'],
    );
  });
});
