import assert from 'node:assert/strict';
import fc from 'fast-check';
import { admitBody } from '../../../src/webhooks/admission.ts';
import { always, maxLinks, maxQuotes, whoeverIsQuoted } from '../../../src/webhooks/holds.ts';
import type { Hold } from '../../../src/webhooks/model.ts';
import { measureBody } from '../../../src/webhooks/body-bounds.ts';
import { namedIn } from '../../../src/webhooks/names.ts';
import { manyPersons, personKeyOf } from '../../../src/webhooks/persons.ts';
import { storedBytesOf } from '../../../src/webhooks/stored-bytes.ts';
import { openWebhookBody, type WebhookItem } from '../../../src/whatsapp/events.ts';
import { senderOf } from '../../../src/whatsapp/identity.ts';
import { changeOf, envelopeOf, statusesOf } from '../../support/meta.ts';

/** A person by all names. */
interface Person {
  readonly number: string;
  readonly userId: string;
  readonly parentId: string;
}
const people = Array.from({ length: 4 }, (_, index): Person => ({
  number: `4915155500${index}0`,
  userId: `DE.user${index}`,
  parentId: `DE.ENT.parent${index}`,
}));
const business = '15550001000';
const newIdOf = ({ userId }: Person) => `${userId}new`;
const idsOf = (person: Person) => [person.number, person.userId, person.parentId, newIdOf(person)];

/** Choices that fast-check makes, and can shrink. */
class Choices {
  private readonly given: readonly number[];
  private next = 0;
  constructor(given: readonly number[]) {
    this.given = given;
  }
  below(count: number): number {
    const choice = this.given[this.next] ?? 0;
    this.next += 1;
    return choice % count;
  }
  of<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }
  /** Some of the fields, at least one, in any order. */
  some(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const all = this.shuffled(Object.entries(fields));
    return Object.fromEntries(all.slice(0, 1 + this.below(all.length)));
  }
  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list];
    return list.flatMap(() => rest.splice(this.below(rest.length), 1));
  }
  times<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }
}
const choices = fc.array(fc.nat({ max: 10_000 }), { maxLength: 160, minLength: 40 });

/** Writes JSON with any order of fields, any white space, and any escapes in texts; also in names if `escapesNames`. */
function write(value: unknown, pick: Choices, escapesNames: boolean): string {
  const space = () => pick.of(['', '', '', ' ', '\n\t', ' '.repeat(12)] as const);
  const text = (given: string) =>
    pick.below(6) === 0
      ? `"${given.replaceAll(/./gs, (one) => (pick.below(4) === 0 ? `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}` : JSON.stringify(one).slice(1, -1)))}"`
      : JSON.stringify(given);
  const written = (): string => {
    if (Array.isArray(value)) return `[${value.map((one) => write(one, pick, escapesNames)).join(',')}]`;
    if (typeof value === 'object' && value !== null) {
      const fields = pick.shuffled(Object.entries(value)).filter(([, inner]) => inner !== undefined);
      return `{${fields.map(([name, inner]) => `${space()}${escapesNames ? text(name) : JSON.stringify(name)}${space()}:${write(inner, pick, escapesNames)}`).join(',')}}`;
    }
    if (typeof value === 'string' && /^\d+$/.test(value) && pick.below(6) === 0) return value;
    return typeof value === 'string' ? text(value) : JSON.stringify(value);
  };
  return `${space()}${written()}${space()}`;
}

const spelling = (pick: Choices, number: string) =>
  pick.of([number, number, `+${number}`, ` +49 ${number.slice(2)}`] as const);
const timestamp = '1795430000';
const quoted = 'wamid.quoted';

/** One part of a body about these persons, as Meta sends it. */
const parts = {
  statuses: (pick: Choices, { number, userId, parentId }: Person) =>
    pick.some({
      recipient_id: spelling(pick, number),
      recipient_user_id: userId,
      parent_recipient_user_id: parentId,
    }),
  contacts: (pick: Choices, { number, userId, parentId }: Person) => ({
    profile: { name: '"wa_id":"1234567"' },
    ...pick.some({ wa_id: spelling(pick, number), user_id: userId, parent_user_id: parentId }),
  }),
  updates: (pick: Choices, person: Person) => ({
    ...pick.some({ wa_id: spelling(pick, person.number), detail: 'x' }),
    user_id: pick.some({ previous: person.userId, current: newIdOf(person) }),
    timestamp,
  }),
  echoes: (pick: Choices, { number, userId }: Person) => ({
    ...{ from: business, id: 'wamid.e', timestamp, type: 'text', text: { body: 'from +491511111111' } },
    ...pick.some({ to: spelling(pick, number), to_user_id: userId }),
  }),
  threads: (pick: Choices, { number, userId }: Person) => ({
    id: pick.of([number, userId]),
    context: pick.some({ wa_id: number, user_id: userId }),
    messages: [
      { id: 'wamid.h', from: number, to: business, timestamp, type: 'text', text: { body: 'Hello' } },
    ],
  }),
  messages: (pick: Choices, person: Person) => ({
    ...{ id: 'wamid.m', timestamp, type: 'text', text: { body: 'STOP' } },
    ...pick.some({
      from: spelling(pick, person.number),
      from_user_id: person.userId,
      from_parent_user_id: person.parentId,
    }),
    ...(pick.below(2) === 0 ? {} : { context: { from: business, id: quoted } }),
    ...(pick.below(3) > 0
      ? {}
      : {
          type: 'system',
          system: {
            type: pick.of([
              'user_changed_number',
              'user_changed_user_id',
              'customer_identity_changed',
            ] as const),
            body: `User changed from ${person.number} to 4915155509`,
            ...pick.some({ wa_id: '4915155509', user_id: newIdOf(person), customer: person.number }),
          },
        }),
  }),
};

/** A body whose contacts are of the same person as the items beside them, or of any. */
interface BodyKind {
  readonly isUrgent: boolean;
  readonly isOfOne: boolean;
  readonly escapesNames: boolean;
}
function bodyOf(pick: Choices, { isUrgent, isOfOne, escapesNames }: BodyKind): string {
  const somebody = (): Person => people[pick.below(people.length)] as Person;
  const one = somebody();
  const person = () => (isOfOne ? one : somebody());
  const many = (part: keyof typeof parts) => pick.times(2, () => parts[part](pick, person()));
  const status = () => ({ id: 'wamid.s', status: 'read', timestamp, ...parts.statuses(pick, person()) });
  const values: Record<string, () => object> = {
    messages: () => ({
      contacts: many('contacts'),
      ...(isUrgent ? { messages: many('messages') } : {}),
      statuses: pick.times(2, status),
    }),
    user_id_update: () => ({ contacts: many('contacts'), user_id_update: many('updates') }),
    smb_message_echoes: () => ({ contacts: many('contacts'), message_echoes: many('echoes') }),
    ...(isUrgent || isOfOne
      ? {}
      : { history: () => ({ history: [{ metadata: { phase: 0 }, threads: many('threads') }] }) }),
  };
  const fields = Object.keys(values) as [string, ...string[]];
  const changes = pick.times(3, () => {
    const field = pick.of(fields);
    return { ...changeOf('42', values[field]?.() ?? {}), field };
  });
  const urgent = { ...changeOf('42', values['messages']?.() ?? {}) };
  return write(envelopeOf(...changes, ...(isUrgent ? [urgent] : [])), pick, escapesNames);
}

/** The names that the product takes for those of one person, when it reads the item. */
function readNames(item: WebhookItem): readonly string[] {
  const named = (person: object | null | undefined) =>
    Object.entries(person ?? {}).flatMap(([field, id]) =>
      ['whatsappId', 'businessScopedUserId', 'parentUserId', 'waId', 'userId'].includes(field)
        ? [String(id)]
        : [],
    );
  if (item.kind === 'status') return named(item.recipient);
  if (item.kind === 'identity') return [...named(item.from), ...named(item.to)];
  if (item.kind === 'echo') return named(item.to);
  if (item.kind === 'history' || item.kind === 'preference') return named(item.person);
  if (item.kind !== 'message') return [];
  const { identityChange: change } = item;
  return [...named(senderOf(item)), ...named(change?.from), ...named(change?.to)];
}

const isHeld = (holds: readonly Hold[], known: readonly string[]): boolean =>
  holds.some(
    ({ person, unless }) => person === manyPersons || (known.includes(person) && !known.includes(unless)),
  );
const holdsOf = (body: string) => admitBody(body).fields.holds ?? [];

function subsetsOf<T>(all: readonly T[]): T[][] {
  const [first, ...rest] = all;
  if (first === undefined) return [[]];
  const others = subsetsOf(rest);
  return [...others, ...others.map((subset) => [first, ...subset])];
}

describe('webhook event › holds', () => {
  for (const escapesNames of [false, true])
    it(`any body without messages${escapesNames ? ', its names with escapes' : ''} › whoever knows some names of a person, and not all that are read from it, is held`, () => {
      fc.assert(
        fc.property(choices, (given) => {
          const body = bodyOf(new Choices(given), { isUrgent: false, isOfOne: false, escapesNames });
          const holds = holdsOf(body);
          for (const item of openWebhookBody(body).flatMap((read) => [...read()])) {
            const keys = [...new Set(readNames(item).map(personKeyOf))];
            for (const known of subsetsOf(keys))
              if (known.length > 0 && known.length < keys.length)
                assert.ok(isHeld(holds, known), `${JSON.stringify(readNames(item))} in ${body}`);
          }
        }),
        { numRuns: 600 },
      );
    });

  it('any body without messages, about one person › whoever knows all names of the person is not held', () => {
    fc.assert(
      fc.property(choices, (given) => {
        const body = bodyOf(new Choices(given), { isUrgent: false, isOfOne: true, escapesNames: false });
        const holds = holdsOf(body);
        for (const person of people)
          assert.ok(!isHeld(holds, idsOf(person).map(personKeyOf)), `${JSON.stringify(holds)} in ${body}`);
      }),
      { numRuns: 400 },
    );
  });

  it('any body with messages › whoever has a name that is read from it is held; whom it quotes, unless a number wrote it', () => {
    fc.assert(
      fc.property(choices, (given) => {
        const kind = { isUrgent: true, isOfOne: false, escapesNames: given.length % 2 === 0 };
        const body = bodyOf(new Choices(given), kind);
        const { holds = [], quotes = [] } = admitBody(body).fields;
        const isAnyone = holds.some(({ person }) => person === manyPersons);
        for (const item of openWebhookBody(body).flatMap((read) => [...read()])) {
          for (const name of readNames(item))
            assert.ok(isHeld(holds, [personKeyOf(name)]), `${name} in ${body}`);
          if (isAnyone || item.kind !== 'message' || item.contextId === undefined || item.from !== undefined)
            continue;
          assert.deepEqual(quotes, [quoted], body);
          assert.ok(holds.some(({ person }) => person === whoeverIsQuoted));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('what a person writes › links nobody, and quotes nothing', () => {
    const texts = fc.constantFrom(
      '"user_id":"DE.1"',
      String.raw`\",\"wa_id\":\"4915155500009`,
      '"context":{"id":"1"}',
      '}]',
    );
    fc.assert(
      fc.property(texts, fc.string(), (said, more) => {
        const status = {
          id: 'wamid.1',
          recipient_id: '4915155500001',
          text: said + more,
          note: { to: said },
        };
        assert.deepEqual(namedIn(JSON.stringify({ statuses: [{ ...status, to: undefined }] })).quotes, []);
        const { note: _note, ...plain } = status;
        assert.deepEqual(namedIn(JSON.stringify({ statuses: [plain] })).groups, []);
      }),
    );
  });

  it('any damaged body › judged without an error', () => {
    fc.assert(
      fc.property(choices, fc.nat(), (given, at) => {
        const body = bodyOf(new Choices(given), { isUrgent: true, isOfOne: false, escapesNames: true });
        namedIn(body.slice(at % body.length));
        namedIn(body.slice(0, at % body.length));
      }),
    );
  });

  const pairs = (count: number) =>
    statusesOf(
      '42',
      Array.from({ length: count }, (_, index) => ({
        ...{ id: 'wamid.1', status: 'read', recipient_id: `4930${1_000_000 + index}` },
        recipient_user_id: `DE.${index}`,
      })),
    );

  it('one name for each person › holds nobody, and stores nothing', () => {
    const statuses = Array.from({ length: 300 }, (_, index) => ({
      ...{ id: 'wamid.1', status: 'read', recipient_id: `4930${1_000_000 + index}` },
    }));
    const { fields } = admitBody(JSON.stringify(statusesOf('42', statuses)));
    assert.deepEqual([fields.holdsSends, fields.holds, fields.quotes], [undefined, undefined, undefined]);
  });

  it('links › two holds for each pair, each pair once; too many hold anyone', () => {
    const most = JSON.stringify(pairs(maxLinks / 2));
    assert.equal(holdsOf(most).length, maxLinks);
    assert.equal(holdsOf(most.replaceAll('"DE.', '"DE.').replaceAll('DE.1"', 'DE.0"')).length, maxLinks);
    assert.deepEqual(holdsOf(JSON.stringify(pairs(maxLinks / 2 + 1))), [
      { person: manyPersons, unless: always },
    ]);
    const twice = statusesOf(
      '42',
      [...pairs(1).entry, ...pairs(1).entry].flatMap(() => []),
    );
    assert.deepEqual(holdsOf(JSON.stringify(twice)), []);
  });

  it('too many quotes › hold anyone', () => {
    const messages = (count: number) =>
      envelopeOf(
        changeOf('42', {
          messages: Array.from({ length: count }, (_, index) => ({
            ...{ id: `wamid.${index}`, from_user_id: 'DE.1', type: 'text', text: { body: 'STOP' } },
            context: { id: `wamid.q${index}` },
          })),
        }),
      );
    assert.equal(admitBody(JSON.stringify(messages(maxQuotes))).fields.quotes?.length, maxQuotes);
    assert.deepEqual(admitBody(JSON.stringify(messages(maxQuotes + 1))).fields.holds, [
      { person: manyPersons, unless: always },
    ]);
  });

  it('a reaction, and the message in an edit › quote; what a number wrote does not', () => {
    const quotesOf = (fields: object) =>
      admitBody(JSON.stringify(envelopeOf(changeOf('42', { messages: [{ id: 'wamid.1', ...fields }] }))))
        .fields.quotes;
    assert.deepEqual(quotesOf({ from_user_id: 'DE.1', reaction: { message_id: quoted, emoji: '👍' } }), [
      quoted,
    ]);
    const edit = { original_message_id: 'wamid.0', message: { type: 'text', context: { id: quoted } } };
    assert.deepEqual(quotesOf({ from_user_id: 'DE.1', type: 'edit', edit }), [quoted]);
    assert.equal(quotesOf({ from: '4915155500001', context: { id: quoted } }), undefined);
    assert.equal(quotesOf({ from_user_id: 'DE.1', context: { id: 'x'.repeat(513) } }), undefined);
  });

  it('holds › count for what the event takes of the database', () => {
    const body = JSON.stringify(pairs(10));
    const without = storedBytesOf(body.length, measureBody(body).items);
    assert.equal(admitBody(body).storedBytes, without + 20 * 256);
  });
});
