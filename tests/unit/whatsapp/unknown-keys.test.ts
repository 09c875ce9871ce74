import assert from 'node:assert/strict';
import { parseWebhookBody, type WebhookItem } from '../../../src/whatsapp/events.ts';
import { readContent } from '../../../src/whatsapp/inbound-content.ts';
import { readUnknownKeys } from '../../../src/whatsapp/unknown-keys.ts';
import { bodiesOf, loadCorpus } from '../../support/corpus/cases.ts';
import {
  isAmong,
  isShown,
  type Leaf,
  leavesOfBody,
  readHiddenPaths,
  shownIn,
} from '../../support/corpus/leaves.ts';
import { withOneStrangeObject } from '../../support/corpus/strange.ts';

const envelope = (field: string, value: unknown, around: object = {}) => ({
  object: 'whatsapp_business_account',
  entry: [{ id: 'waba', changes: [{ field, value }], ...around }],
});

const reportsOf = (body: unknown) => [...readUnknownKeys(body)];
const detailsOf = (body: unknown) => reportsOf(body).flatMap(({ details }) => details);
const contactsWith = (...contacts: object[]) => envelope('messages', { contacts });

/** The single item of a body. */
function only(body: unknown): WebhookItem {
  const [item, ...others] = parseWebhookBody(JSON.stringify(body));
  assert.ok(item !== undefined && others.length === 0);
  return item;
}

describe('unknown keys', () => {
  it('nothing unknown, or nothing in it › no report', () => {
    for (const body of [
      null,
      [],
      7,
      {},
      { hello: 'world' },
      { entry: 7 },
      { entry: [null, { changes: 7 }, { changes: [null, { field: 'messages', value: 'x' }] }] },
      envelope('messages', {
        metadata: { phone_number_id: '1' },
        messages: [{ any: 'key' }],
        new: null,
        more: '',
        lists: [],
        objects: {},
      }),
      envelope('a_field_of_tomorrow', { any: 'key' }),
      envelope('user_id_update', [{ user_id: { previous: 'a', current: 'b' }, parent_user_id: 'c' }]),
      { messages: [{ any: 'key' }] },
    ])
      assert.deepEqual(reportsOf(body), [], JSON.stringify(body));
  });

  it('each place › its path and value', () => {
    const [report] = reportsOf(
      envelope(
        'messages',
        { metadata: { phone_number_id: '1', a: 1 }, polls: [{ b: 'x' }] },
        { time: 1e9, c: 2 },
      ),
    );
    assert.deepEqual(report?.details, [
      { name: 'metadata.a', value: '1' },
      { name: 'polls[0].b', value: 'x' },
      { name: 'body.entry[0].c', value: '2' },
    ]);
    assert.deepEqual(
      [report.phoneNumberId, report.wabaId, report.atMs, report.field, report.word, report.severity],
      ['1', 'waba', 1e12, 'messages', null, 'info'],
    );
    assert.deepEqual(report.unknownKeys, ['body.entry[].c', 'metadata.a', 'polls']);
  });

  const zeros: readonly number[] = Array.from({ length: 149_000 }, () => 0);
  const long: readonly (readonly [string, object])[] = [
    ['a list under an unknown key', { x: zeros }],
    ['a list where objects belong', { contacts: zeros }],
  ];
  for (const [what, value] of long)
    it(`${what}, as long as a body may be › the first values, and how many are left out`, () => {
      const [report, ...others] = reportsOf(envelope('messages', value));
      assert.equal(others.length, 0);
      const shown = report?.details ?? [];
      const cut = shown.at(-1);
      assert.deepEqual(cut, { name: '…', value: String(zeros.length - (shown.length - 1)) });
    });

  it('a value without an envelope, and a bare list of changed ids › the same', () => {
    assert.deepEqual(detailsOf({ messages: [], a: 1 }), [{ name: 'a', value: '1' }]);
    assert.deepEqual(detailsOf(envelope('user_id_update', [{ a: 1 }])), [
      { name: 'user_id_update[0].a', value: '1' },
    ]);
  });

  it('the same names with other values or in more items › the same report', () => {
    const [one] = reportsOf(contactsWith({ a: 1 }));
    const [other] = reportsOf(contactsWith({ a: 2 }, { a: 3 }));
    const [third] = reportsOf(contactsWith({ a: 1, b: 1 }));
    assert.equal(one?.key, other?.key);
    assert.notEqual(one?.key, third?.key);
    const twice = { entry: [contactsWith({ a: 1 }), contactsWith({ a: 2 })].flatMap(({ entry }) => entry) };
    assert.equal(reportsOf(twice).length, 1);
  });

  it('ten thousand contacts with long values › a bounded report', () => {
    const [report] = reportsOf(
      contactsWith(...Array.from({ length: 10_000 }, (_, index) => ({ [`k${index}`]: 'x'.repeat(1_000) }))),
    );
    assert.equal(report?.details.length, 49);
    assert.deepEqual(report.details.at(-1), { name: '…', value: '9952' });
    assert.ok(report.details.every(({ value }) => value.length <= 512));
    assert.equal(report.unknownKeys?.length, 48);
  });

  it('texts like phone numbers › masked; times and numbers are not', () => {
    assert.deepEqual(
      detailsOf(contactsWith({ a: '4915112345678', b: '1764147600', c: 17641476001 })).map(
        ({ value }) => value,
      ),
      ['…78', '1764147600', '17641476001'],
    );
  });

  it('lists in lists › the end of what is known', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 5_000; level += 1) deep = [deep];
    assert.equal(reportsOf(envelope('messages', { contacts: deep })).length, 1);
  });

  it('of a receipt and a call › in the item, at most 16 values', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, 'x']));
    const status = { id: 'w', status: 'sent', timestamp: '1763888400' };
    const receipt = only([{ ...status, pricing: { new: 'p' }, errors: [{ code: 1, new: 'e' }] }]);
    assert.ok(receipt.kind === 'status');
    assert.deepEqual(receipt.details?.more, [
      { name: 'pricing.new', value: 'p' },
      { name: 'errors[0].new', value: 'e' },
    ]);
    const full = only([{ ...status, ...many }]);
    assert.ok(full.kind === 'status');
    assert.deepEqual([full.details?.more?.length, full.details?.more?.at(-1)?.value], [17, '4']);
    const told = { id: 'c', event: 'connect', timestamp: '1763888400', from: '15550001111' };
    const call = only(
      envelope('calls', { calls: [{ ...told, cta_payload: 'shop', session: { sdp: 'v=0' } }] }),
    );
    assert.ok(call.kind === 'call');
    assert.deepEqual(call.more, [{ name: 'cta_payload', value: 'shop' }]);
  });

  it('__proto__ › a key like any other', () => {
    const body: unknown = JSON.parse(JSON.stringify(contactsWith({ x: 1 })).replace('"x"', '"__proto__"'));
    assert.deepEqual(detailsOf(body), [{ name: 'contacts[0].__proto__', value: '1' }]);
  });
});

describe('unknown keys in the corpus', () => {
  /** The values of an item, without the message as it came, which is not stored. */
  const shownOf = (items: readonly WebhookItem[]) =>
    shownIn(JSON.parse(JSON.stringify(items, (key, value: unknown) => (key === 'raw' ? undefined : value))));

  const ids = { phoneNumberId: '1000', wabaId: 'waba', run: 'run', now: 1_763_888_400 };
  const full = loadCorpus().filter(({ isFull, isGarbage }) => isFull && !isGarbage);
  const bodies = full.flatMap((payload, index) =>
    bodiesOf(payload, { ...ids, index }).map((body) => ({ name: payload.name, body })),
  );
  const hidden = readHiddenPaths();
  const isStrange = ({ path, value }: Leaf) =>
    path.endsWith('_json') || /^(value|proto) x_\d+$/.test(String(value));

  it('in any one object of any case › in an item', () => {
    const changed = bodies.flatMap(({ name, body }) =>
      [...withOneStrangeObject(body, 'x')].map((strange) => ({ name, strange })),
    );
    assert.ok(changed.length > 800, String(changed.length));
    const silent = changed.flatMap(({ name, strange }) => {
      const shown = shownOf(parseWebhookBody(strange));
      return leavesOfBody(strange)
        .filter((leaf) => isStrange(leaf) && !isAmong(leaf.path, hidden) && !isShown(leaf, shown))
        .map(({ path }) => `${name}: ${path}`);
    });
    assert.deepEqual(silent, []);
  });
});

describe('answers of a flow', () => {
  const replyTo = (json: string) =>
    readContent('interactive', {
      interactive: { type: 'nfm_reply', nfm_reply: { name: 'flow', response_json: json } },
    }).reply;

  it('keys that cannot be stored or read safely, at any depth › kept as text', () => {
    for (const key of ['__proto__', '_bsontype', '$ref', '$', String.raw`a\u0000`]) {
      for (const json of [`{"${key}":1}`, `{"a":[{"${key}":1}]}`]) {
        assert.equal(replyTo(json)?.responseText, json);
        assert.equal(replyTo(json)?.response, undefined);
      }
    }
  });

  it('any other key › kept as an object', () => {
    const answers = { constructor: 1, prototype: 2, 'a.b': 3, '': 4, a$: 5, toString: 6 };
    assert.deepEqual(replyTo(JSON.stringify(answers))?.response, answers);
  });
});
