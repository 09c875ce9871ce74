/** Random courses of one business, compared after each step with what must always hold. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AgentStateDoc } from '../../src/inbox/assignment/agents/model.ts';
import { effectivePresence, presences } from '../../src/inbox/assignment/agents/presence.ts';
import type { ConversationRecord } from '../../src/inbox/conversations/model.ts';
import { startAssignmentWorld, type AssignmentWorld } from '../support/assignment-world.ts';
import { useRunning } from '../support/use-running.ts';

const runs = Number(process.env['ASSIGNMENT_RUNS'] ?? 10);
const capacity = 2;

const who = fc.nat(2);
const which = fc.nat(5);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('writes' as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('is-answered' as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('is-closed' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('is-set-aside' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('is-opened' as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('is-snoozed' as const),
      which,
      seconds: fc.option(fc.integer({ min: 60, max: 300 }), { nil: null }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('is-assigned' as const), which, who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('is-unassigned' as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('chooses' as const),
      who,
      state: fc.constantFrom(...presences),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('is-disabled' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('is-enabled' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 200 }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

describe('assignment › random courses', function () {
  this.timeout(600_000);
  const world = useRunning<AssignmentWorld>(() => startAssignmentWorld('assignment_properties'));

  async function stage() {
    const business = world().business();
    await business.addPolicy({ capacity, returnAfterSeconds: 120, offlineGraceSeconds: 60 });
    const agents = [await business.agent(), await business.agent('away'), await business.agent('offline')];
    const contacts = Array.from({ length: 6 }, () => business.contact());
    const begun = new Set<number>();

    async function take(one: Step): Promise<void> {
      world().clock.advance(1_000);
      if ('which' in one) {
        const contact = contacts[one.which];
        assert.ok(contact);
        if (one.kind === 'writes') {
          begun.add(one.which);
          return contact.writes();
        }
        if (!begun.has(one.which)) return;
        if (one.kind === 'is-answered') return contact.isAnswered();
        if (one.kind === 'is-assigned') {
          const agent = agents[one.who];
          assert.ok(agent);
          const { disabledAt } = await agent.state();
          if (disabledAt === undefined) await contact.isDecided({ assignedAgentId: agent.userId });
          return;
        }
        if (one.kind === 'is-snoozed') {
          // As the routes do.
          if ((await contact.conversation()).status !== 'closed') await contact.isSnoozed(one.seconds);
          return;
        }
        if (one.kind === 'is-unassigned') await contact.isDecided({ assignedAgentId: null });
        else {
          const status = ({ 'is-closed': 'closed', 'is-set-aside': 'pending', 'is-opened': 'open' } as const)[
            one.kind
          ];
          await contact.isDecided({ status });
        }
        return;
      }
      if (one.kind === 'pass') return world().pass(one.seconds, 30);
      const agent = agents[one.who];
      assert.ok(agent);
      if (one.kind === 'chooses') await agent.choose(one.state);
      else
        await world().audit.runInTransaction((session) =>
          world().process.presence.followUser(
            business.scope,
            { userId: agent.userId, isActive: one.kind === 'is-enabled' },
            session,
          ),
        );
    }

    /** What must hold whenever timers and queues have come to rest. */
    async function assertSound(): Promise<void> {
      await business.assertCounts();
      const now = world().clock.now();
      const { collection } = world();
      const states = await collection<AgentStateDoc>('agent_states')
        .find({ ...business.scope })
        .toArray();
      const found = await collection<ConversationRecord>('conversations')
        .find({ ...business.scope })
        .toArray();
      for (const { queue, status, snooze, assignedAgentId } of found) {
        if (snooze !== undefined) {
          assert.equal(status, 'pending', 'only what is set aside is snoozed');
          assert.ok(snooze.until === null || snooze.until > now, 'what was due has woken');
        }
        const isFree = status === 'open' && assignedAgentId === undefined;
        // Every conversation was begun by its contact, so each that is free waits.
        assert.equal(queue !== undefined, isFree, `waits exactly while it is free: ${status}`);
        const owner = states.find(({ userId }) => assignedAgentId?.equals(userId) === true);
        if (status === 'open') assert.equal(owner?.disabledAt, undefined, 'nobody disabled has an open one');
      }
      const free = states.filter(
        (state) => effectivePresence(state, now) === 'online' && state.openCount < capacity,
      );
      const stuck = found.filter(
        ({ queue }) =>
          queue !== undefined && free.some(({ userId }) => !queue.excluded.some((id) => id.equals(userId))),
      );
      assert.deepEqual(
        stuck.map(({ _id }) => _id),
        [],
        'nothing waits while somebody who may get it is free',
      );
    }
    return { take, assertSound };
  }

  it('any course › counts are right, what is free waits, and nothing waits for somebody who is free', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (course) => {
        const { take, assertSound } = await stage();
        for (const one of course) {
          await take(one);
          await world().settle();
          await assertSound();
        }
      }),
      { numRuns: runs },
    );
  });

  it('any course without rest between the steps › sound in the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (course) => {
        const { take, assertSound } = await stage();
        for (const one of course) await take(one);
        await world().settle();
        await assertSound();
      }),
      { numRuns: runs },
    );
  });
});
