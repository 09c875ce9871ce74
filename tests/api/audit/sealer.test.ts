import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditAnchorModel, auditChainModel } from '../../../src/audit/chain/model.ts';
import type { AuditChainRepository } from '../../../src/audit/chain/repository.ts';
import { auditEventModel } from '../../../src/audit/model.ts';
import { newId } from '../../../src/platform/ids.ts';
import { startLoop, type Loop } from '../../../src/platform/loop.ts';
import { type ClientScope, scopeOf } from '../../../src/platform/mongo.ts';
import { createChainStage, type ChainStage } from '../../support/audit-chain.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';
import { waitFor } from '../../support/wait.ts';

/** Every process believes that it holds the chain, as after a freeze. */
const lostLease: Partial<AuditChainRepository> = {
  async lease(scope, lease) {
    await begin(scope, lease);
    return true;
  },
};
let begin: AuditChainRepository['lease'] = async () => true;

describe('sealer of audit events', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let stage: ChainStage;
  before(async () => {
    const models = [auditEventModel, auditChainModel, auditAnchorModel];
    database = await connectTestDatabase('audit_sealer', models);
    stage = createChainStage(database.connection);
    begin = stage.chains.lease;
  });
  after(() => database.close());
  afterEach(async () => {
    for (const name of ['audit_events', 'audit_chains', 'audit_anchors'])
      await database.connection.collection(name).deleteMany({});
  });

  function start(replaced: Partial<AuditChainRepository> = {}): Loop {
    const { logger } = stage.log;
    const step = stage.sealerWith(replaced);
    return startLoop({ name: 'audit-sealer', idleMs: 10, maxIdleMs: 20, logger, step });
  }

  async function untilSealed(scopes: readonly ClientScope[], count: number): Promise<void> {
    for (const scope of scopes) {
      await waitFor('every event is sealed', async () => (await stage.sealedOf(scope)).length === count, {
        timeoutMs: 30_000,
      });
      const seqs = (await stage.sealedOf(scope)).map(({ seq }) => Number(seq));
      assert.deepEqual(
        seqs,
        Array.from({ length: count }, (_, index) => index + 1),
      );
      const { checked, sealedUpTo, firstBreak } = await stage.verify(scope);
      assert.deepEqual(
        { checked, sealedUpTo, firstBreak },
        { checked: count, sealedUpTo: count, firstBreak: null },
      );
    }
  }

  it('many clients at once › each gets its own chain, 1, 2, 3 …', async () => {
    const scopes = Array.from({ length: 12 }, () => scopeOf(newId()));
    const loop = start();
    await Promise.all(scopes.map((scope) => stage.record(scope, 12)));
    await untilSealed(scopes, 12);
    await loop.stop();
  });

  it('three sealers without a working lease › no gap, no number twice, a chain that verifies', async () => {
    const scopes = Array.from({ length: 4 }, () => scopeOf(newId()));
    const loops = [start(lostLease), start(lostLease), start(lostLease)];
    await Promise.all(scopes.map((scope) => stage.record(scope, 40)));
    await untilSealed(scopes, 40);
    await Promise.all(loops.map((loop) => loop.stop()));
  });

  for (const step of ['before the end moves', 'before the seals are stored', 'before the commit'] as const) {
    it(`killed again and again ${step} › no gap, no number twice`, async () => {
      let left = 5;
      const die = (at: typeof step): void => {
        if (at !== step || left === 0) return;
        left -= 1;
        throw new Error('The process was killed.');
      };
      const scopes = [scopeOf(newId()), scopeOf(newId())];
      const mortal = start({
        ...lostLease,
        async moveEnd(scope, move, session) {
          die('before the end moves');
          return stage.chains.moveEnd(scope, move, session);
        },
        async storeSealsAcrossClients(sealed, session) {
          die('before the seals are stored');
          const count = await stage.chains.storeSealsAcrossClients(sealed, session);
          die('before the commit');
          return count;
        },
      });
      await Promise.all(scopes.map((scope) => stage.record(scope, 20)));
      await waitFor('the process was killed each time', () => left === 0);
      const healthy = start(lostLease);
      await untilSealed(scopes, 20);
      await Promise.all([mortal, healthy].map((loop) => loop.stop()));
    });
  }

  it('an event with an earlier id whose transaction commits late › is sealed then, and never lost', async () => {
    const scope = scopeOf(newId());
    let commit: () => void = () => undefined;
    const mayCommit = new Promise<void>((resolve) => (commit = resolve));
    let isWritten = false;
    const late = stage.runInTransaction(async (session) => {
      const event = {
        ...{ _id: newId(), ...scope, at: new Date(), actor: { type: 'system' }, action: 'lead.created' },
        ...{ target: { type: 'lead', id: newId() }, after: { stage: 'new' } },
      };
      await stage.events.insertOne(event, { session });
      isWritten = true;
      await mayCommit;
      return event._id;
    });
    await waitFor('the late event is written', () => isWritten);
    await stage.record(scope, 3);
    await stage.sealAll();
    assert.equal((await stage.sealedOf(scope)).length, 3);
    commit();
    const lateId = await late;
    await stage.record(scope, 1);
    await stage.sealAll();
    const sealed = await stage.sealedOf(scope);
    assert.deepEqual(
      sealed.map(({ _id, seq }) => [_id.equals(lateId), seq]),
      [
        [false, 1],
        [false, 2],
        [false, 3],
        [true, 4],
        [false, 5],
      ],
    );
    assert.equal((await stage.verify(scope)).firstBreak, null);
  });

  it('the lease › one process works; another takes over when the first dies after its lease', async () => {
    const scope = scopeOf(newId());
    await stage.record(scope, 2);
    const dead = { now: new Date(), leaseUntil: new Date(Date.now() + 400), leaseToken: 'dead' };
    assert.equal(await stage.chains.lease(scope, dead), true);
    assert.equal(await stage.sealerWith()(), 'idle');
    assert.equal((await stage.sealedOf(scope)).length, 0);
    const loop = start();
    await untilSealed([scope], 2);
    await loop.stop();
    const chain = await database.connection.collection('audit_chains').findOne({ ...scope });
    assert.equal(chain?.['leaseUntil'], undefined, 'a turn frees the chain at once');
  });

  it('events of an earlier version, more than a turn › sealed in the order of their time; another client does not wait', async () => {
    const [old, young] = [scopeOf(newId()), scopeOf(newId())];
    const rowOf = (scope: ClientScope, minute: number) => ({
      ...{ _id: newId(), ...scope, at: new Date(minute * 60_000), actor: { type: 'system' } },
      ...{ action: 'lead.updated', target: { type: 'lead', id: newId() }, before: { a: minute } },
    });
    const rows = Array.from({ length: 950 }, (_, index) => rowOf(old, (index * 7) % 950));
    await stage.events.insertMany([...rows, rowOf(young, 1_000)]);
    const step = stage.sealerWith();
    await step();
    assert.deepEqual([(await stage.sealedOf(old)).length, (await stage.sealedOf(young)).length], [200, 1]);
    await stage.sealAll();
    const times = (await stage.sealedOf(old)).map(({ at }) => Number(at) / 60_000);
    assert.deepEqual(
      times,
      Array.from({ length: 950 }, (_, index) => index),
    );
    await untilSealed([old], 950);
  });

  it('eight clients with more events than a turn takes › the ninth has its turn in the second round', async () => {
    const scopes = Array.from({ length: 9 }, () => scopeOf(newId()));
    const last = scopes.at(-1) ?? assert.fail();
    const rows = scopes.flatMap((scope) =>
      Array.from({ length: scope === last ? 1 : 210 }, () => ({
        ...{ _id: newId(), ...scope, at: new Date(), actor: { type: 'system' }, action: 'lead.updated' },
        ...{ target: { type: 'lead', id: newId() }, after: { stage: 'won' } },
      })),
    );
    await stage.events.insertMany(rows);
    const step = stage.sealerWith();
    await step();
    assert.equal((await stage.sealedOf(last)).length, 0);
    await step();
    assert.equal((await stage.sealedOf(last)).length, 1);
    await step();
    await untilSealed(scopes.slice(0, -1), 210);
  });

  it('one client whose turn fails › the others are sealed, and the round is reported as failed', async () => {
    const scopes = Array.from({ length: 3 }, () => scopeOf(newId()));
    await Promise.all(scopes.map((scope) => stage.record(scope, 2)));
    const [ill, ...healthy] = scopes.toSorted((a, b) => (String(a.clientId) < String(b.clientId) ? -1 : 1));
    assert.ok(ill);
    const step = stage.sealerWith({
      async moveEnd(scope, move, session) {
        if (scope.clientId.equals(ill.clientId)) throw new Error('ill');
        return stage.chains.moveEnd(scope, move, session);
      },
    });
    await assert.rejects(step(), /ill/);
    await untilSealed(healthy, 2);
    assert.equal((await stage.sealedOf(ill)).length, 0);
  });

  it('values erased while a sealer works › the seal is of what is left, without a salt', async () => {
    const [scope, target] = [scopeOf(newId()), newId()];
    await stage.record(scope, 5, target);
    let isErased = false;
    const step = stage.sealerWith({
      async listUnsealed(...given) {
        const events = await stage.chains.listUnsealed(...given);
        if (!isErased) {
          isErased = true;
          await stage.erasure.erase(scope, { type: 'system' }, target);
          await sleep(1);
        }
        return events;
      },
    });
    await step();
    await stage.sealAll();
    const sealed = await stage.sealedOf(scope);
    const ofTarget = sealed.filter(({ action }) => action === 'lead.updated');
    assert.deepEqual(
      ofTarget.map(({ before, after, seal }) => [before, after, (seal as { salt?: string }).salt]),
      ofTarget.map(() => [undefined, undefined, undefined]),
    );
    const { erased, firstBreak } = await stage.verify(scope);
    assert.deepEqual(
      { sealed: sealed.length, erased, firstBreak },
      { sealed: 6, erased: 5, firstBreak: null },
    );
  });
});
