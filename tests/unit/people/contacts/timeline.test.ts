import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { decideMove, decideSighting } from '../../../../src/people/contacts/persons/decide.ts';
import { withConsentOf } from '../../../../src/people/contacts/persons/shared-consent.ts';
import { corrected, moved, sighted } from '../../../../src/people/contacts/persons/timeline.ts';
import { callableNumberOf, identityKeysOf } from '../../../../src/people/contacts/rules.ts';
import type { ConsentEntry, ContactRecord } from '../../../../src/people/contacts/store/repository.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 1, 0, 0, seconds));
const contact = (fields: Partial<ContactRecord> = {}): ContactRecord => {
  const record = {
    _id: new Types.ObjectId(),
    clientId: new Types.ObjectId(),
    optInStatus: 'unknown',
    customFields: {},
    consentLog: [],
    createdAt: at(0),
    updatedAt: at(0),
    version: 1,
    ...fields,
  } as const;
  return { ...record, identityKeys: identityKeysOf(record) };
};
const number = (last: number) => ({ phoneNumber: `+4915112340${last}`, whatsappId: `4915112340${last}` });

describe('identities of a contact', () => {
  it('another number with the same user id › the later one is current, in any order', () => {
    const first = { identity: { ...number(101), businessScopedUserId: 'DE.1' }, at: at(10) };
    const second = { identity: { ...number(102), businessScopedUserId: 'DE.1' }, at: at(20) };
    for (const [one, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const { phoneNumber, aliases, identityKeys, formerKeys } = sighted(sighted(contact(), one), other);
      assert.deepEqual(
        [phoneNumber, aliases?.map(({ value, until }) => [value, until])],
        [number(102).phoneNumber, [[number(101).phoneNumber, at(20)]]],
      );
      assert.deepEqual(
        [identityKeys, formerKeys],
        [[`tel:${number(102).phoneNumber}`, 'id:DE.1'], [`tel:${number(101).phoneNumber}`]],
      );
    }
  });

  it('another user id at the same number › both find the contact, the later one is shown', () => {
    const first = { identity: { ...number(101), businessScopedUserId: 'DE.1' }, at: at(10) };
    const second = { identity: { ...number(101), businessScopedUserId: 'DE.2' }, at: at(20) };
    for (const [one, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const record = sighted(sighted(contact(), one), other);
      assert.equal(record.businessScopedUserId, 'DE.2');
      assert.deepEqual(record.identityKeys.toSorted(), [
        'id:DE.1',
        'id:DE.2',
        `tel:${number(101).phoneNumber}`,
      ]);
    }
  });

  it('nothing new, or a repeated change › the record itself', () => {
    const sighting = {
      identity: { ...number(101), businessScopedUserId: 'DE.1', username: 'ana' },
      at: at(10),
    };
    const record = sighted(contact(), sighting);
    assert.equal(sighted(record, sighting), record);
    const move = { reason: 'number-changed', from: number(101), to: number(102), at: at(20) } as const;
    const after = moved(record, move);
    assert.equal(moved(after, move), after);
    assert.equal(sighted(after, sighting), after);
  });

  it('a request that names identities › fills in what is missing, and replaces nothing', () => {
    const record = contact(number(101));
    const named = {
      identity: { ...number(102), businessScopedUserId: 'DE.1', username: 'ana' },
      at: undefined,
    };
    const next = sighted(record, named);
    assert.deepEqual(
      [next.phoneNumber, next.businessScopedUserId, next.username],
      [number(101).phoneNumber, 'DE.1', 'ana'],
    );
    assert.equal(
      sighted(next, { identity: { businessScopedUserId: 'DE.2', username: 'bo' }, at: undefined }),
      next,
    );
  });

  it('a number change older than the current number › only an alias', () => {
    const record = contact({ ...number(103), numberSince: at(30) });
    const next = moved(record, { reason: 'number-changed', from: number(101), to: number(102), at: at(20) });
    assert.equal(next.phoneNumber, number(103).phoneNumber);
    assert.deepEqual(
      next.aliases?.map(({ value }) => value),
      [number(102).phoneNumber, number(101).phoneNumber],
    );
  });

  it('a corrected number › an alias that finds nobody; corrected back › none', () => {
    const wrong = contact(number(102));
    const record = corrected(wrong, { phoneNumber: number(101).phoneNumber }, at(20));
    assert.deepEqual(
      record.aliases?.map(({ reason }) => reason),
      ['corrected'],
    );
    const found = [{ ...record, formerKeys: [`tel:${number(101).phoneNumber}`] }];
    const event = { identity: number(101), at: at(10) };
    assert.deepEqual(decideSighting(event, found), { kind: 'create', leftAt: undefined });
    const back = corrected({ ...record, ...number(101) }, { phoneNumber: number(102).phoneNumber }, at(30));
    assert.deepEqual(
      back.aliases?.map(({ value }) => value),
      [number(102).phoneNumber],
    );
  });

  it('a change whose halves belong to two contacts › each gives up its own half', () => {
    const byNumber = contact(number(101));
    const byId = contact({ businessScopedUserId: 'DE.1' });
    const change = {
      reason: 'number-changed' as const,
      from: { ...number(101), businessScopedUserId: 'DE.1' },
      to: number(102),
      at: at(20),
    };
    const { moves, sameAs } = decideMove(change, [byNumber, byId]);
    assert.deepEqual(
      moves.map(({ contact: { _id }, from }) => [_id, Object.keys(from)]),
      [
        [byNumber._id, ['phoneNumber', 'whatsappId']],
        [byId._id, ['businessScopedUserId']],
      ],
    );
    assert.deepEqual(
      sameAs.map((one) => one.contact._id),
      [byId._id],
    );
  });

  it('a contact got a number while another worker stored that the person had left it › loses it, same person', () => {
    const move = { reason: 'number-changed', from: number(101), to: number(102), at: at(20) } as const;
    const left = moved(contact(), move);
    const late = contact({ ...number(101), numberSince: at(10) });
    const decision = decideSighting({ identity: number(101), at: at(10) }, [late, left]);
    assert.ok(decision.kind === 'known');
    assert.deepEqual(
      [decision.contact._id, decision.displaced.map((one) => [one.contact._id, one.at])],
      [left._id, [[late._id, at(20)]]],
    );
    assert.deepEqual(
      decision.sameAs.map((one) => one.contact._id),
      [late._id],
    );
    const stranger = contact({ ...number(101), numberSince: at(40) });
    const later = decideSighting({ identity: number(101), at: at(40) }, [stranger, left]);
    assert.ok(later.kind === 'known');
    assert.deepEqual([later.contact._id, later.displaced, later.sameAs], [stranger._id, [], []]);
  });

  it('a late message under a user id that has moved on › is of its owner, though somebody else is known at the number since', () => {
    const uid = (id: string) => ({ businessScopedUserId: id });
    const change = {
      reason: 'user-id-changed',
      from: uid('DE.3'),
      to: { ...number(102), ...uid('DE.4') },
    } as const;
    const mover = moved(contact({ ...uid('DE.3') }), { ...change, at: at(149) });
    const there = contact({ ...number(101), ...uid('DE.2'), numberSince: at(300) });
    const said = { identity: { ...number(101), ...uid('DE.3') }, at: at(20) };
    const decision = decideSighting(said, [there, mover]);
    assert.ok(decision.kind === 'known');
    assert.deepEqual([decision.contact._id, decision.sameAs], [mover._id, []]);
    assert.deepEqual([decision.leftAt, decision.add], [new Date(at(300).getTime() - 1), said.identity]);
    const without = (fields: Partial<ContactRecord>) =>
      decideSighting(said, [{ ...there, ...fields }, mover]);
    // It may be the same person, or have been there before the other left.
    for (const fields of [
      { businessScopedUserId: undefined },
      { numberSince: at(160) },
      { numberSince: undefined },
    ]) {
      const linked = without(fields as Partial<ContactRecord>);
      assert.ok(linked.kind === 'known');
      assert.deepEqual(
        linked.sameAs.map((one) => one.contact._id),
        [mover._id],
      );
    }
  });

  it('a message of the next owner came before the announcement › who had the number loses it, and the owner gets it', () => {
    const former = contact({ ...number(101), businessScopedUserId: 'DE.5', numberSince: at(-20_000) });
    const owner = contact({ ...number(102), businessScopedUserId: 'DE.3', numberSince: at(-18_000) });
    const change = {
      reason: 'number-changed' as const,
      from: { ...number(102), businessScopedUserId: 'DE.3' },
      to: { ...number(101), businessScopedUserId: 'DE.5' },
      at: at(0),
    };
    const { moves, evicted, sameAs } = decideMove(change, [owner, former]);
    assert.deepEqual(
      moves.map(({ contact: { _id }, to }) => [_id, to]),
      [[owner._id, number(101)]],
    );
    assert.deepEqual([evicted, sameAs.map((one) => one.contact)], [[former], [former]]);
  });

  it('the number to call › the canonical one, unless WhatsApp vouches for digits outside of the plan', () => {
    assert.equal(
      callableNumberOf({ phoneNumber: '+5511987654321', whatsappId: '551187654321' }),
      '+5511987654321',
    );
    assert.equal(
      callableNumberOf({ phoneNumber: '+2290197123401', whatsappId: '22997123401' }),
      '+22997123401',
    );
    assert.equal(callableNumberOf({ whatsappId: '22521356' }), '+22521356');
    assert.equal(callableNumberOf({ businessScopedUserId: 'DE.1' }), undefined);
  });
});

describe('consent of two contacts that are one person', () => {
  const stop: ConsentEntry = { status: 'opted-out', source: 'keyword', at: at(10), eventId: 'wamid.1' };
  const stopped = contact({ optInStatus: 'opted-out', consentLog: [stop] });

  it('STOP to one, an import of the other as opted in later › opted out', () => {
    const imported: ConsentEntry = {
      status: 'opted-in',
      source: 'import',
      at: at(20),
      by: new Types.ObjectId(),
    };
    const record = contact({ optInStatus: 'opted-in', consentLog: [imported] });
    assert.equal(withConsentOf(record, stopped, at(30)).optInStatus, 'opted-out');
    assert.equal(withConsentOf(stopped, record, at(30)), stopped);
  });

  it('STOP to one, START to the other later › both opted in', () => {
    const start: ConsentEntry = { status: 'opted-in', source: 'keyword', at: at(20), eventId: 'wamid.2' };
    const record = contact({ optInStatus: 'opted-in', consentLog: [start] });
    assert.equal(withConsentOf(record, stopped, at(30)).optInStatus, 'opted-in');
    assert.equal(withConsentOf(stopped, record, at(30)).optInStatus, 'opted-in');
  });

  it('a block and a marketing stop of one › of both', () => {
    const off: ConsentEntry = { status: 'marketing-stopped', source: 'whatsapp', at: at(10), eventId: 'p' };
    const other = contact({ isBlocked: true, blockedAt: at(5), marketingStopped: true, consentLog: [off] });
    const { isBlocked, blockedAt, marketingStopped } = withConsentOf(contact(), other, at(30));
    assert.deepEqual(
      { isBlocked, blockedAt, marketingStopped },
      { isBlocked: true, blockedAt: at(5), marketingStopped: true },
    );
  });
});
