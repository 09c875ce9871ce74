import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import type { ContactRecord } from '../../src/people/contacts/store/model.ts';
import type { ContactView } from '../../src/people/contacts/schemas.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { useApi } from '../support/api.ts';
import { appSecret, contactOf, newWamid, postEvent, spoken } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { buildMessage } from '../support/messages.ts';
import { statusesOf } from '../support/meta.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';
import { inDays } from '../support/times.ts';

/** Seconds from a moment long past, as the provider counts them. */
const second = (at: number): string => String(1_795_000_000 + at);
const timeOf = (at: number): string => new Date(Number(second(at)) * 1_000).toISOString();

describe('api › numbers that the provider could not deliver to', function () {
  this.timeout(120_000);
  const api = useApi('suspect-numbers', { env: { WHATSAPP_APP_SECRETS: appSecret } });
  let processor: TestProcessor;
  let user: CrmUser;
  let phone: string;

  before(async () => {
    processor = await startTestProcessor(api());
    user = await api().signUp();
  });
  beforeEach(() => {
    phone = phoneEndingIn('55');
  });
  afterEach(() => assert.deepEqual(processor.probe.takeViolations(), []));
  after(() => processor.close());

  const messages = () => api().collection<MessageDoc>('messages');
  const contacts = () => api().collection<ContactRecord>('contacts');

  type Place = Pick<MessageDoc, 'clientId' | 'channelId' | 'contactId' | 'conversationId' | 'to'>;
  const places = new Map<string, Place>();

  /** Addresses messages to this contact; the first one creates the conversation. */
  async function placeOf(): Promise<Place> {
    const known = places.get(phone);
    if (known !== undefined) return known;
    const { id } = await user.send({ to: phone, sendAt: inDays(30) });
    const first = await messages().findOne({ _id: new Types.ObjectId(id) });
    assert.ok(first?.to);
    const { clientId, channelId, contactId, conversationId, to } = first;
    const place = { clientId, channelId, contactId, conversationId, to };
    places.set(phone, place);
    return place;
  }

  /** Sends a message to this contact; returns the provider's id. */
  async function sent(changes: Partial<MessageDoc> = {}): Promise<string> {
    const providerMessageId = newWamid();
    const message = buildMessage({ ...(await placeOf()), status: 'sent', providerMessageId, ...changes });
    await messages().insertOne(message);
    return providerMessageId;
  }

  const toSuspect = { dispatch: { attempt: 1, isCalling: false, attempts: [], isToSuspect: true } } as const;

  async function hear(...bodies: object[]): Promise<void> {
    for (const body of bodies) await postEvent(api(), body);
    await processor.drain();
  }
  const receipt = (id: string, status: 'failed' | 'delivered' | 'read', at: number) =>
    statusesOf(user.phoneNumberId, [
      {
        ...{ id, status, timestamp: second(at) },
        ...(status === 'failed' ? { errors: [{ code: 131_026, title: 'Message undeliverable' }] } : {}),
      },
    ]);
  const contact = async (): Promise<ContactView> => {
    const found = await contactOf(user, phone);
    assert.ok(found);
    return found;
  };
  const reviewAll = async (): Promise<void> => {
    await contacts().updateMany(
      { 'numberSuspect.reviewAt': { $exists: true } },
      { $set: { 'numberSuspect.reviewAt': new Date(0) } },
    );
    await processor.reviewNumbers();
  };

  it('131026 by receipt › marked with code and the provider’s time, shown, filterable; repeated, no change', async () => {
    const id = await sent();
    await hear(receipt(id, 'failed', 10));
    const marked = await contact();
    assert.deepEqual(marked.numberSuspect, { code: '131026', at: timeOf(10) });
    await hear(receipt(id, 'failed', 10));
    assert.deepEqual(await contact(), marked);
    const other = phoneEndingIn('56');
    await user.send({ to: other, sendAt: inDays(30) });
    const listed = async (numberSuspect: boolean): Promise<(string | null)[]> => {
      const path = `/api/contacts?limit=100&numberSuspect=${numberSuspect}`;
      const { body } = await user.call<{ items: ContactView[] }>(path);
      return body.items.map(({ phoneNumber }) => phoneNumber);
    };
    const [suspects, others] = [await listed(true), await listed(false)];
    assert.deepEqual([suspects.includes(phone), suspects.includes(other)], [true, false]);
    assert.deepEqual([others.includes(phone), others.includes(other)], [false, true]);
    // A warning holds nothing back.
    assert.equal((await user.send({ to: phone, sendAt: inDays(30) })).status, 'scheduled');
  });

  it('delivered to it afterwards › cleared by the message that was sent despite the mark', async () => {
    await hear(receipt(await sent(), 'failed', 10));
    await hear(receipt(await sent(toSuspect), 'delivered', 9));
    assert.notEqual((await contact()).numberSuspect, null, 'an earlier receipt proves nothing');
    await hear(receipt(await sent(toSuspect), 'delivered', 20));
    assert.equal((await contact()).numberSuspect, null);
  });

  it('the person writes › cleared; an earlier failure, late or repeated, does not bring it back', async () => {
    const id = await sent();
    await hear(receipt(id, 'failed', 10), spoken(user, phone, 'Hello', { timestamp: second(20) }));
    assert.equal((await contact()).numberSuspect, null);
    await hear(receipt(await sent(), 'failed', 15));
    assert.equal((await contact()).numberSuspect, null);
    await hear(receipt(await sent(), 'failed', 21));
    assert.equal((await contact()).numberSuspect?.at, timeOf(21));
  });

  it('a changed number › not suspect, not even by a failure of the old one', async () => {
    await hear(receipt(await sent(), 'failed', 10));
    const { id } = await contact();
    const late = await sent();
    phone = phoneEndingIn('57');
    const body = { phoneNumber: phone };
    const patched = await user.call<ContactView>(`/api/contacts/${id}`, { method: 'PATCH', body });
    assert.equal(patched.status, 200);
    assert.equal(patched.body.numberSuspect, null);
    await hear(receipt(late, 'failed', 30));
    assert.equal((await contact()).numberSuspect, null);
  });

  it('a receipt that crossed the failure › found by the check after it; at most four checks', async () => {
    const crossing = await sent();
    await hear(receipt(await sent(), 'failed', 10));
    // It left before the mark, so that its receipt is no news for the number at first.
    await hear(receipt(crossing, 'delivered', 20));
    assert.notEqual((await contact()).numberSuspect, null);
    assert.equal(await processor.reviewNumbers(), 0);
    await reviewAll();
    assert.equal((await contact()).numberSuspect, null);

    await hear(receipt(await sent(), 'failed', 30));
    for (let looks = 0; looks < 4; looks += 1) await reviewAll();
    const stored = await contacts().findOne({ phoneNumber: phone });
    assert.deepEqual([stored?.numberSuspect?.code, stored?.numberSuspect?.reviewAt], ['131026', undefined]);
    assert.equal(await processor.reviewNumbers(), 0);
  });

  it('any order and repetition › the latest receipt by the provider’s time counts', async () => {
    const word = fc.record({
      what: fc.constantFrom('failed', 'failed', 'delivered', 'read', 'inbound'),
      at: fc.nat(12),
      isToSuspect: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 4 }), async (words) => {
        phone = phoneEndingIn('58');
        for (const { what, at, isToSuspect } of words) {
          const body =
            what === 'inbound'
              ? spoken(user, phone, 'Hello', { timestamp: second(at) })
              : receipt(await sent(isToSuspect ? toSuspect : {}), what, at);
          await hear(body, body);
        }
        await reviewAll();
        const latest = (isFailure: boolean): number =>
          Math.max(-1, ...words.filter(({ what }) => (what === 'failed') === isFailure).map(({ at }) => at));
        const expected = latest(true) > latest(false) ? timeOf(latest(true)) : null;
        assert.equal((await contact()).numberSuspect?.at ?? null, expected);
      }),
      { numRuns: 60 },
    );
  });
});
