import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { mergeLatest, partsOf } from '../../../../src/inbox/conversations/filter.ts';
import { conversationStatuses } from '../../../../src/inbox/conversations/model.ts';
import { AppError } from '../../../../src/platform/errors.ts';
import { scopeOf } from '../../../../src/platform/mongo.ts';
import { createCountFound, filterOf } from '../../../../src/inbox/conversations/searching.ts';

const idOf = (number: number): Types.ObjectId => new Types.ObjectId(number.toString(16).padStart(24, '0'));
const [me, colleague, stranger] = [idOf(1), idOf(2), idOf(3)];
const members = [me, colleague];

describe('a search of conversations › whose they are', () => {
  for (const [situation, assignedAgentId, team, means] of [
    ['nobody named', undefined, null, {}],
    ['unassigned', 'none', null, { assignedAgentId: null }],
    ['my own', 'me', null, { assignedAgentId: me }],
    ['a user', stranger, null, { assignedAgentId: stranger }],
    ['a team', undefined, members, { assignedAgentIds: members }],
    ['an empty team', undefined, [], null],
    ['my own in my team', 'me', members, { assignedAgentId: me }],
    ['a member of the team', colleague, members, { assignedAgentId: colleague }],
    ['a user who is no member', stranger, members, null],
    ['my own in a team of others', 'me', [stranger], null],
    ['unassigned in a team', 'none', members, null],
  ] as const) {
    it(`${situation} › ${means === null ? 'matches nothing' : JSON.stringify(means)}`, () => {
      const search = assignedAgentId === undefined ? {} : { assignedAgentId };
      assert.deepEqual(filterOf(search, { userId: me, members: team }), means);
    });
  }

  it('every other field › is passed on', () => {
    const [channelId, leadId, contactId, labelId] = [idOf(4), idOf(5), idOf(6), idOf(7)];
    const since = new Date(0);
    const flags = { unread: 'true', breached: 'true', snoozed: 'true' } as const;
    const search = { status: ['open' as const], channelId, since, leadId, contactId, labelId, ...flags };
    assert.deepEqual(filterOf(search, { userId: me, members: null }), {
      ...{ statuses: ['open'], channelId, since, leadId, contactId, labelId },
      ...{ isUnread: true, isBreached: true, isSnoozed: true },
    });
  });
});

describe('a list of the conversations of many agents', () => {
  it('any number of agents › parts that are whole, do not overlap, and have at most 200 ranges', () => {
    const statuses = fc.option(fc.subarray([...conversationStatuses], { minLength: 1 }), { nil: undefined });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 450 }), statuses, (count, named) => {
        const assignedAgentIds = Array.from({ length: count }, (_value, index) => idOf(index));
        const filter = { assignedAgentIds, ...(named === undefined ? {} : { statuses: named }) };
        const parts = partsOf(filter);
        const ids = parts.flatMap((part) => part.assignedAgentIds ?? []);
        assert.deepEqual(ids, assignedAgentIds);
        const each = (named ?? conversationStatuses).length;
        for (const part of parts) {
          assert.ok((part.assignedAgentIds ?? []).length * each <= 200);
          assert.deepEqual({ ...part, assignedAgentIds: null }, { ...filter, assignedAgentIds: null });
        }
      }),
    );
  });

  it('no agents named › one part', () => {
    assert.deepEqual(partsOf({ assignedAgentId: null }), [{ assignedAgentId: null }]);
  });

  it('sorted parts › merged as if they had been one list', () => {
    const listed = fc
      .record({ time: fc.integer({ min: 0, max: 5 }), part: fc.integer({ min: 0, max: 3 }) })
      .map(({ time, part }) => ({ lastMessageAt: new Date(time), part }));
    fc.assert(
      fc.property(fc.array(listed, { maxLength: 30 }), fc.integer({ min: 1, max: 10 }), (drawn, limit) => {
        const all = drawn
          .map((one, index) => ({ ...one, _id: idOf(index) }))
          .toSorted(
            (a, b) =>
              b.lastMessageAt.getTime() - a.lastMessageAt.getTime() ||
              (a._id.toHexString() < b._id.toHexString() ? 1 : -1),
          );
        const parts = [0, 1, 2, 3].map((number) => all.filter(({ part }) => part === number).slice(0, limit));
        const ids = (list: readonly { _id: Types.ObjectId }[]) => list.map(({ _id }) => _id.toHexString());
        assert.deepEqual(ids(mergeLatest(parts, limit)), ids(all).slice(0, limit));
      }),
    );
  });
});

describe('a count of what a search finds', () => {
  const scope = scopeOf(idOf(9));
  const counting = (count: () => Promise<number>, filter: object | null = {}) =>
    createCountFound({ count }, async () => filter)(scope, me, {});

  it('it takes too long › no number, and no error', async () => {
    const tooBroad = () => Promise.reject(new AppError('search-too-broad', 'It took too long.'));
    assert.equal(await counting(tooBroad), null);
  });

  it('nothing can match › zero, without a question', async () => {
    assert.equal(await counting(() => assert.fail('asked'), null), 0);
  });

  it('another error › stays one', async () => {
    await assert.rejects(
      counting(() => Promise.reject(new Error('away'))),
      /away/,
    );
  });
});
