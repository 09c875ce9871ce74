import assert from 'node:assert/strict';
import { recordedIn } from '../../../src/consent/address-stops/recorded.ts';
import { stopsLeftBehind, stopsLifted } from '../../../src/consent/address-stops/rules.ts';
import type { ConsentEntry, ContactRecord } from '../../../src/people/contacts/store/model.ts';
import { newId } from '../../../src/platform/ids.ts';

const at = new Date('2026-11-26T09:00:00.000Z');
const after = (ms: number): Date => new Date(at.getTime() + ms);

const entry = (status: ConsentEntry['status'], fields: Partial<ConsentEntry> = {}): ConsentEntry => ({
  ...{ status, source: 'keyword', at },
  ...fields,
});

const record = (fields: Partial<ContactRecord> = {}): ContactRecord => ({
  ...{ _id: newId(), clientId: newId(), customFields: {}, version: 1 },
  ...{ identityKeys: ['tel:+1555', 'id:US.1'], optInStatus: 'unknown', consentLog: [] },
  ...{ createdAt: at, updatedAt: after(60_000) },
  ...fields,
});

const optedOut = record({ optInStatus: 'opted-out', consentLog: [entry('opted-out')] });

describe('opt-outs that stay at an address', () => {
  describe('the contact loses an identity', () => {
    const without = (contact: ContactRecord) => ({ ...contact, identityKeys: ['id:US.1'] });

    it('opted out › the opt-out stays there, from the time when the person said it', () => {
      const contactId = optedOut._id;
      assert.deepEqual(stopsLeftBehind({ before: optedOut, after: without(optedOut) }), [
        { kind: 'opted-out', at, key: 'tel:+1555', contactId },
      ]);
    });

    it('deleted › nothing stays here: it is remembered with the contact', () => {
      assert.deepEqual(stopsLeftBehind({ before: optedOut, after: null }), []);
    });

    it('marketing turned off › that stays, and nothing more', () => {
      const contact = record({ marketingStopped: true, marketingStoppedAt: at });
      assert.deepEqual(
        stopsLeftBehind({ before: contact, after: without(contact) }).map(({ kind }) => kind),
        ['marketing-stopped'],
      );
    });

    it('opted out before the product kept a log › from the last change of the contact', () => {
      const contact = record({ optInStatus: 'opted-out', marketingStopped: true });
      const stops = stopsLeftBehind({ before: contact, after: without(contact) });
      assert.deepEqual(
        stops.map((stop) => stop.at),
        [contact.updatedAt, contact.updatedAt],
      );
    });

    it('not opted out, or new › nothing stays', () => {
      for (const contact of [record(), record({ optInStatus: 'opted-in' })])
        assert.deepEqual(stopsLeftBehind({ before: contact, after: without(contact) }), []);
      assert.deepEqual(stopsLeftBehind({ before: null, after: optedOut }), []);
    });
  });

  describe('a new consent', () => {
    const said = (status: ConsentEntry['status'], fields: Partial<ConsentEntry> = {}) => {
      const consentLog = [...optedOut.consentLog, entry(status, { at: after(60_000), ...fields })];
      return stopsLifted({ before: optedOut, after: { ...optedOut, consentLog } });
    };

    it('START › lifts the own opt-outs of earlier seconds at the identities of the contact', () => {
      assert.deepEqual(said('opted-in'), {
        ...{ keys: optedOut.identityKeys, kind: 'opted-out', until: after(60_000 - 999) },
        of: [optedOut._id],
      });
    });

    it('recorded by a user › lifts the opt-outs of everybody up to that moment', () => {
      assert.deepEqual(said('opted-in', { by: newId() }), {
        ...{ keys: optedOut.identityKeys, kind: 'opted-out', until: after(60_000) },
      });
    });

    it('marketing allowed again › lifts only the end of marketing', () => {
      assert.equal(said('marketing-resumed')?.kind, 'marketing-stopped');
    });

    it('of another person, or without a statement › lifts nothing', () => {
      assert.equal(said('opted-in', { isForeign: true }), null);
      assert.equal(said('opted-in', { isUnstated: true }), null);
    });

    it('another stop, another field, or a deletion › lifts nothing', () => {
      assert.equal(said('opted-out'), null);
      assert.equal(stopsLifted({ before: optedOut, after: { ...optedOut, name: 'Ana' } }), null);
      assert.equal(stopsLifted({ before: optedOut, after: null }), null);
      assert.equal(stopsLifted({ before: null, after: record() }), null);
    });

    it('the first of a new contact › counts', () => {
      const consentLog = [entry('opted-in', { by: newId() })];
      const created = record({ optInStatus: 'opted-in', consentLog });
      assert.equal(stopsLifted({ before: null, after: created })?.kind, 'opted-out');
    });

    it('the log is full › a dropped entry hides no new one', () => {
      const before = record({ consentLog: [entry('opted-out')], consentEntriesDropped: 4 });
      const next = { ...before, consentLog: [entry('opted-in')], consentEntriesDropped: 5 };
      assert.equal(stopsLifted({ before, after: next })?.kind, 'opted-out');
    });
  });

  describe('what a user records', () => {
    const shown = {
      phoneNumber: '+4915112340101',
      whatsappId: '4915112340101',
      businessScopedUserId: 'DE.1',
    };
    const written = (status: ConsentEntry['status'], fields: Partial<ConsentEntry>) =>
      recordedIn({ before: record(shown), after: record({ ...shown, consentLog: [entry(status, fields)] }) });

    it('a consent or an opt-out › a fact of everything that the contact shows', () => {
      for (const status of ['opted-in', 'opted-out'] as const)
        assert.deepEqual(
          written(status, { by: newId() }),
          ['tel:+4915112340101', 'id:DE.1'].map((key) => ({
            kind: 'said',
            key,
            status,
            at,
            isRecorded: true,
          })),
        );
    });

    it('no statement, no consent, another field or a deletion › none', () => {
      assert.deepEqual(written('opted-in', { by: newId(), isUnstated: true }), []);
      assert.deepEqual(written('unknown', { by: newId() }), []);
      assert.deepEqual(written('opted-in', {}), []);
      assert.deepEqual(recordedIn({ before: optedOut, after: { ...optedOut, name: 'Ana' } }), []);
      assert.deepEqual(recordedIn({ before: optedOut, after: null }), []);
    });
  });
});
