import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { normalisePhone } from '../../src/platform/phone.ts';
import type { ContactIdentity } from '../../src/people/contacts/directory.ts';
import { createInboundService } from '../../src/sending/messages/incoming/inbound.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { useMessagingApi } from '../support/messaging-api.ts';

describe('contacts created by messages', () => {
  const running = useMessagingApi('contact_identities');
  const newScope = () => scopeOf(new Types.ObjectId());
  type Scope = ReturnType<typeof newScope>;
  const find = (scope: Scope, identity: ContactIdentity, name?: string) =>
    running().api.core.contacts.findOrCreate(scope, identity, name);
  const countIn = ({ clientId }: Scope) => running().collection('contacts').countDocuments({ clientId });
  const phoneOf = (text: string): string => normalisePhone(text) ?? assert.fail(text);
  const receive = async (scope: Scope, item: { from?: string; fromUserId?: string }, id: string) => {
    const inbound = createInboundService(running().api.core);
    const isStored = await inbound.receive(scope, new Types.ObjectId(), {
      phoneNumberId: null,
      providerMessageId: id,
      timestampMs: Date.UTC(2026, 10, 23),
      messageType: 'text',
      text: 'Hi',
      raw: {},
      profileName: 'Ana',
      ...item,
    });
    assert.ok(isStored);
  };

  /** For the planner to have a choice. */
  const addOthers = (scope: Scope, count: number) =>
    Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const { _id } = await find(scope, { businessScopedUserId: `DE.${index}` });
        if (index % 10 === 0) await running().api.core.leads.findOrCreate(scope, _id);
      }),
    );

  const written: readonly [string, string, string][] = [
    ['Brazil', '+55 41 98765-0001', '554187650001'],
    ['Mexico', '+52 55 1234 0001', '5215512340001'],
    ['Argentina', '+54 11 2345-0001', '5491123450001'],
    ['Argentina as dialled at home', '+54 11 15 2345-0002', '5491123450002'],
  ];
  for (const [country, typed, waId] of written) {
    it(`${country}: a send to ${typed}, then a message from ${waId} › one contact, which learns its wa_id`, async () => {
      const scope = newScope();
      const sent = await find(scope, { phoneNumber: phoneOf(typed) });
      await receive(scope, { from: waId }, `wamid.${waId}`);
      assert.equal(await countIn(scope), 1);
      const now = await running().api.core.contacts.findById(scope, sent._id);
      assert.deepEqual(
        { phoneNumber: now?.phoneNumber, whatsappId: now?.whatsappId, name: now?.name },
        { phoneNumber: phoneOf(typed), whatsappId: waId, name: 'Ana' },
      );
    });

    it(`${country}: a contact stored in the other spelling before › is found, not doubled`, async () => {
      const scope = newScope();
      const { _id } = await find(scope, { phoneNumber: phoneOf(typed) });
      await running()
        .collection('contacts')
        .updateOne(
          { _id },
          {
            $set: { phoneNumber: `+${waId}`, identityKeys: [`tel:+${waId}`] },
            $unset: { searchTokens: 1 },
          },
        );
      const again = await find(scope, { phoneNumber: phoneOf(typed) });
      assert.deepEqual([again._id, await countIn(scope)], [_id, 1]);
    });
  }

  it('20 at once in both spellings, with and without wa_id › one contact', async () => {
    const scope = newScope();
    const identities: readonly ContactIdentity[] = [
      { phoneNumber: '+5511987650003' },
      { phoneNumber: phoneOf('+551187650003'), whatsappId: '551187650003' },
    ];
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, index) => find(scope, identities[index % 2] ?? assert.fail())),
    );
    assert.equal(new Set(found.map(({ _id }) => _id.toHexString())).size, 1);
    assert.equal(await countIn(scope), 1);
  });

  it('20 leads at once for a new contact › one lead with its copies', async () => {
    const scope = newScope();
    const { _id } = await find(scope, { phoneNumber: '+5511987650004' }, 'Ana');
    const leads = await Promise.all(
      Array.from({ length: 20 }, () => running().api.core.leads.findOrCreate(scope, _id)),
    );
    assert.equal(new Set(leads.map((lead) => lead._id.toHexString())).size, 1);
    const [lead] = leads;
    assert.deepEqual(
      {
        phoneNumber: lead?.phoneNumber,
        name: lead?.name,
        nameKey: lead?.nameKey,
        optInStatus: lead?.optInStatus,
      },
      { phoneNumber: '+5511987650004', name: 'Ana', nameKey: 'ana', optInStatus: 'unknown' },
    );
  });

  it('a lead created while its contact changes › has the contact’s current values', async () => {
    const { contacts, leads } = running().api.core;
    for (let round = 0; round < 15; round += 1) {
      const scope = newScope();
      const { _id } = await find(scope, { phoneNumber: '+5511987650005' });
      const [lead] = await Promise.all([
        leads.findOrCreate(scope, _id),
        contacts.setNameIfMissing(scope, _id, `Name ${round}`),
      ]);
      const now = await leads.findById(scope, lead._id);
      assert.deepEqual([now?.name, now?.nameKey], [`Name ${round}`, `name ${round}`]);
    }
  });

  it('the provider’s id first, the phone later › one contact that learns the phone, and its lead too', async () => {
    const scope = newScope();
    await receive(scope, { fromUserId: 'US.1' }, 'wamid.a');
    await receive(scope, { from: '4915112340001', fromUserId: 'US.1' }, 'wamid.b');
    assert.equal(await countIn(scope), 1);
    const byPhone = await find(scope, { phoneNumber: '+4915112340001' });
    assert.deepEqual([byPhone.businessScopedUserId, byPhone.whatsappId], ['US.1', '4915112340001']);
    const lead = await running().api.core.leads.findOrCreate(scope, byPhone._id);
    assert.equal(lead.phoneNumber, '+4915112340001');
  });

  it('the phone first, the provider’s id later, then only that › one contact', async () => {
    const scope = newScope();
    await receive(scope, { from: '4915112340002' }, 'wamid.c');
    await receive(scope, { from: '4915112340002', fromUserId: 'US.2' }, 'wamid.d');
    await receive(scope, { fromUserId: 'US.2' }, 'wamid.e');
    assert.equal(await countIn(scope), 1);
  });

  it('the phone of one contact and the user id of another › one of them is used, and none is duplicated', async () => {
    const scope = newScope();
    const first = await find(scope, { phoneNumber: '+4915112340003' });
    const second = await find(scope, { businessScopedUserId: 'US.3' });
    const both = await find(scope, { phoneNumber: '+4915112340003', businessScopedUserId: 'US.3' });
    assert.ok([first._id, second._id].some((id) => id.equals(both._id)));
    assert.equal(await countIn(scope), 2);
  });

  it('a contact whose identities are all known › costs one command', async () => {
    const scope = newScope();
    const identity = {
      phoneNumber: '+4915112340004',
      businessScopedUserId: 'US.4',
      whatsappId: '4915112340004',
    };
    const { _id } = await find(scope, identity);
    await running().api.core.leads.findOrCreate(scope, _id);
    await addOthers(scope, 300);
    const { db } = running().api.core.mongo;
    assert.ok(db !== undefined);
    await db.command({ profile: 2 });
    await find(scope, identity);
    await running().api.core.leads.findOrCreate(scope, _id);
    await db.command({ profile: 0 });
    const ops = await running()
      .collection('system.profile')
      .find({ 'command.lsid': { $exists: true } })
      .toArray();
    const seen = ops.filter(({ ns }) => /\.(contacts|leads|audit_events)$/.test(String(ns)));
    assert.deepEqual(seen.map(({ ns }) => String(ns).split('.')[1] ?? '').toSorted(), ['contacts', 'leads']);
    for (const { planSummary, docsExamined } of seen) {
      assert.match(String(planSummary), /^IXSCAN \{ clientId: 1, (identityKeys|contactId): 1 \}$/);
      assert.equal(docsExamined, 1);
    }
  });

  it('a very long name from WhatsApp › truncated, not refused', async () => {
    const contact = await find(newScope(), { phoneNumber: '+4915112340005' }, 'x'.repeat(5_000));
    assert.equal(contact.name?.length, 200);
  });
});
