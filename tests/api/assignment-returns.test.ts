import assert from 'node:assert/strict';
import { startAssignmentWorld, type AssignmentWorld, worldStart } from '../support/assignment-world.ts';
import { useRunning } from '../support/use-running.ts';

const collections = [
  ...['assignment_policies', 'agent_states', 'queue_wakes', 'conversations', 'timers', 'messages'],
  ...['audit_events', 'outbox_events', 'leases'],
];

describe('assigned conversations', function () {
  this.timeout(60_000);
  const world = useRunning<AssignmentWorld>(() => startAssignmentWorld('assignment_returns'));
  const settle = () => world().settle();
  const advance = (seconds: number) => world().clock.advance(seconds * 1_000);

  afterEach(async () => {
    const { clock, collection } = world();
    clock.advance(worldStart.getTime() - clock.now().getTime());
    for (const name of collections) await collection(name).deleteMany({});
  });

  type Agent = Awaited<ReturnType<ReturnType<AssignmentWorld['business']>['agent']>>;

  /** Time passes while these agents stay connected. */
  async function passWith(agents: readonly Agent[], seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 30) {
      for (const agent of agents) await agent.beat();
      await world().pass(Math.min(30, left), 30);
    }
  }
  const hex = ({ userId }: Agent): string => userId.toHexString();

  describe('nobody replies', () => {
    it('returns to the queue in time, and goes to another agent', async () => {
      const business = world().business();
      await business.addPolicy({ returnAfterSeconds: 300, capacity: 1 });
      const first = await business.agent();
      const contact = business.contact();
      await contact.writes();
      await settle();
      const second = await business.agent();
      await passWith([first, second], 270);
      assert.equal(await contact.agentId(), hex(first));
      await passWith([first, second], 60);
      assert.equal(await contact.agentId(), hex(second));
      assert.deepEqual(await contact.reasons(), ['least-loaded', 'no-reply', 'least-loaded']);
      assert.deepEqual((await contact.conversation()).assignment?.waitingSince, worldStart);
      await business.assertCounts();
    });

    it('the agent has replied › stays', async () => {
      const business = world().business();
      await business.addPolicy({ returnAfterSeconds: 300 });
      const agents = [await business.agent(), await business.agent()];
      const contact = business.contact();
      await contact.writes();
      await settle();
      advance(10);
      await contact.isAnswered();
      await passWith(agents, 600);
      assert.deepEqual(await contact.reasons(), ['least-loaded']);
    });

    it('nobody else is there › waits for others for five minutes, then goes back to the same agent', async () => {
      const business = world().business();
      await business.addPolicy({ returnAfterSeconds: 60 });
      const agent = await business.agent();
      const contact = business.contact();
      await contact.writes();
      await settle();
      await passWith([agent], 120);
      const { queue } = await contact.conversation();
      assert.deepEqual([queue?.since, queue?.excluded, queue?.rounds], [worldStart, [agent.userId], 1]);
      const next = business.contact();
      await next.writes();
      await settle();
      assert.equal(await next.agentId(), hex(agent));
      await next.isAnswered();
      await passWith([agent], 210);
      assert.equal(await contact.agentId(), null);
      await passWith([agent], 60);
      assert.equal(await contact.agentId(), hex(agent));
    });

    it('three rounds › the team is told once, and it stays with its agent', async () => {
      const business = world().business();
      await business.addPolicy({ returnAfterSeconds: 60 });
      const agents = [await business.agent(), await business.agent()];
      const contact = business.contact();
      await contact.writes();
      await settle();
      await passWith(agents, 900);
      const reasons = await contact.reasons();
      assert.equal(reasons.filter((reason) => reason === 'no-reply').length, 3);
      assert.notEqual(await contact.agentId(), null);
      const starved = { ...business.scope, type: 'assignment.starved' };
      assert.equal(await world().collection('outbox_events').countDocuments(starved), 1);
      await business.assertCounts();
    });
  });

  describe('the agent is gone', () => {
    it('chooses offline › unanswered ones return after the grace, answered ones stay', async () => {
      const business = world().business();
      await business.addPolicy({ offlineGraceSeconds: 120 });
      const agent = await business.agent();
      const [open, answered] = [business.contact(), business.contact()];
      await open.writes();
      await answered.writes();
      await settle();
      advance(5);
      await answered.isAnswered();
      await agent.choose('offline');
      await world().pass(110);
      assert.equal(await open.agentId(), hex(agent));
      await world().pass(20);
      assert.deepEqual([await open.agentId(), await answered.agentId()], [null, hex(agent)]);
      assert.deepEqual((await open.conversation()).queue?.since, worldStart);
      assert.deepEqual(await open.reasons(), ['least-loaded', 'agent-offline']);
      await business.assertCounts();
    });

    it('loses the connection and comes back within the grace › nothing happened', async () => {
      const business = world().business();
      await business.addPolicy({ offlineGraceSeconds: 120 });
      const agent = await business.agent();
      const contact = business.contact();
      await contact.writes();
      await settle();
      await world().pass(150);
      assert.equal((await agent.state()).told, 'offline');
      await agent.beat();
      await passWith([agent], 300);
      assert.deepEqual([await contact.agentId(), await contact.reasons()], [hex(agent), ['least-loaded']]);
    });

    it('loses the connection for good › a colleague gets it after a minute and the grace', async () => {
      const business = world().business();
      await business.addPolicy({ offlineGraceSeconds: 120, capacity: 1 });
      const agent = await business.agent();
      const contact = business.contact();
      await contact.writes();
      await settle();
      const colleague = await business.agent();
      await passWith([colleague], 170);
      assert.equal(await contact.agentId(), hex(agent));
      await passWith([colleague], 60);
      assert.equal(await contact.agentId(), hex(colleague));
    });

    it('was disabled while a conversation was set aside › it returns when it is opened again', async () => {
      const business = world().business();
      await business.addPolicy();
      const agent = await business.agent();
      const contact = business.contact();
      await contact.writes();
      await settle();
      await contact.isDecided({ status: 'pending' });
      const { audit, process } = world();
      const gone = { userId: agent.userId, isActive: false };
      await audit.runInTransaction((session) => process.presence.followUser(business.scope, gone, session));
      await settle();
      assert.equal(await contact.agentId(), hex(agent));
      await contact.isDecided({ status: 'open' });
      await settle();
      assert.equal(await contact.agentId(), null);
      assert.equal((await contact.reasons()).at(-1), 'agent-disabled');
      await business.assertCounts();
    });

    it('is assigned by hand while they are offline › it returns after the grace', async () => {
      const business = world().business();
      await business.addPolicy({ offlineGraceSeconds: 120 });
      const agent = await business.agent('offline');
      await world().pass(600, 60);
      const contact = business.contact();
      await contact.writes();
      await contact.isDecided({ assignedAgentId: agent.userId });
      await world().pass(110);
      assert.equal(await contact.agentId(), hex(agent));
      await world().pass(20);
      assert.equal(await contact.agentId(), null);
    });

    it('is away › keeps what they have, and gets nothing more', async () => {
      const business = world().business();
      await business.addPolicy();
      const agent = await business.agent();
      const [one, two] = [business.contact(), business.contact()];
      await one.writes();
      await settle();
      await agent.choose('away');
      await two.writes();
      await passWith([agent], 300);
      assert.deepEqual([await one.agentId(), await two.agentId()], [hex(agent), null]);
    });
  });

  describe('a closed conversation is reopened by its contact', () => {
    async function closedWith(fields: object = {}) {
      const business = world().business();
      await business.addPolicy({ capacity: 1, ...fields });
      const agent = await business.agent();
      const contact = business.contact();
      await contact.writes();
      await settle();
      advance(1);
      await contact.isAnswered();
      await contact.isDecided({ status: 'closed' });
      await settle();
      advance(10);
      return { business, agent, contact };
    }

    it('its agent is online and has room › goes back to them', async () => {
      const { business, agent, contact } = await closedWith();
      await contact.writes();
      const { assignedAgentId, assignment } = await contact.conversation();
      assert.deepEqual(assignedAgentId, agent.userId);
      assert.deepEqual(assignment?.waitingSince, world().clock.now());
      assert.equal((await contact.reasons()).at(-1), 'last-agent');
      await business.assertCounts();
    });

    it('its agent is full, or gone › waits in the queue for anybody', async () => {
      const { business, agent, contact } = await closedWith();
      const other = business.contact();
      await other.writes();
      await settle();
      assert.equal(await other.agentId(), hex(agent));
      await contact.writes();
      const { queue, assignedAgentId } = await contact.conversation();
      assert.deepEqual([assignedAgentId, queue?.since], [undefined, world().clock.now()]);
      assert.equal((await contact.reasons()).at(-1), 'last-agent-unavailable');
      await business.assertCounts();
      const colleague = await business.agent();
      await settle();
      assert.equal(await contact.agentId(), hex(colleague));
      await business.assertCounts();
    });

    it('the policy is not sticky › waits in the queue', async () => {
      const { contact } = await closedWith({ isSticky: false });
      await contact.writes();
      assert.notEqual((await contact.conversation()).queue, undefined);
    });

    it('no policy › stays with its agent, and counts', async () => {
      const { business, agent, contact } = await closedWith({ method: 'manual' });
      await contact.isDecided({ assignedAgentId: agent.userId });
      await world().collection('assignment_policies').deleteMany({});
      await contact.writes();
      const { queue, assignedAgentId, status } = await contact.conversation();
      assert.deepEqual([assignedAgentId, queue, status], [agent.userId, undefined, 'open']);
      await business.assertCounts();
    });
  });

  it('the fair limit is reached › the rest waits until it allows more, without any other cause', async () => {
    const business = world().business();
    await business.addPolicy({ fairLimit: { count: 2, perSeconds: 60 } });
    const agent = await business.agent();
    const contacts = Array.from({ length: 5 }, () => business.contact());
    for (const contact of contacts) await contact.writes();
    await settle();
    const given = async () => {
      const agents = await Promise.all(contacts.map((contact) => contact.agentId()));
      return agents.filter((one) => one !== null).length;
    };
    assert.equal(await given(), 2);
    await passWith([agent], 50);
    assert.equal(await given(), 2);
    await passWith([agent], 30);
    assert.equal(await given(), 4);
    await passWith([agent], 60);
    assert.equal(await given(), 5);
  });

  it('labels and age that the policy leaves out › are not assigned', async () => {
    const business = world().business();
    const label = (await business.addPolicy())._id;
    const { collection } = world();
    await collection('assignment_policies').updateOne(
      { ...business.scope },
      { $set: { maxAgeHours: 24, excludedLabels: [label] } },
    );
    const [old, labelled, usual] = [business.contact(), business.contact(), business.contact()];
    for (const contact of [old, labelled, usual]) await contact.writes();
    const { _id: oldId } = await old.conversation();
    await collection('conversations').updateOne({ _id: oldId }, { $set: { lastMessageAt: new Date(0) } });
    const { _id: labelledId } = await labelled.conversation();
    await collection('conversations').updateOne({ _id: labelledId }, { $set: { labels: [label] } });
    const agent = await business.agent();
    await settle();
    assert.deepEqual(
      [await old.agentId(), await labelled.agentId(), await usual.agentId()],
      [null, null, hex(agent)],
    );
  });

  it('the process is killed before it commits › nothing is stored, and another one assigns it once', async () => {
    const business = world().business();
    await business.addPolicy({ capacity: 1 });
    const agent = await business.agent();
    const contact = business.contact();
    await contact.writes();
    const killed = world().createProcess(async () => {
      throw new Error('killed');
    });
    await killed.drainer.drainDue();
    assert.deepEqual([await contact.agentId(), (await agent.state()).openCount], [null, 0]);
    await settle();
    assert.deepEqual([await contact.agentId(), (await agent.state()).openCount], [hex(agent), 1]);
  });

  it('it is closed, and its agent disabled, while it is assigned › never closed in a slot, never with the disabled', async () => {
    for (let round = 0; round < 5; round += 1) {
      const business = world().business();
      await business.addPolicy({ capacity: 2 });
      const agent = await business.agent();
      const [closing, staying] = [business.contact(), business.contact()];
      await closing.writes();
      await staying.writes();
      const { process } = world();
      const { audit } = world();
      await Promise.all([
        process.drainer.drainDue(),
        closing.isDecided({ status: 'closed' }),
        audit.runInTransaction((session) =>
          process.presence.followUser(business.scope, { userId: agent.userId, isActive: false }, session),
        ),
      ]);
      await settle();
      assert.equal((await closing.conversation()).status, 'closed');
      assert.equal(await staying.agentId(), null);
      assert.equal((await agent.state()).openCount, 0);
      await business.assertCounts();
    }
  });

  it('an agent is full by hand › it counts, and they get no more until they are below the capacity', async () => {
    const business = world().business();
    await business.addPolicy({ capacity: 1 });
    const agent = await business.agent('away');
    const contacts = [business.contact(), business.contact(), business.contact()];
    for (const contact of contacts) await contact.writes();
    await contacts[0]?.isDecided({ assignedAgentId: agent.userId });
    await contacts[1]?.isDecided({ assignedAgentId: agent.userId });
    await agent.choose('online');
    await settle();
    assert.equal((await agent.state()).openCount, 2);
    assert.equal(await contacts[2]?.agentId(), null);
    await contacts[0]?.isDecided({ status: 'closed' });
    await settle();
    assert.equal(await contacts[2]?.agentId(), null);
    await contacts[1]?.isDecided({ status: 'closed' });
    await settle();
    assert.equal(await contacts[2]?.agentId(), hex(agent));
    await business.assertCounts();
  });
});
