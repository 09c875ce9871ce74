import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { manyPersons, personKeyOf, personKeysIn } from '../../../src/webhooks/persons.ts';
import { redactBody } from '../../../src/webhooks/redaction.ts';
import { sourceOf, type Addressee } from '../../../src/webhooks/source.ts';
import { accountEvent } from '../../support/provider-events.ts';
import { changeOf, envelopeOf, statusesOf, textOf } from '../../support/meta.ts';

const ana = '+4915155500001';
const ben = '+4915155500002';
const messageOf = (from: string, id: string) => ({ id, from: from.slice(1), timestamp: '1', type: 'text' });

describe('webhook event › persons', () => {
  it('a number in any spelling, and a user id › found by the same key', () => {
    const body = JSON.stringify({
      ...{ wa_id: '4915155500001', from: '+49 151 55500002', recipient_id: '4915155500003' },
      ...{ from_user_id: 'DE.1', recipient_user_id: 'DE.2', user_id: 'DE.3', to: '4915155500004' },
    });
    const named = [ana, ben, '4915155500003', 'DE.1', 'DE.2', 'DE.3', '+4915155500004'];
    assert.deepEqual(personKeysIn(body).toSorted(), named.map(personKeyOf).toSorted());
  });

  it('a damaged body › its persons are found all the same', () => {
    assert.deepEqual(personKeysIn(`{"messages":[{"from":"${ana}"`), [personKeyOf(ana)]);
  });

  it('more persons than are kept › marked', () => {
    const people = Array.from({ length: 101 }, (_, index) => ({ from: `49151${index}` }));
    assert.deepEqual(personKeysIn(JSON.stringify(people)), [manyPersons]);
    assert.equal(personKeysIn(JSON.stringify(people.slice(1))).length, 100);
  });
});

describe('webhook event › redaction', () => {
  const ids = new Set([ana.slice(1)]);

  it('items of several persons › only those of the person go', () => {
    const value = {
      contacts: [{ wa_id: ana.slice(1), profile: { name: 'Ana' } }, { wa_id: ben.slice(1) }],
      messages: [messageOf(ana, 'a'), messageOf(ben, 'b')],
    };
    const rest = { contacts: [{ wa_id: ben.slice(1) }], messages: [messageOf(ben, 'b')] };
    assert.deepEqual(
      JSON.parse(redactBody(JSON.stringify(envelopeOf(changeOf('1', value))), ids) ?? ''),
      envelopeOf(changeOf('1', rest)),
    );
  });

  const gone: readonly [string, string][] = [
    ['nobody else’s items', JSON.stringify(textOf('1', ana, 'Hello', 'wamid.1'))],
    ['a body that is not JSON', '{'],
    ['a bare list', JSON.stringify([{ id: 'a', recipient_id: ana.slice(1) }])],
    ['a value that names the person itself', JSON.stringify({ wa_id: ana, statuses: [{ id: 'a' }] })],
  ];
  for (const [what, body] of gone) {
    it(`${what} › nothing is left`, () => assert.equal(redactBody(body, ids), null));
  }
});

describe('webhook event › source', () => {
  const clientId = new Types.ObjectId();
  const sources: readonly [string, object, Pick<Addressee, 'clientId' | 'isVerified'> | undefined, string][] =
    [
      [
        'an address of a business, whatever it names',
        statusesOf('42', []),
        { clientId, isVerified: true },
        `client:${clientId.toHexString()}`,
      ],
      [
        'the address of an unverified channel',
        statusesOf('42', []),
        { clientId, isVerified: false },
        `unverified:${clientId.toHexString()}`,
      ],
      ['Meta’s address, a number', statusesOf('42', []), undefined, 'number:42'],
      [
        'Meta’s address, one number twice',
        envelopeOf(changeOf('42', {}), changeOf('42', {})),
        undefined,
        'number:42',
      ],
      ['Meta’s address, an account', accountEvent('100', 'account_update', {}), undefined, 'account:100'],
      ['Meta’s address, neither', { statuses: [] }, undefined, 'unnamed'],
    ];
  for (const [what, body, own, source] of sources) {
    it(`${what} › ${source.replace(/:.{24}$/, ':…')}`, () => {
      assert.equal(sourceOf(JSON.stringify(body), own), source);
    });
  }

  it('Meta’s address, several numbers › the same for the same numbers, in any order; another one for others', () => {
    const sourceOfNumbers = (...numbers: readonly string[]) =>
      sourceOf(JSON.stringify(envelopeOf(...numbers.map((number) => changeOf(number, {})))), undefined);
    assert.match(sourceOfNumbers('42', '43'), /^numbers:[0-9a-f]{32}$/);
    assert.equal(sourceOfNumbers('43', '42', '43'), sourceOfNumbers('42', '43'));
    assert.notEqual(sourceOfNumbers('42', '44'), sourceOfNumbers('42', '43'));
  });
});
