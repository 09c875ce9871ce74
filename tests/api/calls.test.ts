import assert from 'node:assert/strict';
import { digitsOf, fieldOf, messagesOf, threadsOf } from '../support/coexistence.ts';
import { newWamid, secondsFromNow } from '../support/consent.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';
import { useEventStage } from '../support/event-stage.ts';
import { contentOf } from '../support/shown-content.ts';

describe('api › voice calls', function () {
  this.timeout(60_000);
  const { hear, someone } = useEventStage('calls');
  let user: CrmUser;
  let phone: string;

  beforeEach(async () => {
    ({ user, phone } = await someone());
  });

  const call = (id: string, event: string, more: object = {}) =>
    fieldOf(user, 'calls', {
      contacts: [{ wa_id: digitsOf(phone), profile: { name: 'Ana' } }],
      calls: [
        {
          id,
          from: digitsOf(phone),
          to: '15550001000',
          event,
          timestamp: secondsFromNow(-60),
          direction: 'USER_INITIATED',
          ...more,
        },
      ],
    });
  const ended = (id: string, more: object = {}) =>
    call(id, 'terminate', {
      timestamp: secondsFromNow(-10),
      status: 'COMPLETED',
      start_time: secondsFromNow(-55),
      end_time: secondsFromNow(-10),
      duration: 45,
      ...more,
    });

  it('a person calls and talks › one entry in the thread with its length; the window is open', async () => {
    const offer = { session: { sdp_type: 'offer', sdp: 'v=0\r\n' } };
    await hear(call('wacid.1', 'connect', offer), ended('wacid.1'), ended('wacid.1'));
    const [thread] = await threadsOf(user);
    assert.deepEqual([thread?.unreadCount, thread?.leadId !== null], [1, true]);
    assert.ok(Date.parse(thread?.windowExpiresAt ?? '') > Date.now() + 23 * 3_600_000);
    const [entry, ...others] = await messagesOf(user, thread?.id);
    assert.equal(others.length, 0);
    assert.deepEqual(
      {
        type: entry?.messageType,
        direction: entry?.direction,
        outcome: contentOf(entry, 'call').outcome,
        seconds: contentOf(entry, 'call').durationSeconds,
      },
      { type: 'call', direction: 'inbound', outcome: 'completed', seconds: 45 },
    );
    const answer = await user.call('/api/messages', {
      body: { conversationId: thread?.id, content: { type: 'text', body: 'You called?' } },
    });
    assert.equal(answer.status, 201);
  });

  it('the end arrives before the beginning › the same entry', async () => {
    await hear(ended('wacid.2'), call('wacid.2', 'connect'));
    const [entry, ...others] = await messagesOf(user);
    assert.equal(others.length, 0);
    const { outcome, durationSeconds } = contentOf(entry, 'call');
    assert.deepEqual([outcome, durationSeconds], ['completed', 45]);
    const { statusHistory } = await user.getMessage(entry?.id ?? '');
    assert.deepEqual(
      new Set(statusHistory.map(({ raw }) => raw?.['word'])),
      new Set(['connect', 'terminate']),
    );
  });

  it('nobody answers › missed', async () => {
    const unanswered = { status: 'FAILED', start_time: undefined, end_time: undefined, duration: undefined };
    await hear(call('wacid.3', 'connect'), ended('wacid.3', unanswered));
    const [entry] = await messagesOf(user);
    assert.equal(contentOf(entry, 'call').outcome, 'missed');
  });

  it('the business calls › outbound; neither window nor lead', async () => {
    const ours = { from: '15550001000', to: digitsOf(phone), direction: 'BUSINESS_INITIATED' };
    const rings = fieldOf(user, 'calls', {
      statuses: [
        {
          id: 'wacid.4',
          type: 'call',
          status: 'RINGING',
          timestamp: secondsFromNow(-50),
          recipient_id: digitsOf(phone),
        },
      ],
    });
    const unanswered = { ...ours, status: 'FAILED', start_time: undefined, duration: undefined };
    await hear(call('wacid.4', 'connect', ours), rings, ended('wacid.4', unanswered));
    const [thread] = await threadsOf(user);
    assert.deepEqual([thread?.windowExpiresAt, thread?.leadId, thread?.unreadCount], [null, null, 0]);
    const [entry] = await messagesOf(user);
    assert.deepEqual(
      [entry?.direction, contentOf(entry, 'call').outcome, entry?.workflowId],
      ['outbound', 'unanswered', null],
    );
  });

  it('the person allows calls › an entry in the thread that says so', async () => {
    const reply = {
      response: 'accept',
      expiration_timestamp: secondsFromNow(3_600),
      response_source: 'user_action',
    };
    const message = {
      id: newWamid(),
      from: digitsOf(phone),
      timestamp: secondsFromNow(-1),
      type: 'interactive',
      interactive: { type: 'call_permission_reply', call_permission_reply: reply },
    };
    await hear(envelopeOf(changeOf(user.phoneNumberId, { messages: [message] })));
    const [entry] = await messagesOf(user);
    assert.equal(contentOf(entry, 'callPermission').response, 'accept');
  });
});
