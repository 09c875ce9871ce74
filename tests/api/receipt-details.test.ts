import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { useApi } from '../support/api.ts';
import { appSecret, newWamid, postEvent, secondsFromNow } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';

describe('api › what WhatsApp reports about a sent message', function () {
  this.timeout(60_000);
  const api = useApi('receipt-details', { env: { WHATSAPP_APP_SECRETS: appSecret } });
  let processor: TestProcessor;
  let user: CrmUser;
  let wamid: string;
  let id: string;

  before(async () => {
    processor = await startTestProcessor(api());
  });
  beforeEach(async () => {
    user = await api().signUp();
    wamid = newWamid();
    const sent = await user.send({ to: phoneEndingIn('01') });
    const messages = api().collection<MessageDoc>('messages');
    const source = await messages.findOne({ _id: new Types.ObjectId(sent.id) });
    assert.ok(source !== null);
    // A message without a workflow, so that its receipts are applied directly.
    const _id = new Types.ObjectId();
    const dispatch = { attempt: 1, isCalling: false, attempts: [] };
    await messages.insertOne({ ...source, _id, status: 'sent', providerMessageId: wamid, dispatch });
    id = _id.toHexString();
  });
  afterEach(() => assert.deepEqual(processor.probe.takeViolations(), []));
  after(() => processor.close());

  const reported = async (...statuses: readonly object[]): Promise<MessageJson> => {
    const told = statuses.map((status) => ({ id: wamid, timestamp: secondsFromNow(0), ...status }));
    await postEvent(api(), envelopeOf(changeOf(user.phoneNumberId, { statuses: told })));
    await processor.drain();
    return user.getMessage(id);
  };

  it('price, conversation, kind of recipient › in the history; the price on the message', async () => {
    const expiry = secondsFromNow(3_600);
    const pricing = { billable: true, pricing_model: 'PMP', type: 'regular', category: 'utility' };
    const conversation = { id: 'conversation-1', origin: { type: 'utility' }, expiration_timestamp: expiry };
    const message = await reported({
      status: 'delivered',
      pricing,
      conversation,
      recipient_type: 'individual',
    });
    assert.deepEqual(message.statusHistory.at(-1)?.raw, {
      word: 'delivered',
      pricing: { category: 'utility', type: 'regular', model: 'PMP', billable: true },
      conversation: {
        id: 'conversation-1',
        origin: 'utility',
        expiresAt: new Date(Number(expiry) * 1_000).toISOString(),
      },
      recipientType: 'individual',
    });
    assert.deepEqual(message.pricing, { category: 'utility', type: 'regular', model: 'PMP' });
  });

  it('several errors › all in the history, the first one decides; no number in them', async () => {
    const errors = [
      {
        code: 131026,
        title: 'Undeliverable',
        message: 'Not to 4915112345601',
        error_data: { details: 'Old app' },
      },
      { code: 131000, title: 'Something else', href: 'https://example.com/errors' },
    ];
    const message = await reported({ status: 'failed', errors });
    assert.deepEqual([message.status, message.failure?.code], ['failed', '131026']);
    assert.deepEqual(message.statusHistory.at(-1)?.raw?.['errors'], [
      { code: '131026', title: 'Undeliverable', message: 'Not to …01', detail: 'Old app' },
      { code: '131000', title: 'Something else', href: 'https://example.com/errors' },
    ]);
  });

  it('played › read, and when it was played; in any order', async () => {
    const played = { status: 'played', timestamp: secondsFromNow(-5) };
    const message = await reported(played, { status: 'read', timestamp: secondsFromNow(-8) });
    assert.deepEqual(
      [message.status, message.playedAt],
      ['read', new Date(Number(played.timestamp) * 1_000).toISOString()],
    );
  });

  it('receipts in the wrong order › the history has them in the order of events', async () => {
    const [earlier, later] = [secondsFromNow(-4), secondsFromNow(-2)];
    const message = await reported(
      { status: 'read', timestamp: later },
      { status: 'delivered', timestamp: earlier },
      { status: 'sent', timestamp: earlier },
    );
    const receipts = message.statusHistory.flatMap(({ raw }) => raw?.['word'] ?? []);
    assert.deepEqual(receipts, ['sent', 'delivered', 'read']);
  });

  it('a word that nobody knows › in the history, the status stays', async () => {
    const message = await reported({ status: 'warning', recipient_type: 'individual' });
    const last = message.statusHistory.at(-1);
    assert.deepEqual(
      [message.status, last?.status, last?.raw],
      ['sent', 'unknown', { word: 'warning', recipientType: 'individual' }],
    );
  });

  it('participants of a group › each with its words, once', async () => {
    const at = { timestamp: secondsFromNow(-9), recipient_type: 'group' };
    const read = { ...at, status: 'read', recipient_participant_id: '4915112345601' };
    const other = { ...read, recipient_participant_id: '4915112345602' };
    await reported(read, other);
    const message = await reported(read, other);
    assert.equal(message.participants.length, 2);
    assert.deepEqual(
      new Set(message.participants.map((one) => `${one.id} ${one.word}`)),
      new Set(['4915112345601 read', '4915112345602 read']),
    );
  });
});
