import assert from 'node:assert/strict';
import fc from 'fast-check';
import { spellingsOfPhone } from '../../../src/platform/phone.ts';
import { readPerson, type PersonIdentity } from '../../../src/whatsapp/identity.ts';
import { readShownPerson } from '../../../src/whatsapp/shown-person.ts';

/** Each with another country's two spellings, and one without a second. */
const people = [
  '+5511987654321',
  '+525512345678',
  '+5491112345678',
  '+2290197123456',
  '+24162123456',
  '+15550001111',
];
const spellings = people.flatMap((phone) => spellingsOfPhone(phone).map((spelling) => spelling.slice(1)));
assert.ok(spellings.length >= 11);

const number = fc.option(fc.constantFrom(...spellings, '22521356'), { nil: undefined });
const userId = fc.option(fc.constantFrom('US.1', 'US.2', 'US.ENT.1', spellings[0]), { nil: undefined });
const parentUserId = fc.option(fc.constantFrom('US.ENT.1', 'US.ENT.2'), { nil: undefined });
const entry = fc.record({ wa_id: number, user_id: userId, parent_user_id: parentUserId });
const contact = fc.oneof({ weight: 9, arbitrary: entry }, { weight: 1, arbitrary: fc.constant('no object') });

const numberOf = (person: PersonIdentity | null) => person?.phoneNumber ?? person?.whatsappId;

/** The first entry, with its place as its name, that shares the number, else the user id, else the parent's. */
function expectedName(fields: Parameters<typeof readPerson>[0], contacts: readonly unknown[]) {
  const named = readPerson(fields);
  const entries = contacts.map((given) => {
    const { wa_id, user_id, parent_user_id } = given as Record<string, string | undefined>;
    return readPerson({ number: wa_id, userId: user_id, parentUserId: parent_user_id });
  });
  const kinds = [
    numberOf,
    (person: PersonIdentity | null) => person?.businessScopedUserId,
    (person: PersonIdentity | null) => person?.parentUserId,
  ];
  for (const kind of kinds) {
    const place = entries.findIndex((one) => kind(one) !== undefined && kind(one) === kind(named));
    if (place >= 0) return `entry ${place}`;
  }
  return undefined;
}

const withNames = (contacts: readonly unknown[]) =>
  contacts.map((given, place) =>
    typeof given === 'object' ? { ...given, profile: { name: `entry ${place}` } } : given,
  );

describe('the entry of `contacts` about a person', () => {
  it('any spellings and ids › the first with the same number, else user id, else parent id', () => {
    fc.assert(
      fc.property(
        fc.array(contact, { maxLength: 8 }),
        number,
        userId,
        parentUserId,
        (contacts, ...[a, b, c]) => {
          const fields = { number: a, userId: b, parentUserId: c };
          const shown = readShownPerson(fields, { contacts: withNames(contacts), isAlone: false });
          assert.equal(shown.profileName, expectedName(fields, contacts));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('two hundred numbers that end the same › each is found as it is written', () => {
    const contacts = Array.from({ length: 200 }, (_, index) => ({
      wa_id: `49151${1_000 + index}123456`,
      profile: { name: `entry ${index}` },
    }));
    for (const index of [0, 99, 199])
      assert.equal(
        readShownPerson({ number: contacts[index]?.wa_id }, { contacts, isAlone: false }).profileName,
        `entry ${index}`,
      );
    assert.equal(
      readShownPerson({ number: '4915299123456' }, { contacts, isAlone: false }).profileName,
      undefined,
    );
  });
});
