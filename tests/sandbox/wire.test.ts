import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { createInboundWamid, createOutboundWamid, deriveWabaId } from '../../sandbox/identifiers.ts';
import { receiptsBody, type Receipt } from '../../sandbox/payloads.ts';
import { retryDelayMs } from '../../sandbox/backoff.ts';
import { encodeLikeMeta, signBytes } from '../../sandbox/signature.ts';
import type { Envelope } from './helpers.ts';

const receipt = (changes: Partial<Receipt> = {}): Receipt => ({
  sequence: 0,
  index: 0,
  wamid: 'wamid.a',
  phoneNumberId: '1',
  recipient: { recipient_id: '15551234501' },
  opaque: 'm1:1',
  category: 'utility',
  status: 'sent',
  at: 1_700_000_000_999,
  due: 1_700_000_000_999,
  ...changes,
});

describe('sandbox wire', () => {
  it('bytes › accents, emoji and signs › escaped as Meta does, in lower case', () => {
    const bytes = encodeLikeMeta({ name: 'Ünïq 👍', mail: 'a@b/c <x> 100%' });
    assert.equal(
      bytes.toString('latin1'),
      String.raw`{"name":"\u00dcn\u00efq \ud83d\udc4d","mail":"a\u0040b\/c \u003cx> 100\u0025"}`,
    );
  });

  it('bytes › any value › ASCII that parses back to the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = encodeLikeMeta({ text });
        assert(bytes.every((byte) => byte < 0x80));
        assert.deepEqual(JSON.parse(bytes.toString()), { text });
      }),
    );
  });

  it('signature › some bytes › HMAC-SHA256 of exactly those', () => {
    const bytes = Buffer.from('{"a":1}');
    const expected = createHmac('sha256', 'secret').update('{"a":1}').digest('hex');
    assert.equal(signBytes(bytes, 'secret'), `sha256=${expected}`);
  });

  it('message id › a thousand for one person › all differ and name the person', () => {
    const ids = new Set(Array.from({ length: 1_000 }, () => createOutboundWamid('15551234501')));
    ids.add(createInboundWamid('15551234501'));
    assert.equal(ids.size, 1_001);
    for (const id of ids) {
      assert.match(id, /^wamid\.HBgL[A-Za-z0-9+/]+=*$/);
      assert(Buffer.from(id.slice(6), 'base64').toString('latin1').includes('15551234501'));
    }
  });

  it('account › derived › stable digits, another for another number', () => {
    assert.match(deriveWabaId('1'), /^1\d{14}$/);
    assert.equal(deriveWabaId('1'), deriveWabaId('1'));
    assert.notEqual(deriveWabaId('1'), deriveWabaId('2'));
  });

  it('receipts › of two numbers of one account › one entry, a change for each number', () => {
    const numbers = { '1': { wabaId: '9' }, '2': { wabaId: '9', displayPhoneNumber: '15550000000' } };
    const body = receiptsBody(
      [receipt(), receipt({ phoneNumberId: '2' }), receipt({ status: 'read' })],
      numbers,
    );
    const [entry, ...others] = (body as Envelope).entry;
    assert.deepEqual(others, []);
    assert.equal(entry?.id, '9');
    const told = entry.changes.map(({ value }) => [
      value.metadata.phone_number_id,
      value.statuses?.map((status) => status.status),
    ]);
    assert.deepEqual(told, [
      ['1', ['sent', 'read']],
      ['2', ['sent']],
    ]);
  });

  it('receipt › sent › text seconds, the opaque data and pricing, no errors', () => {
    const [status] = (receiptsBody([receipt()], {}) as Envelope).entry[0]?.changes[0]?.value.statuses ?? [];
    assert.deepEqual(status, {
      id: 'wamid.a',
      status: 'sent',
      timestamp: '1700000000',
      recipient_id: '15551234501',
      biz_opaque_callback_data: 'm1:1',
      pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category: 'utility' },
    });
  });

  it('receipt › failed › errors with code and details, and no contacts', () => {
    const body = receiptsBody([receipt({ status: 'failed', code: 131026, opaque: null })], {}) as Envelope;
    const value = body.entry[0]?.changes[0]?.value;
    assert.equal(value?.contacts, undefined);
    const status = value?.statuses?.[0];
    assert.equal(status?.errors?.[0]?.code, 131026);
    assert.equal(status.biz_opaque_callback_data, undefined);
  });

  it('receipt › failed, and the contacts of failures are wanted › the contact is named', () => {
    const failed = receipt({ status: 'failed', code: 131026 });
    const body = receiptsBody([failed], {}, { contactsOfFailed: true }) as Envelope;
    assert.deepEqual(body.entry[0]?.changes[0]?.value.contacts, [{ wa_id: '15551234501' }]);
  });

  it('retry delay › ever more failures › grows from the first to the longest', () => {
    const retry = { firstMs: 250, maxMs: 30_000, giveUpAfterMs: 1 };
    const delays = [1, 2, 3, 7, 8, 5_000].map((attempts) => retryDelayMs(attempts, retry));
    assert.deepEqual(delays, [250, 500, 1_000, 16_000, 30_000, 30_000]);
  });
});
