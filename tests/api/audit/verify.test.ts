import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { mongo } from 'mongoose';
import { auditAnchorModel, auditChainModel } from '../../../src/audit/chain/model.ts';
import { auditEventModel } from '../../../src/audit/model.ts';
import { readCommand, runCommand } from '../../../src/audit/chain/commands.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { newId } from '../../../src/platform/ids.ts';
import { type ClientScope, scopeOf } from '../../../src/platform/mongo.ts';
import { createChainStage, type ChainStage } from '../../support/audit-chain.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';

const hourMs = 60 * 60 * 1_000;

/** What somebody with access to the database may do to one event. */
const tampering: readonly (readonly [string, mongo.UpdateFilter<mongo.Document>])[] = [
  ['the client', { $set: { clientId: newId() } }],
  ['the time', { $set: { at: new Date(0) } }],
  ['the time as text', [{ $set: { at: { $toString: '$at' } } }] as mongo.UpdateFilter<mongo.Document>],
  ['the actor', { $set: { 'actor.userId': newId() } }],
  ['the kind of actor', { $set: { actor: { type: 'system' } } }],
  ['the action', { $set: { action: 'lead.deleted' } }],
  ['the kind of object', { $set: { 'target.type': 'contact' } }],
  ['the object', { $set: { 'target.id': newId() } }],
  ['a value before', { $set: { 'before.stage': 'won' } }],
  ['a value after', { $set: { 'after.stage': 'lost' } }],
  ['the values after, removed', { $unset: { after: '' } }],
  ['a field of its own', { $set: { note: 'added' } }],
  ['the number', { $inc: { seq: 1_000_000 } }],
  ['the number, removed', { $unset: { seq: '' } }],
  ['the seal, removed', { $unset: { seal: '' } }],
  ['the time of the seal', { $set: { 'seal.at': new Date(0) } }],
  ['the hash', { $set: { 'seal.hash': 'f'.repeat(64) } }],
  ['the hash before', { $set: { 'seal.previousHash': 'f'.repeat(64) } }],
  ['the digest', { $set: { 'seal.payloadDigest': 'f'.repeat(64) } }],
  ['the salt', { $set: { 'seal.salt': 'another' } }],
  ['an erasure that never was', { $set: { erasedAt: new Date() } }],
];

describe('verification of audit events', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let stage: ChainStage;
  let now = new Date('2026-11-23T09:00:00.000Z');
  const clock: Clock = { now: () => now };
  before(async () => {
    const models = [auditEventModel, auditChainModel, auditAnchorModel];
    database = await connectTestDatabase('audit_verify', models);
    stage = createChainStage(database.connection, { clock });
  });
  after(() => database.close());
  afterEach(async () => {
    for (const name of ['audit_events', 'audit_chains', 'audit_anchors'])
      await collection(name).deleteMany({});
  });
  const collection = (name: string) => database.connection.collection(name);

  async function sealed(count: number): Promise<ClientScope> {
    const scope = scopeOf(newId());
    await stage.record(scope, count);
    await stage.sealAll();
    return scope;
  }

  const hashAt = async (scope: ClientScope, seq: number): Promise<string> =>
    (await stage.chains.findSealed(scope, seq))?.seal?.hash ?? assert.fail('not sealed');

  const breakOf = async (scope: ClientScope, after = 0) => (await stage.verify(scope, after)).firstBreak;

  for (const [what, update] of tampering) {
    it(`${what} of any event › changed in the database › its number is the first break`, async () => {
      const count = 6;
      const scope = await sealed(count);
      const rows = await stage.sealedOf(scope);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: count }), async (seq) => {
          const row = rows[seq - 1];
          assert.ok(row);
          await stage.events.updateOne({ _id: row._id }, update);
          assert.equal((await breakOf(scope))?.seq, seq);
          await stage.events.replaceOne({ _id: row._id }, row);
          assert.equal(await breakOf(scope), null);
        }),
        { numRuns: 6 },
      );
    });
  }

  it('an event › deleted, or sealed again after its number was taken away › missing at its number', async () => {
    const scope = await sealed(5);
    await stage.events.updateOne({ ...scope, seq: 2 }, { $unset: { seq: '' } });
    await stage.sealAll();
    assert.equal((await stage.sealedOf(scope)).length, 5);
    assert.deepEqual(await breakOf(scope), { seq: 2, reason: 'missing' });
    const other = await sealed(5);
    await stage.events.deleteOne({ ...other, seq: 4 });
    assert.deepEqual(await breakOf(other), { seq: 4, reason: 'missing' });
  });

  it('no events, and events that are not sealed yet › a chain that is whole', async () => {
    const scope = scopeOf(newId());
    const none = {
      ...{ checked: 0, erased: 0, anchorsChecked: 0, anchorsOfOtherKeys: 0, sealedUpTo: 0 },
      ...{ firstBreak: null, nextAfter: null },
    };
    assert.deepEqual(await stage.verify(scope), none);
    await stage.record(scope, 2);
    assert.deepEqual(await stage.verify(scope), none);
    assert.deepEqual(await stage.verify(scope, 1_000), none);
  });

  it('values of an object › erased › gone for good, recorded, and the chain still verifies', async () => {
    const [scope, target] = [scopeOf(newId()), newId()];
    await stage.record(scope, 3, target);
    await stage.record(scope, 2);
    await stage.sealAll();
    assert.equal(await stage.erasure.erase(scope, { type: 'system' }, target), 3);
    await stage.sealAll();
    const rows = await stage.events.find({ ...scope, 'target.id': target, action: 'lead.updated' }).toArray();
    for (const row of rows) {
      assert.deepEqual(
        [row['before'], row['after'], (row['seal'] as { salt?: string }).salt, row['erasedAt']],
        [undefined, undefined, undefined, now],
      );
    }
    const { checked, erased, firstBreak } = await stage.verify(scope);
    assert.deepEqual({ checked, erased, firstBreak }, { checked: 6, erased: 3, firstBreak: null });
    const record = await stage.events.findOne({ ...scope, action: 'audit-event.erased' });
    assert.deepEqual([record?.['target'], record?.['after']], [{ type: 'lead', id: target }, { events: 3 }]);
    assert.equal(await stage.erasure.erase(scope, { type: 'system' }, target), 0);
    await stage.events.updateOne({ ...scope, seq: 1 }, { $set: { after: { stage: 'won' } } });
    assert.deepEqual(await breakOf(scope), { seq: 1, reason: 'payload' });
  });

  it('more events than one request compares › parts that go on where the last one ended', async () => {
    const scope = scopeOf(newId());
    const rows = Array.from({ length: 2_150 }, () => ({
      ...{ _id: newId(), ...scope, at: now, actor: { type: 'system' }, action: 'lead.updated' },
      ...{ target: { type: 'lead', id: newId() }, after: { stage: 'won' } },
    }));
    await stage.events.insertMany(rows);
    await stage.sealAll();
    const first = await stage.verify(scope);
    assert.deepEqual([first.checked, first.firstBreak, first.nextAfter], [2_000, null, 2_000]);
    const second = await stage.verify(scope, 2_000);
    assert.deepEqual([second.checked, second.firstBreak, second.nextAfter], [150, null, null]);
    await stage.events.updateOne({ ...scope, seq: 2_100 }, { $set: { action: 'lead.deleted' } });
    assert.deepEqual(await breakOf(scope, 2_000), { seq: 2_100, reason: 'hash' });
  });

  it('an anchor › an hour after the first event, in the log and the database; none while nothing happens', async () => {
    const scope = await sealed(3);
    assert.equal(await stage.anchors.anchorDue(), 0);
    now = new Date(now.getTime() + hourMs);
    assert.equal(await stage.anchors.anchorDue(), 1);
    assert.equal(await stage.anchors.anchorDue(), 0);
    const [anchor] = await collection('audit_anchors').find(scope).toArray();
    assert.equal(anchor?.['seq'], 3);
    const lines = stage.log.lines().filter(({ clientId }) => clientId === scope.clientId.toHexString());
    const { seq, hash, keyId, signature } = anchor;
    assert.deepEqual(
      lines.map((line) => [line['message'], line['seq'], line['hash'], line['keyId'], line['signature']]),
      [['audit chain anchored', seq, hash, keyId, signature]],
    );
    assert.equal((await stage.verify(scope)).anchorsChecked, 1);
    now = new Date(now.getTime() + 5 * hourMs);
    assert.equal(await stage.anchors.anchorDue(), 0);
    await stage.record(scope, 1);
    await stage.sealAll();
    now = new Date(now.getTime() + hourMs);
    assert.equal(await stage.anchors.anchorDue(), 1);
    assert.equal((await stage.verify(scope)).anchorsChecked, 2);
  });

  it('two processes anchor at once, and a chain that grows meanwhile › one anchor, and the next one is due', async () => {
    const scope = await sealed(2);
    now = new Date(now.getTime() + hourMs);
    const [due] = await stage.chains.listDueForAnchorAcrossClients(now, 10);
    await stage.record(scope, 1);
    await stage.sealAll();
    const nextAt = new Date(now.getTime() + hourMs);
    await stage.chains.noteAnchored(scope, { seq: 2, anchorAt: due?.anchorAt, nextAt });
    const chain = await collection('audit_chains').findOne(scope);
    assert.deepEqual(chain?.['anchorAt'], nextAt);
    now = nextAt;
    await Promise.all([stage.anchors.anchorDue(), stage.anchors.anchorDue()]);
    assert.equal(await collection('audit_anchors').countDocuments(scope), 1);
    assert.equal((await collection('audit_chains').findOne(scope))?.['anchorAt'], undefined);
  });

  describe('the last events', () => {
    async function anchored(): Promise<ClientScope> {
      const scope = await sealed(5);
      now = new Date(now.getTime() + hourMs);
      await stage.anchors.anchorDue();
      return scope;
    }

    /** Removes the events after `seq`, and moves the end of the chain back. */
    async function cut(scope: ClientScope, seq: number): Promise<void> {
      const hash = await hashAt(scope, seq);
      await stage.events.deleteMany({ ...scope, seq: { $gt: seq } });
      await collection('audit_chains').updateOne(scope, { $set: { seq, hash } });
    }

    it('removed, and the end moved back › the anchor behind the end shows it, also once the chain grows again', async () => {
      const scope = await anchored();
      await cut(scope, 3);
      assert.deepEqual(await breakOf(scope), { seq: 4, reason: 'end' });
      await stage.record(scope, 2);
      await stage.sealAll();
      assert.deepEqual(await breakOf(scope), { seq: 5, reason: 'anchor' });
      now = new Date(now.getTime() + hourMs);
      assert.equal(await stage.anchors.anchorDue(), 1);
      assert.equal(await stage.anchors.anchorDue(), 0);
    });

    it('removed with their anchor › an anchor of the log shows it', async () => {
      const scope = await anchored();
      const [anchor] = await collection('audit_anchors').find(scope).toArray();
      await cut(scope, 3);
      await collection('audit_anchors').deleteMany(scope);
      assert.equal(await breakOf(scope), null);
      const { clientId } = scope;
      const compare = readCommand(['compare', String(clientId), '5', String(anchor?.['hash'])]);
      assert.ok(compare);
      const printed: string[] = [];
      const code = await runCommand(compare, { ...stage, print: (line) => void printed.push(line) });
      assert.deepEqual([code, printed], [1, ['The chain does NOT have this hash at this number.']]);
    });

    it('the end alone › moved back or given another hash › end', async () => {
      const scope = await anchored();
      await collection('audit_chains').updateOne(scope, { $set: { hash: 'f'.repeat(64) } });
      assert.deepEqual(await breakOf(scope), { seq: 5, reason: 'end' });
      await collection('audit_chains').deleteOne(scope);
      assert.deepEqual(await breakOf(scope), { seq: 1, reason: 'end' });
    });

    it('the whole chain rewritten from an event on › the anchor shows it; signed by another key, it says so', async () => {
      const scope = await anchored();
      await stage.events.updateOne({ ...scope, seq: 2 }, { $set: { action: 'lead.deleted' } });
      await stage.events.updateMany(scope, { $unset: { seq: '', seal: '' } });
      await collection('audit_chains').deleteOne(scope);
      await stage.sealAll();
      assert.deepEqual(await breakOf(scope), { seq: 5, reason: 'anchor' });
      const hash = await hashAt(scope, 5);
      await collection('audit_anchors').updateOne(scope, { $set: { hash } });
      assert.deepEqual(
        await breakOf(scope),
        { seq: 5, reason: 'anchor' },
        'the signature is of the old hash',
      );
      await collection('audit_anchors').updateOne(scope, { $set: { keyId: 'another' } });
      const { firstBreak, anchorsChecked, anchorsOfOtherKeys } = await stage.verify(scope);
      assert.deepEqual([firstBreak, anchorsChecked, anchorsOfOtherKeys], [null, 0, 1]);
    });
  });

  it('the command › verifies one client or all, and exits with 1 after a break', async () => {
    const [whole, broken] = [await sealed(3), await sealed(4)];
    await stage.events.updateOne({ ...broken, seq: 2 }, { $set: { action: 'lead.deleted' } });
    const run = async (...args: string[]) => {
      const command = readCommand(args);
      assert.ok(command, args.join(' '));
      const printed: string[] = [];
      const code = await runCommand(command, { ...stage, print: (line) => void printed.push(line) });
      return { code, text: printed.join('\n') };
    };
    const one = await run('verify', String(whole.clientId));
    assert.equal(one.code, 0);
    assert.match(one.text, new RegExp(`${String(whole.clientId)}\\s+3\\s.*whole`));
    const all = await run('verify', 'all');
    assert.equal(all.code, 1);
    assert.match(all.text, new RegExp(`${String(broken.clientId)}.*BROKEN at 2: hash`));
    const row = await stage.chains.findSealed(whole, 1);
    const erased = await run('erase', String(whole.clientId), row?.target.id.toHexString() ?? '');
    assert.deepEqual(erased, { code: 0, text: 'Events whose values were erased: 3' });
    const hash = await hashAt(whole, 1);
    assert.equal((await run('compare', String(whole.clientId), '1', hash)).code, 0);
    for (const wrong of [
      [],
      ['verify'],
      ['verify', 'x'],
      ['verify', 'all', 'x'],
      ['erase', 'all', 'x'],
      ['compare', String(whole.clientId), '0', hash],
    ])
      assert.equal(readCommand(wrong), null, wrong.join(' '));
  });
});
