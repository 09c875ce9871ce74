import assert from 'node:assert/strict';
import { createAgentStateRepository } from '../../src/inbox/assignment/agents/repository.ts';
import { createFindMembers } from '../../src/inbox/assignment/policies/members.ts';
import { createAssignmentPolicyRepository } from '../../src/inbox/assignment/policies/repository.ts';
import { createAssign } from '../../src/inbox/assignment/queue/assign.ts';
import { createDrain } from '../../src/inbox/assignment/queue/drain.ts';
import { newId } from '../../src/platform/ids.ts';
import { startAssignmentWorld, type AssignmentWorld, worldStart } from '../support/assignment-world.ts';
import { useRunning } from '../support/use-running.ts';

const collections = [
  ...['assignment_policies', 'agent_states', 'queue_wakes', 'conversations', 'timers', 'messages'],
  ...['audit_events', 'outbox_events', 'leases'],
];

describe('queue of conversations', function () {
  this.timeout(60_000);
  const world = useRunning<AssignmentWorld>(() => startAssignmentWorld('assignment_queue'));
  const settle = () => world().settle();
  const advance = (seconds: number) => world().clock.advance(seconds * 1_000);

  afterEach(async () => {
    const { clock, collection } = world();
    clock.advance(worldStart.getTime() - clock.now().getTime());
    for (const name of collections) await collection(name).deleteMany({});
  });

  it('a contact writes and an agent is online › it is assigned, and its history says how', async () => {
    const business = world().business();
    await business.addPolicy();
    const agent = await business.agent();
    const contact = business.contact();
    await contact.writes();
    await settle();
    const { assignedAgentId, queue, history, assignment } = await contact.conversation();
    assert.deepEqual(assignedAgentId, agent.userId);
    assert.equal(queue, undefined);
    assert.deepEqual(assignment?.waitingSince, worldStart);
    assert.deepEqual(
      history.map(({ by, reason, assignedAgentId: to }) => ({ by, reason, to })),
      [{ by: undefined, reason: 'least-loaded', to: agent.userId }],
    );
    assert.equal((await agent.state()).openCount, 1);
    await business.assertCounts();
  });

  it('no policy › nothing waits and nothing is assigned', async () => {
    const business = world().business();
    await business.agent();
    const contact = business.contact();
    await contact.writes();
    await settle();
    const { queue, assignedAgentId } = await contact.conversation();
    assert.deepEqual([queue, assignedAgentId], [undefined, undefined]);
    assert.equal(await world().collection('queue_wakes').countDocuments({}), 0);
  });

  it('a manual policy › it waits, and only people assign it', async () => {
    const business = world().business();
    await business.addPolicy({ method: 'manual' });
    const agent = await business.agent();
    const contact = business.contact();
    await contact.writes();
    await settle();
    assert.deepEqual((await contact.conversation()).queue, { since: worldStart, excluded: [], rounds: 0 });
    await contact.isDecided({ assignedAgentId: agent.userId });
    assert.equal((await contact.conversation()).queue, undefined);
    await business.assertCounts();
  });

  it('nobody is online › it waits; the first agent who comes gets it', async () => {
    const business = world().business();
    await business.addPolicy();
    const agent = await business.agent('away');
    const contact = business.contact();
    await contact.writes();
    await settle();
    assert.equal(await contact.agentId(), null);
    await agent.choose('online');
    await settle();
    assert.equal(await contact.agentId(), agent.userId.toHexString());
  });

  it('an agent comes back by a heartbeat › gets what waits', async () => {
    const business = world().business();
    await business.addPolicy();
    const agent = await business.agent();
    advance(61);
    await settle();
    const contact = business.contact();
    await contact.writes();
    await settle();
    assert.equal(await contact.agentId(), null);
    await agent.beat();
    await settle();
    assert.equal(await contact.agentId(), agent.userId.toHexString());
  });

  it('agents are full › the slot that becomes free goes to the one that waits longest, not to a newer one', async () => {
    const business = world().business();
    await business.addPolicy({ capacity: 1 });
    const agent = await business.agent();
    const [first, second, third] = [business.contact(), business.contact(), business.contact()];
    await first.writes();
    await settle();
    advance(1);
    await second.writes();
    advance(1);
    await settle();
    assert.equal(await second.agentId(), null);
    await first.isDecided({ status: 'closed' });
    // It arrives before the queue moves on.
    await third.writes();
    await settle();
    assert.deepEqual([await second.agentId(), await third.agentId()], [agent.userId.toHexString(), null]);
    await second.isDecided({ status: 'pending' });
    await settle();
    assert.equal(await third.agentId(), agent.userId.toHexString());
    await business.assertCounts();
  });

  it('least loaded › fewest open conversations first, then who got none for longest', async () => {
    const business = world().business();
    await business.addPolicy({ method: 'least-loaded' });
    const [a, b] = [await business.agent(), await business.agent()];
    const byHand = business.contact();
    await byHand.writes();
    await byHand.isDecided({ assignedAgentId: a.userId });
    const given: (string | null)[] = [];
    for (let count = 0; count < 3; count += 1) {
      const contact = business.contact();
      await contact.writes();
      await settle();
      given.push(await contact.agentId());
      advance(1);
    }
    const [hexA, hexB] = [a.userId.toHexString(), b.userId.toHexString()];
    assert.deepEqual(given, [hexB, hexA, hexB]);
    await business.assertCounts();
  });

  it('round robin › in turn, whatever each has', async () => {
    const business = world().business();
    await business.addPolicy({ method: 'round-robin' });
    const agents = [await business.agent(), await business.agent(), await business.agent()];
    const given: (string | null)[] = [];
    for (let count = 0; count < 6; count += 1) {
      const contact = business.contact();
      await contact.writes();
      await settle();
      given.push(await contact.agentId());
      advance(1);
    }
    const inOrder = agents.map(({ userId }) => userId.toHexString()).toSorted();
    assert.deepEqual(given, [...inOrder, ...inOrder]);
  });

  it('a policy for some channels and agents › others go by the next policy', async () => {
    const business = world().business();
    const [vip, usual] = [await business.agent(), await business.agent()];
    const channelId = newId();
    await business.addPolicy({ priority: 1, channelIds: [channelId], agentIds: [vip.userId] });
    await business.addPolicy({ priority: 2, agentIds: [usual.userId] });
    const [one, two] = [business.contact(channelId), business.contact()];
    await one.writes();
    await two.writes();
    await settle();
    assert.deepEqual(
      [await one.agentId(), await two.agentId()],
      [vip.userId.toHexString(), usual.userId.toHexString()],
    );
  });

  it('the order is earliest created › the older conversation first, whoever waits longer', async () => {
    const business = world().business();
    await business.addPolicy({ order: 'earliest-created', capacity: 1 });
    const [older, newer] = [business.contact(), business.contact()];
    await older.writes();
    await older.isDecided({ status: 'pending' });
    advance(60);
    await newer.writes();
    advance(60);
    await older.isDecided({ status: 'open' });
    const agent = await business.agent();
    await settle();
    assert.deepEqual([await older.agentId(), await newer.agentId()], [agent.userId.toHexString(), null]);
  });

  it('a user unassigns it › it waits at the place that it had, unless it was answered', async () => {
    const business = world().business();
    await business.addPolicy({ method: 'manual' });
    const agent = await business.agent();
    const contact = business.contact();
    await contact.writes();
    advance(60);
    await contact.isDecided({ assignedAgentId: agent.userId });
    advance(60);
    await contact.isDecided({ assignedAgentId: null });
    assert.deepEqual((await contact.conversation()).queue?.since, worldStart);
    await contact.isDecided({ assignedAgentId: agent.userId });
    await contact.isAnswered();
    advance(60);
    await contact.isDecided({ assignedAgentId: null });
    assert.deepEqual((await contact.conversation()).queue?.since, world().clock.now());
    await business.assertCounts();
  });

  it('two processes and many conversations › each is assigned once, and nobody gets more than the capacity', async () => {
    const business = world().business();
    await business.addPolicy({ capacity: 5 });
    const agents = [await business.agent(), await business.agent(), await business.agent()];
    const contacts = Array.from({ length: 20 }, () => business.contact());
    for (const contact of contacts) {
      await contact.writes();
      advance(0.001);
    }
    const others = [world().createProcess(), world().createProcess()];
    await Promise.all([world().process, ...others].map(({ drainer }) => drainer.drainDue()));
    await settle();
    const given = await Promise.all(contacts.map((contact) => contact.agentId()));
    assert.deepEqual(
      given.map((agent) => agent !== null),
      [...Array.from({ length: 15 }, () => true), ...Array.from({ length: 5 }, () => false)],
    );
    for (const agent of agents) assert.equal((await agent.state()).openCount, 5);
    await business.assertCounts();
  });

  it('the counts of agents are wrong › the recount corrects them and says by how much; right ones stay', async () => {
    const business = world().business();
    await business.addPolicy({ method: 'manual' });
    const agent = await business.agent();
    const contact = business.contact();
    await contact.writes();
    await contact.isDecided({ assignedAgentId: agent.userId });
    const { process, collection } = world();
    const corrected: number[] = [];
    const recount = process.recount((slots) => corrected.push(slots));
    assert.equal(await recount.recountAll(), 0);
    await collection('agent_states').updateOne({ userId: agent.userId }, { $set: { openCount: 4 } });
    assert.equal(await recount.recountAll(), 3);
    assert.deepEqual(corrected, [3]);
    await business.assertCounts();
    assert.equal(await recount.recountAll(), 0);
  });

  it('an old version has assigned one that waits › it is neither counted nor assigned again', async () => {
    const business = world().business();
    await business.addPolicy();
    const contact = business.contact();
    await contact.writes();
    const assignedAgentId = newId();
    const { _id } = await contact.conversation();
    await world().collection('conversations').updateOne({ _id }, { $set: { assignedAgentId } });
    const [queue] = await world().process.listQueues(business.scope);
    assert.deepEqual([queue?.length, queue?.oldestSince], [0, null]);
    await business.agent();
    await settle();
    assert.equal(await contact.agentId(), assignedAgentId.toHexString());
  });

  const bounds = {
    'the capacity': { capacity: 3 },
    'the fair limit': { fairLimit: { count: 3, perSeconds: 60 } },
  };
  for (const [bound, terms] of Object.entries(bounds)) {
    it(`four drainers at once, without their lease › ${bound} holds, and a conversation is assigned once`, async () => {
      const business = world().business();
      await business.addPolicy(terms);
      const agents = [await business.agent(), await business.agent()];
      const contacts = Array.from({ length: 12 }, () => business.contact());
      for (const contact of contacts) await contact.writes();
      const { scope } = business;
      const { connection, process, audit, repository: conversations, clock } = world();
      const policies = createAssignmentPolicyRepository(connection);
      const states = createAgentStateRepository(connection);
      const seen = await states.listOnline(scope, clock.now());
      const { resource, assignments } = process;
      const { runInTransaction } = audit;
      const findMembers = createFindMembers(async () => null);
      const assign = createAssign({
        agents: states,
        policies,
        findMembers,
        resource,
        assignments,
        runInTransaction,
        clock,
      });
      // Each decides by what it read before the others wrote.
      const drain = createDrain({
        policies,
        agents: { listOnline: async () => seen },
        conversations,
        findMembers,
        assign,
        clock,
      });
      await Promise.all(Array.from({ length: 4 }, () => drain(scope, async () => true)));
      await settle();
      for (const agent of agents) {
        const { openCount, recent } = await agent.state();
        assert.deepEqual([openCount, recent.length], [3, 3]);
      }
      const waiting = await world()
        .collection('conversations')
        .countDocuments({ ...scope, queue: { $exists: true } });
      assert.equal(waiting, 6);
      const audited = { ...scope, action: 'conversation.assigned' };
      assert.equal(await world().collection('audit_events').countDocuments(audited), 6);
      await business.assertCounts();
    });
  }
});
