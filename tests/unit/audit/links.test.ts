import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { breakOf, type BreakReason, chainStart, sealEvent } from '../../../src/audit/chain/links.ts';
import type { AuditEventDoc } from '../../../src/audit/model.ts';

const idOf = (number: number): Types.ObjectId =>
  Types.ObjectId.createFromHexString(number.toString(16).padStart(24, '0'));

const at = new Date('2026-11-23T09:00:00.000Z');
const clientId = idOf(1);
const ids = fc.nat(50).map(idOf);
const times = fc.date({ noInvalidDate: true });
const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), ids, times);
const values = fc.option(fc.dictionary(fc.string(), value, { maxKeys: 3, noNullPrototype: true }), {
  nil: undefined,
});

const drafted: fc.Arbitrary<AuditEventDoc> = fc
  .record({
    at: times,
    actor: fc.oneof(
      ids.map((userId) => ({ type: 'user' as const, userId })),
      fc.constant({ type: 'system' as const }),
    ),
    action: fc.string(),
    target: fc.record({ type: fc.string(), id: ids }),
    before: values,
    after: values,
  })
  .map(({ before, after, ...fields }) => ({
    ...{ _id: idOf(1_000), clientId, ...fields },
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  }));

const drafts = fc.array(drafted, { minLength: 1, maxLength: 8 });

function sealAll(events: readonly AuditEventDoc[]): AuditEventDoc[] {
  let end = chainStart;
  return events.map((event, index) => {
    const sealed = sealEvent(event, end, { at, salt: `salt ${index}` });
    end = { seq: sealed.seq, hash: sealed.seal.hash };
    return sealed;
  });
}

/** The place of the first event that is not the next link, and why. */
function firstBreakIn(events: readonly AuditEventDoc[]): { index: number; reason: BreakReason } | null {
  let end = chainStart;
  for (const [index, event] of events.entries()) {
    const reason = breakOf(event, end);
    if (reason !== null) return { index, reason };
    end = { seq: end.seq + 1, hash: event.seal?.hash ?? '' };
  }
  return null;
}

const erased = ({ before: _before, after: _after, seal, ...event }: AuditEventDoc): AuditEventDoc => {
  assert.ok(seal);
  const { salt: _salt, ...kept } = seal;
  return { ...event, seal: kept, erasedAt: new Date(0) };
};

/** Each changes one field, at whatever depth, into something else. */
const changes: Readonly<Record<string, (event: AuditEventDoc) => object>> = {
  _id: () => ({ _id: idOf(7) }),
  clientId: () => ({ clientId: idOf(7) }),
  at: (event) => ({ at: new Date(event.at.getTime() === 0 ? 1 : 0) }),
  'at as text': (event) => ({ at: event.at.toJSON() }),
  actor: () => ({ actor: { type: 'user', userId: idOf(99) } }),
  action: (event) => ({ action: `${event.action}!` }),
  'target.type': (event) => ({ target: { ...event.target, type: `${event.target.type}!` } }),
  'target.id': (event) => ({ target: { ...event.target, id: idOf(99) } }),
  'target.id as text': (event) => ({ target: { ...event.target, id: event.target.id.toHexString() } }),
  before: (event) => ({ before: { ...event.before, more: true } }),
  after: (event) => ({ after: { ...event.after, more: true } }),
  'a field of its own': () => ({ note: 'added' }),
  seq: ({ seq = 0 }) => ({ seq: seq + 1 }),
  'seq taken away': () => ({ seq: undefined }),
  'seal taken away': () => ({ seal: undefined }),
  'seal as text': () => ({ seal: 'sealed' }),
  'seal.version': ({ seal }) => ({ seal: { ...seal, version: 2 } }),
  'seal.at': ({ seal }) => ({ seal: { ...seal, at: new Date(5) } }),
  'seal.hash': ({ seal }) => ({ seal: { ...seal, hash: 'f'.repeat(64) } }),
  'seal.previousHash': ({ seal }) => ({ seal: { ...seal, previousHash: 'f'.repeat(64) } }),
  'seal.payloadDigest': ({ seal }) => ({ seal: { ...seal, payloadDigest: 'f'.repeat(64) } }),
  'seal.salt': ({ seal }) => ({ seal: { ...seal, salt: 'another' } }),
  'seal.salt as number': ({ seal }) => ({ seal: { ...seal, salt: 7 } }),
  'a field of its own in the seal': ({ seal }) => ({ seal: { ...seal, note: 'added' } }),
  'erasedAt without an erasure': () => ({ erasedAt: new Date() }),
};

/** Somebody with access to the database may store anything, also what the type does not allow. */
const changed = (event: AuditEventDoc, change: object): AuditEventDoc =>
  ({ ...event, ...change }) as unknown as AuditEventDoc;

describe('chain of audit events', () => {
  it('any events › a chain that verifies', () => {
    fc.assert(fc.property(drafts, (events) => assert.equal(firstBreakIn(sealAll(events)), null)));
  });

  for (const [name, change] of Object.entries(changes)) {
    it(`${name} of any event › changed › that event is named, as the first`, () => {
      fc.assert(
        fc.property(drafts, fc.nat(), (events, choice) => {
          const sealed = sealAll(events);
          const index = choice % sealed.length;
          const broken = sealed.map((event, at) => (at === index ? changed(event, change(event)) : event));
          assert.equal(firstBreakIn(broken)?.index, index);
        }),
      );
    });
  }

  it('any event › removed, doubled or exchanged with its neighbour › the break is found there', () => {
    fc.assert(
      fc.property(drafts, fc.nat(), (events, choice) => {
        const sealed = sealAll([...events, ...events]);
        const index = choice % (sealed.length - 1);
        const [event, next] = sealed.slice(index, index + 2);
        assert.ok(event && next);
        for (const instead of [[next], [event, event, next], [next, event]]) {
          const broken = sealed.toSpliced(index, 2, ...instead);
          assert.ok([index, index + 1].includes(firstBreakIn(broken)?.index ?? -1));
        }
      }),
    );
  });

  it('a rewritten event with a fitting hash › the next one shows it', () => {
    const sealed = sealAll([draft(1), draft(2), draft(3)]);
    const rewritten = sealAll([draft(1), { ...draft(2), action: 'lead.deleted' }])[1];
    assert.ok(rewritten);
    assert.deepEqual(firstBreakIn(sealed.with(1, rewritten)), { index: 2, reason: 'previous-hash' });
  });

  it('values of any events › erased › the chain still verifies; put back, they are not believed', () => {
    fc.assert(
      fc.property(drafts, fc.array(fc.nat(), { minLength: 1 }), (events, choices) => {
        const sealed = sealAll(events);
        const chosen = new Set(choices.map((choice) => choice % sealed.length));
        const rest = sealed.map((event, index) => (chosen.has(index) ? erased(event) : event));
        assert.equal(firstBreakIn(rest), null);
        const [index = 0] = chosen;
        const again = rest.map((event, at) => (at === index ? changed(event, { after: { a: 1 } }) : event));
        assert.deepEqual(firstBreakIn(again), { index, reason: 'payload' });
      }),
    );
  });

  it('erased before it is sealed › a link without a salt', () => {
    const { before: _before, after: _after, ...rest } = draft(1);
    const sealed = sealEvent({ ...rest, erasedAt: at }, chainStart, { at, salt: 'salt' });
    assert.equal(sealed.seal.salt, undefined);
    assert.equal(breakOf(sealed, chainStart), null);
  });

  it('the same event › in every process and version › has the same hash', () => {
    const [sealed] = sealAll([draft(1)]);
    assert.deepEqual(sealed?.seal, {
      version: 1,
      at,
      previousHash: '0'.repeat(64),
      hash: '1be813c746e5418a2aa89ec739e4f4afe4e5924effeb470e601aea8f94701204',
      payloadDigest: '5e43402da6f7a88e28debc829ab07bbf15ac973d9cf519c8019aafeccaf25780',
      salt: 'salt 0',
    });
  });
});

const draft = (number: number): AuditEventDoc => ({
  _id: idOf(number),
  clientId,
  at: new Date('2026-11-23T08:00:00.000Z'),
  actor: { type: 'user', userId: idOf(3) },
  action: 'lead.updated',
  target: { type: 'lead', id: idOf(4) },
  before: { stage: 'new', since: new Date(0) },
  after: { stage: 'won', since: null, '10': 1, '9': 2 },
});
