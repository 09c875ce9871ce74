import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { admitBody } from '../../../src/webhooks/admission.ts';
import { manyPersons, personKeyOf, personKeysIn } from '../../../src/webhooks/persons.ts';
import { redactBody } from '../../../src/webhooks/redaction.ts';
import { readPerson } from '../../../src/whatsapp/identity.ts';
import { ownEventsOf, sourceOf, type Addressee } from '../../../src/webhooks/source.ts';
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

describe('webhook event › unread', () => {
  const digits = fc.stringMatching(/^49151[1-9]\d{7}$/);
  const userId = fc.stringMatching(/^DE\.[A-Za-z0-9]{6,12}$/);
  /** The ways in which a body may write one text. */
  const wire = fc.constantFrom<(text: string) => string>(
    (text) => JSON.stringify(text),
    (text) => `"${text.replaceAll(/[0-9]/g, (digit) => `\\u003${digit}`)}"`,
    (text) => (/^\d+$/.test(text) ? text : JSON.stringify(text)),
    (text) => JSON.stringify(` ${text}`.padEnd(200)),
  );
  const spelling = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => `+${text}`,
    (text) => `+${text.slice(0, 2)} (${text.slice(2, 5)}) ${text.slice(5)}`,
    (text) => `\u200e+${text}`,
  );
  const spaces = fc.stringMatching(/^[ \n\t]{0,14}$/);
  const numberFields = fc.constantFrom('from', 'wa_id');
  const idFields = fc.constantFrom('from_user_id', 'user_id', 'from_parent_user_id', 'parent_user_id');

  it('a person in any field and spelling › whoever is read from the body is among its keys, or it names anyone', () => {
    const named = fc.oneof(
      fc.record({ id: digits, field: numberFields, spell: spelling }),
      fc.record({ id: userId, field: idFields, spell: fc.constant((text: string) => text) }),
    );
    fc.assert(
      fc.property(named, wire, spaces, spaces, ({ id, field, spell }, write, before, after) => {
        const body = `{"messages":[{"${field}"${before}:${after}${write(spell(id))}}]}`;
        const value: unknown = (JSON.parse(body) as { messages: Record<string, unknown>[] }).messages[0]?.[
          field
        ];
        const person = readPerson(field.endsWith('user_id') ? { userId: value } : { number: value });
        // A value that names no person cannot opt anybody out.
        if (person === null) return;
        const keys = personKeysIn(body);
        assert.ok(keys.includes(personKeyOf(id)) || keys.includes(manyPersons), `${body}: ${keys.join()}`);
      }),
    );
  });

  it('what a person writes › names nobody, whatever it looks like', () => {
    const text = fc.constantFrom(
      '"from":1',
      '"wa_id":"4915155500009"',
      String.raw`\"from\":\"1`,
      '"to":-1',
      'STOP',
    );
    fc.assert(
      fc.property(text, fc.string(), (said, more) => {
        const body = JSON.stringify({ messages: [{ from: ana, text: { body: said + more } }] });
        assert.deepEqual(personKeysIn(body), [personKeyOf(ana)]);
      }),
    );
  });

  it('a business › its own addresses, and the numbers and accounts that it has proved, in small and large bodies', () => {
    const clientId = new Types.ObjectId();
    const own = ownEventsOf(clientId, [
      { phoneNumberId: '42', wabaId: '100' },
      { phoneNumberId: '43', wabaId: '100' },
    ]);
    const id = clientId.toHexString();
    const small = [`client:${id}`, `unverified:${id}`, 'number:42', 'number:43', 'account:100'];
    assert.deepEqual(
      own.sources.toSorted(),
      small.flatMap((source) => [source, `large:${source}`]).toSorted(),
    );
    assert.deepEqual(own.numbers, ['42', '43']);
  });

  it('any body › marked until it is read only if it is urgent; several numbers are kept by Meta’s address alone', () => {
    const stop = textOf('42', ana, 'STOP', 'wamid.1');
    const both = JSON.stringify({
      ...stop,
      entry: [...stop.entry, ...textOf('43', ben, 'Hi', 'wamid.2').entry],
    });
    const own = { clientId: new Types.ObjectId(), isVerified: true };
    const marksOf = (body: string, addressee?: typeof own) => {
      const { holdsSends, numbers } = admitBody(body, addressee).fields;
      return { holdsSends, numbers };
    };
    assert.deepEqual(marksOf(JSON.stringify(stop)), { holdsSends: true, numbers: undefined });
    assert.deepEqual(marksOf(both), { holdsSends: true, numbers: ['42', '43'] });
    assert.deepEqual(marksOf(both, own), { holdsSends: true, numbers: undefined });
    assert.deepEqual(marksOf(JSON.stringify(statusesOf('42', []))), {
      holdsSends: undefined,
      numbers: undefined,
    });
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
