import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { crossingFilters, crossingFiltersOfWorker, problemsOf } from '../../support/wire-probe.ts';

const clientId = new Types.ObjectId();
const _id = new Types.ObjectId();

const problems = (command: Record<string, unknown>, allowed = crossingFilters): string[] => {
  const [commandName, collection] = Object.entries(command)[0] as [string, string];
  return [...problemsOf({ commandName, command, collection }, allowed)];
};

describe('wire probe › a command on a tenant collection', () => {
  const pinned: readonly Record<string, unknown>[] = [
    { find: 'messages', filter: { _id, clientId } },
    { find: 'messages', filter: { clientId: { $eq: clientId }, status: { $in: ['read'] } } },
    { find: 'messages', filter: { $and: [{ clientId }, { status: 'read' }] } },
    { aggregate: 'messages', pipeline: [{ $match: { $or: [{ clientId, _id }, { $or: [{ clientId }] }] } }] },
    { insert: 'messages', documents: [{ _id, clientId }, { clientId }] },
    { update: 'messages', updates: [{ q: { _id, clientId }, u: { $set: { status: 'read' } } }] },
    { delete: 'messages', deletes: [{ q: { clientId }, limit: 0 }] },
    { findAndModify: 'messages', query: { _id, clientId }, update: { $set: {} } },
    { aggregate: 'messages', pipeline: [{ $match: { clientId } }, { $group: { _id: 1 } }] },
    { count: 'messages', query: { clientId } },
    { distinct: 'messages', key: 'status', query: { clientId } },
    { getMore: 'messages' },
    { createIndexes: 'messages' },
  ];
  for (const command of pinned) {
    it(`${JSON.stringify(command).slice(0, 90)} › is good`, () => {
      assert.deepEqual(problems(command), []);
    });
  }

  const loose: readonly Record<string, unknown>[] = [
    { find: 'messages' },
    { find: 'messages', filter: { _id } },
    { find: 'messages', filter: { clientId: { $ne: clientId } } },
    { find: 'messages', filter: { clientId: { $in: [clientId] } } },
    { find: 'messages', filter: { clientId: { $eq: clientId, $exists: true } } },
    { find: 'messages', filter: { clientId: clientId.toHexString() } },
    { find: 'messages', filter: { clientId: null } },
    { find: 'messages', filter: { $or: [{ clientId }, { _id }] } },
    { find: 'messages', filter: { $or: [{ _id }, { clientId }] } },
    { find: 'messages', filter: { $or: [{ clientId }, { clientId: new Types.ObjectId() }] } },
    { find: 'messages', filter: { $or: [] } },
    { find: 'channels', filter: { webhookKeyHash: 'x', state: 'active' } },
    { insert: 'messages', documents: [{ _id, clientId }, { _id }] },
    { insert: 'users', documents: [{ email: 'x' }] },
    {
      update: 'messages',
      updates: [
        { q: { clientId }, u: {} },
        { q: { _id }, u: {} },
      ],
    },
    { delete: 'messages', deletes: [{ q: {}, limit: 0 }] },
    { findAndModify: 'messages', query: { _id } },
    { aggregate: 'messages', pipeline: [{ $group: { _id: 1 } }, { $match: { clientId } }] },
    { count: 'messages' },
    { mapReduce: 'messages' },
  ];
  for (const command of loose) {
    it(`${JSON.stringify(command).slice(0, 90)} › is reported`, () => {
      assert.equal(problems(command).length, 1);
    });
  }

  it('the filters of functions that cross clients › accepted where allowed, reported elsewhere', () => {
    const byEmail = { find: 'users', filter: { email: 'a@example.com' } };
    const byAccount = { find: 'channels', filter: { wabaId: '1', 'ownership.state': 'verified' } };
    assert.deepEqual(problems(byEmail), []);
    assert.equal(problems(byAccount).length, 1);
    assert.deepEqual(problems(byAccount, crossingFiltersOfWorker), []);
  });
});
