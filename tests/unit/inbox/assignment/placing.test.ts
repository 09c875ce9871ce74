import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { exclusionMs, placeInQueue, slotMoves } from '../../../../src/inbox/assignment/placing.ts';
import { reaches, policyFor } from '../../../../src/inbox/assignment/policies/rules.ts';
import { applyDecision } from '../../../../src/inbox/conversations/decisions.ts';
import { conversationStatuses, type ConversationRecord } from '../../../../src/inbox/conversations/model.ts';

const idOf = (number: number): Types.ObjectId => new Types.ObjectId(number.toString(16).padStart(24, '0'));
const start = new Date('2026-11-23T09:00:00Z');
const later = (minutes: number): Date => new Date(start.getTime() + minutes * 60_000);

const conversation: ConversationRecord = {
  ...{ _id: idOf(1), clientId: idOf(2), contactId: idOf(3), channelId: idOf(4), status: 'open' },
  ...{ lastMessageAt: start, unreadCount: 1, createdAt: start, version: 1, history: [] },
};
const waiting: ConversationRecord = { ...conversation, queue: { since: start, excluded: [], rounds: 0 } };
const assigned: ConversationRecord = {
  ...{ ...conversation, assignedAgentId: idOf(9) },
  assignment: { at: later(5), waitingSince: start, turns: 0, rounds: 1 },
};

describe('assignment › the place of a conversation', () => {
  it('assigned › leaves the queue and remembers its place', () => {
    const after = { ...waiting, assignedAgentId: idOf(9) };
    const placed = placeInQueue({ before: waiting, after, at: later(5) }, true);
    assert.equal(placed.queue, undefined);
    assert.deepEqual(placed.assignment, { at: later(5), waitingSince: start, turns: 0, rounds: 0 });
  });

  it('returned because nobody replied › its old place, a round more, without its agent', () => {
    const { assignedAgentId: _agent, ...after } = assigned;
    const returned = { cause: 'no-reply' } as const;
    const { queue } = placeInQueue({ before: assigned, after, at: later(9), returned }, true);
    const excludedUntil = new Date(later(9).getTime() + exclusionMs);
    assert.deepEqual(queue, { since: start, excluded: [idOf(9)], excludedUntil, rounds: 2 });
  });

  it('returned after an answer › the last place, in a new round', () => {
    const before = { ...assigned, turns: 1 };
    const { assignedAgentId: _agent, ...after } = before;
    const { queue } = placeInQueue({ before, after, at: later(9), returned: { cause: 'gone' } }, true);
    assert.deepEqual(queue, { since: later(9), excluded: [], rounds: 0 });
  });

  it('back from a snooze › its agent has the whole time to answer again, its place stays', () => {
    const before = { ...assigned, status: 'pending', snooze: { until: later(8) } } as const;
    const { snooze: _over, ...rest } = before;
    const after = { ...rest, status: 'open' } as const;
    const placed = placeInQueue({ before, after, at: later(8), wake: {} }, true);
    assert.deepEqual(placed.assignment, { at: later(8), waitingSince: start, turns: 0, rounds: 1 });
    assert.equal(placed.queue, undefined);
  });

  it('back from a snooze by a message after an answer › a new round, which begins with the message', () => {
    const before = { ...assigned, turns: 1, status: 'pending', snooze: { until: null } } as const;
    const { snooze: _over, ...rest } = before;
    const after = { ...rest, status: 'open' } as const;
    const placed = placeInQueue({ before, after, at: later(8), wake: { since: later(7) } }, true);
    assert.deepEqual(placed.assignment, { at: later(8), waitingSince: later(7), turns: 1, rounds: 0 });
    const { assignment } = placeInQueue({ before, after, at: later(8) }, true);
    assert.deepEqual(assignment?.waitingSince, later(8));
    assert.equal(placeInQueue({ before, after, at: later(8) }, false).assignment, undefined);
  });

  it('back from a snooze without an agent › waits since the message that woke it, or since it woke', () => {
    const before = { ...conversation, status: 'pending', snooze: { until: null } } as const;
    const woken = { before, after: conversation, at: later(8) };
    for (const [wake, since] of [
      [{ since: later(7) }, later(7)],
      [{}, later(8)],
    ] as const)
      assert.deepEqual(placeInQueue({ ...woken, wake }, true).queue, {
        ...{ since, excluded: [], rounds: 0, isWoken: true },
      });
    assert.equal(placeInQueue({ ...woken, wake: {} }, false).queue, undefined);
  });

  it('back from a snooze, unanswered, without its agent › waits as long as its contact', () => {
    const before = { ...assigned, status: 'pending', snooze: { until: null } } as const;
    const wake = { since: later(7) };
    const { queue } = placeInQueue({ before, after: conversation, at: later(8), wake }, true);
    assert.deepEqual(queue, { since: start, excluded: [], rounds: 1, isWoken: true });
  });

  it('closed or set aside › waits for nobody', () => {
    for (const status of ['closed', 'pending'] as const) {
      const placed = placeInQueue({ before: waiting, after: { ...waiting, status }, at: start }, true);
      assert.equal(placed.queue, undefined);
    }
  });

  it('no policy › neither queue nor assignment', () => {
    const after = { ...conversation, assignedAgentId: idOf(9) };
    assert.deepEqual(placeInQueue({ before: conversation, after, at: start }, false), after);
    const back = placeInQueue({ before: after, after: conversation, at: start }, false);
    assert.deepEqual(back, conversation);
  });

  it('any course of decisions › never waits with an agent or while not open; slots are those of open conversations', () => {
    const decision = fc.oneof(
      fc.constantFrom(...conversationStatuses).map((status) => ({ status })),
      fc.constant({ status: 'pending' as const, snooze: { until: later(30) } }),
      fc.option(fc.integer({ min: 10, max: 12 }), { nil: null }).map((agent) => ({
        assignedAgentId: agent === null ? null : idOf(agent),
      })),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(decision, fc.boolean()), { maxLength: 20 }), (course) => {
        const slots = new Map<string, number>();
        let current = conversation;
        for (const [index, [wanted, isManaged]] of course.entries()) {
          const at = later(index);
          const after = applyDecision(current, wanted, { at, by: idOf(99) });
          const next = placeInQueue({ before: current, after, at }, isManaged);
          for (const { userId, by } of slotMoves(current, next))
            slots.set(String(userId), (slots.get(String(userId)) ?? 0) + by);
          current = next;
          if (current.queue !== undefined)
            assert.deepEqual([current.status, current.assignedAgentId], ['open', undefined]);
          const owner = current.status === 'open' ? String(current.assignedAgentId) : 'undefined';
          for (const [user, count] of slots) assert.equal(count, user === owner ? 1 : 0);
          if (owner !== 'undefined') assert.equal(slots.get(owner), 1);
        }
      }),
    );
  });
});

describe('assignment › the reach of policies', () => {
  it('any policies and channel › exactly the policy that counts reaches it', () => {
    const policy = fc.record({
      priority: fc.integer({ min: 1, max: 50 }),
      channelIds: fc.array(fc.integer({ min: 1, max: 4 }).map(idOf), { maxLength: 3 }),
    });
    const isAmong = (ids: readonly Types.ObjectId[], id: Types.ObjectId) => ids.some((one) => one.equals(id));
    fc.assert(
      fc.property(
        fc.uniqueArray(policy, { maxLength: 5, selector: ({ priority }) => priority }),
        fc.integer({ min: 1, max: 5 }).map(idOf),
        (policies, channelId) => {
          const reaching = reaches(policies)
            .filter(({ reach: { only, except } }) =>
              only === null || isAmong(only, channelId) ? !isAmong(except, channelId) : false,
            )
            .map((one) => one.policy);
          const counts = policyFor(policies, { channelId });
          assert.deepEqual(reaching, counts === null ? [] : [counts]);
        },
      ),
    );
  });
});
