import assert from 'node:assert/strict';
import type { mongo, Types } from 'mongoose';
import { auditEventModel } from '../../../src/audit/model.ts';
import { createResource, type ResourceDescription } from '../../../src/audit/resource.ts';
import { buildRecords } from '../../../src/app/events.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { declareTenantModel } from '../../../src/platform/declare-model.ts';
import { type Recorded, writtenTo } from '../../../src/audit/written.ts';
import type { NewEvent } from '../../../src/events/declare.ts';
import { outboxEventModel } from '../../../src/events/model.ts';
import { AppError } from '../../../src/platform/errors.ts';
import { newId } from '../../../src/platform/ids.ts';
import { scopeOf, type ClientScope } from '../../../src/platform/mongo.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';

interface Label {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly name: string;
  readonly color?: string;
  readonly version: number;
}

const labelModel = declareTenantModel<Label>('labels', { name: String, color: String, version: Number });
labelModel.schema.index({ clientId: 1, name: 1 }, { unique: true });

const by = { type: 'user', userId: newId() } as const;
const crash = new Error('The process has ended here.');

describe('audited resource', () => {
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('audited_resource', [auditEventModel, outboxEventModel, labelModel]);
  });
  after(() => database.close());

  /** Labels of a client of their own, with what is stored of them. */
  function openStage(overrides: Partial<ResourceDescription<Label>> = {}) {
    const { connection } = database;
    const scope = scopeOf(newId());
    const labels = connection.collection<Label>('labels');
    const { audit } = buildRecords({ mongo: connection, clock: systemClock });
    const forgotten: Label[] = [];
    const resource = createResource<Label>(audit, {
      type: 'label',
      ...describeLabels(labels),
      forget: (label) => forgotten.push(label),
      ...overrides,
    });
    return {
      scope,
      audit,
      resource,
      forgotten,
      stored: () => labels.find(scope).toArray(),
      written: async () =>
        (await connection.collection('audit_events').find(scope).sort({ _id: 1 }).toArray()).map(
          ({ actor, action, target, before, after }) => ({ actor, action, target, before, after }),
        ),
      /** The live events, without ids and times. */
      told: async () =>
        (await connection.collection('outbox_events').find(scope).sort({ _id: 1 }).toArray()).map(
          ({ _id, clientId: _clientId, at: _at, ...event }) => event,
        ),
      create: (name = 'urgent') => resource.create(scope, by, draftLabel(scope, name)),
    };
  }

  it('created › stored and audited, nothing before', async () => {
    const { create, stored, written } = openStage();
    const label = await create();
    assert.deepEqual(await stored(), [label]);
    assert.deepEqual(await written(), [
      {
        actor: by,
        action: 'label.created',
        target: { type: 'label', id: label._id },
        before: { name: null },
        after: { name: 'urgent' },
      },
    ]);
  });

  for (const [name, versionOf] of [
    ['the version that was read', ({ version }: Label) => version],
    ['no version', () => undefined],
  ] as const) {
    it(`changed on ${name} › stored as the next version, audited, old and new state removed from the cache`, async () => {
      const { scope, resource, create, stored, written, forgotten } = openStage();
      const label = await create();
      const next = await resource.change(
        scope,
        by,
        { id: label._id, version: versionOf(label) },
        renamed('late'),
      );
      assert.deepEqual(next, { ...label, name: 'late', version: 2 });
      assert.deepEqual(await stored(), [next]);
      const [, update] = await written();
      assert.deepEqual(update, {
        actor: by,
        action: 'label.renamed',
        target: { type: 'label', id: label._id },
        before: { name: 'urgent' },
        after: { name: 'late' },
      });
      assert.deepEqual(forgotten, [label, label, next]);
    });
  }

  it('with a live event › each write tells of it, in its own version; nothing changed tells nothing', async () => {
    const { scope, resource, create, told } = openStage({ eventOf: labelEvent });
    const label = await create();
    const next = await resource.change(scope, by, refTo(label), renamed('late'));
    await resource.change(scope, by, refTo(next), { action: 'label.renamed', decide: (it) => it });
    await resource.remove(scope, by, refTo(next));
    const common = {
      entity: { type: 'lead', id: label._id },
      audience: 'everyone',
      isPending: true,
      view: { contactId: label._id.toHexString(), stage: 'new', assignedAgentId: null },
    };
    assert.deepEqual(await told(), [
      { type: 'lead.created', version: 1, ...common },
      { type: 'lead.updated', version: 2, ...common },
      { type: 'lead.deleted', version: 3, ...common },
    ]);
  });

  it('with a live event, a crash after it › neither the write nor the event is stored', async () => {
    const { scope, audit, resource, stored, told } = openStage({ eventOf: labelEvent });
    const work = audit.runInTransaction(async (session) => {
      await resource.within(session).create(scope, by, draftLabel(scope, 'urgent'));
      throw crash;
    });
    await assert.rejects(work, crash);
    assert.deepEqual([await stored(), await told()], [[], []]);
  });

  it('decided to change nothing › same version, nothing audited', async () => {
    const { scope, resource, create, stored, written } = openStage();
    const label = await create();
    const same = await resource.change(scope, by, refTo(label), {
      action: 'label.renamed',
      decide: (it) => it,
    });
    assert.deepEqual(same, label);
    assert.deepEqual(await stored(), [label]);
    assert.equal((await written()).length, 1);
  });

  it('changed on an older version › precondition-failed, and no decision is made', async () => {
    const { scope, resource, create, stored } = openStage();
    const label = await create();
    const next = await resource.change(scope, by, refTo(label), renamed('late'));
    const decide = () => assert.fail('There is nothing to decide.');
    const problem = { code: 'precondition-failed', message: changedByOther };
    await assert.rejects(
      resource.change(scope, by, refTo(label), { action: 'label.renamed', decide }),
      problem,
    );
    await assert.rejects(resource.remove(scope, by, refTo(label)), problem);
    await assert.rejects(resource.require(scope, refTo(label)), problem);
    assert.deepEqual(await stored(), [next]);
  });

  it('twenty changes at once on one version › one wins, the others precondition-failed, one audit event', async () => {
    const { scope, resource, create, stored, written } = openStage();
    const label = await create();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => resource.change(scope, by, refTo(label), renamed(`late ${n}`))),
    );
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const lost = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    assert.deepEqual(await stored(), won);
    assert.equal(lost.length, 19);
    for (const reason of lost) assert.equal(reason instanceof AppError && reason.code, 'precondition-failed');
    assert.equal((await written()).length, 2);
  });

  it('changes at once on any version › all are made, each based on the state before it', async () => {
    const { scope, resource, create, stored, written } = openStage();
    const { _id: id } = await create('a');
    const longer = { action: 'label.renamed', decide: (it: Label) => ({ ...it, name: `${it.name}a` }) };
    await Promise.all(
      Array.from({ length: 5 }, () => resource.change(scope, by, { id, version: undefined }, longer)),
    );
    const [label] = await stored();
    assert.deepEqual({ name: label?.name, version: label?.version }, { name: 'aaaaaa', version: 6 });
    assert.equal((await written()).length, 6);
  });

  it('not there, or of another client › not-found; changed only if there › null', async () => {
    const { scope, resource, create } = openStage();
    const elsewhere = scopeOf(newId());
    const label = await create();
    const problem = { code: 'not-found', message: 'There is no such label.' };
    for (const [where, id] of [
      [scope, newId()],
      [elsewhere, label._id],
    ] as const) {
      const ref = { id, version: undefined };
      await assert.rejects(resource.require(where, ref), problem);
      await assert.rejects(resource.change(where, by, ref, renamed('late')), problem);
      await assert.rejects(resource.remove(where, by, ref), problem);
      assert.equal(await resource.changeIfExists(where, by, id, renamed('late')), null);
    }
  });

  it('the decision throws › nothing is stored, including its own writes', async () => {
    const { scope, resource, create, stored, written, forgotten } = openStage();
    const label = await create();
    const refused = resource.change(scope, by, refTo(label), {
      action: 'label.renamed',
      async decide(_current, session) {
        await resource.within(session).create(scope, by, draftLabel(scope, 'beside'));
        throw crash;
      },
    });
    await assert.rejects(refused, crash);
    assert.deepEqual(await stored(), [label]);
    assert.equal((await written()).length, 1);
    assert.deepEqual(forgotten, [label]);
  });

  it('a crash after the write and before the audit › neither is stored', async () => {
    const { scope, resource, create, stored, written } = openStage({
      afterChange: () => Promise.reject(crash),
    });
    const label = await create();
    await assert.rejects(resource.change(scope, by, refTo(label), renamed('late')), crash);
    assert.deepEqual(await stored(), [label]);
    assert.equal((await written()).length, 1);
  });

  it('a unique index refuses the change › its error, nothing stored', async () => {
    const { scope, resource, create, stored } = openStage();
    const labels = [await create('a'), await create('b')] as const;
    await assert.rejects(resource.change(scope, by, refTo(labels[0]), renamed('b')), { code: 11_000 });
    assert.deepEqual(await stored(), labels);
  });

  it('removed › gone and audited; refused by a check before › still there', async () => {
    const { scope, resource, create, stored, written } = openStage();
    const label = await create();
    await assert.rejects(
      resource.remove(scope, by, refTo(label), () => Promise.reject(crash)),
      crash,
    );
    assert.deepEqual(await stored(), [label]);
    await resource.remove(scope, by, refTo(label));
    assert.deepEqual(await stored(), []);
    const { action, before, after } = (await written())[1] ?? {};
    assert.deepEqual(
      { action, before, after },
      {
        action: 'label.deleted',
        before: { name: 'urgent' },
        after: { name: null },
      },
    );
  });

  it('in a transaction of the caller › stored and audited with it, or not at all', async () => {
    const { scope, audit, resource, stored, written } = openStage();
    const fresh = draftLabel(scope, 'urgent');
    const work = (fails: boolean) =>
      audit.runInTransaction(async (session) => {
        const steps = resource.within(session);
        await steps.create(scope, by, fresh);
        await steps.change(scope, by, refTo(fresh), renamed('late'));
        if (fails) throw crash;
      });
    await assert.rejects(work(true), crash);
    assert.deepEqual([await stored(), await written()], [[], []]);
    await work(false);
    assert.deepEqual(await stored(), [{ ...fresh, name: 'late', version: 2 }]);
    assert.deepEqual(
      (await written()).map(({ action }) => action),
      ['label.created', 'label.renamed'],
    );
  });
});

const changedByOther = 'The label was changed by someone else since you read it.';

const refTo = ({ _id: id, version }: Label) => ({ id, version });

const draftLabel = (scope: ClientScope, name: string): Label => ({
  _id: newId(),
  ...scope,
  name,
  version: 1,
});

/** Labels are of this test only, so their events take the type of another noun. */
function labelEvent(written: Recorded<Label>): NewEvent {
  const { verb, doc, version } = writtenTo(written);
  const view = { contactId: doc._id.toHexString(), stage: 'new', assignedAgentId: null } as const;
  return { type: `lead.${verb}`, entity: { type: 'lead', id: doc._id }, version, view };
}

const renamed = (name: string) => ({
  action: 'label.renamed',
  decide: (current: Label) => ({ ...current, name }),
});

const describeLabels = (labels: mongo.Collection<Label>): Omit<ResourceDescription<Label>, 'type'> => ({
  find: (scope, _id, session) => labels.findOne({ _id, ...scope }, session === undefined ? {} : { session }),
  async insert(scope, label, session) {
    await labels.insertOne({ ...label, ...scope }, { session });
  },
  async replace(scope, { _id, version }, next, session) {
    const { matchedCount } = await labels.replaceOne({ _id, version, ...scope }, next, { session });
    return matchedCount === 1;
  },
  async remove(scope, { _id, version }, session) {
    return (await labels.deleteOne({ _id, version, ...scope }, { session })).deletedCount === 1;
  },
  auditedFieldsOf: ({ name }) => ({ name }),
});
