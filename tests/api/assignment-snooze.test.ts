/** Conversations that are set aside or closed by the product, in a business with an assignment policy. */
import assert from 'node:assert/strict';
import { startAssignmentWorld, type AssignmentWorld, worldStart } from '../support/assignment-world.ts';
import { useRunning } from '../support/use-running.ts';

const collections = [
  ...['assignment_policies', 'agent_states', 'queue_wakes', 'conversations', 'timers', 'messages'],
  ...['audit_events', 'outbox_events', 'leases', 'inbox_settings'],
];
const hourSeconds = 60 * 60;

describe('assignment of what was set aside', function () {
  this.timeout(60_000);
  const world = useRunning<AssignmentWorld>(() => startAssignmentWorld('assignment_snooze'));
  const settle = () => world().settle();
  const advance = (seconds: number) => world().clock.advance(seconds * 1_000);
  const now = () => world().clock.now();

  type Business = ReturnType<AssignmentWorld['business']>;
  type Agent = Awaited<ReturnType<Business['agent']>>;
  type Contact = ReturnType<Business['contact']>;

  afterEach(async () => {
    const { clock, collection } = world();
    clock.advance(worldStart.getTime() - clock.now().getTime());
    for (const name of collections) await collection(name).deleteMany({});
  });

  /** Time passes while these agents stay connected. */
  async function passWith(agents: readonly Agent[], seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 30) {
      for (const agent of agents) await agent.beat();
      await world().pass(Math.min(30, left), 30);
    }
  }
  const hex = ({ userId }: Agent): string => userId.toHexString();
  const openCountOf = async (agent: Agent): Promise<number> => (await agent.state()).openCount;

  /** A contact whose conversation an agent has. */
  async function contactOf(business: Business, agent: Agent): Promise<Contact> {
    const contact = business.contact();
    await contact.writes();
    await settle();
    assert.equal(await contact.agentId(), hex(agent));
    return contact;
  }

  it('snoozed › its slot goes to the next one; it takes a slot again when it wakes', async () => {
    const business = world().business();
    await business.addPolicy({ capacity: 1 });
    const agent = await business.agent();
    const snoozed = await contactOf(business, agent);
    const next = business.contact();
    await next.writes();
    await settle();
    assert.equal(await next.agentId(), null);
    await snoozed.isSnoozed(60);
    await settle();
    assert.equal(await next.agentId(), hex(agent));
    assert.equal(await openCountOf(agent), 1);
    await passWith([agent], 90);
    assert.deepEqual(await snoozed.reasons(), ['least-loaded', 'snooze-ended']);
    assert.equal(await snoozed.agentId(), hex(agent));
    assert.equal(await openCountOf(agent), 2);
    await business.assertCounts();
  });

  it('snoozed while it waits › in no queue, and nobody gets it; it waits again when it wakes', async () => {
    const business = world().business();
    await business.addPolicy();
    const contact = business.contact();
    await contact.writes();
    await settle();
    assert.deepEqual((await contact.conversation()).queue?.since, worldStart);
    await contact.isSnoozed(60);
    const agent = await business.agent();
    await settle();
    const { queue } = await contact.conversation();
    assert.deepEqual([queue, await contact.agentId()], [undefined, null]);
    await passWith([agent], 90);
    assert.equal(await contact.agentId(), hex(agent));
    assert.deepEqual(await contact.reasons(), ['snooze-ended', 'least-loaded']);
  });

  for (const presence of ['away', 'offline'] as const)
    it(`its agent is ${presence} when the time is over › the queue gives it to somebody who is there`, async () => {
      const business = world().business();
      await business.addPolicy();
      const agent = await business.agent();
      const contact = await contactOf(business, agent);
      await contact.isAnswered();
      await contact.isSnoozed(60);
      const other = await business.agent();
      await agent.choose(presence);
      await passWith([agent, other], 90);
      assert.equal(await contact.agentId(), hex(other));
      const reasons = ['least-loaded', 'snooze-ended', 'last-agent-unavailable', 'least-loaded'];
      assert.deepEqual(await contact.reasons(), reasons);
      assert.deepEqual([await openCountOf(agent), await openCountOf(other)], [0, 1]);
    });

  it('its agent is gone when the contact writes › waits since the message, by the provider’s clock', async () => {
    const business = world().business();
    await business.addPolicy();
    const agent = await business.agent();
    const contact = await contactOf(business, agent);
    advance(1);
    await contact.isAnswered();
    await contact.isSnoozed(null);
    await agent.choose('offline');
    advance(600);
    const written = new Date(now().getTime() - 5_000);
    await contact.writes(written);
    const { status, queue, assignedAgentId } = await contact.conversation();
    assert.deepEqual([status, assignedAgentId], ['open', undefined]);
    assert.deepEqual(queue, { since: written, excluded: [], rounds: 0, isWoken: true });
    await business.assertCounts();
  });

  it('older than what its policy assigns › is assigned when it wakes all the same', async () => {
    const business = world().business();
    await business.addPolicy({ maxAgeHours: 1 });
    const contact = business.contact();
    await contact.writes();
    await contact.isSnoozed(2 * hourSeconds);
    advance(2 * hourSeconds);
    const agent = await business.agent();
    await settle();
    assert.equal(await contact.agentId(), hex(agent));
  });

  it('its agent was disabled meanwhile › goes to a colleague', async () => {
    const business = world().business();
    await business.addPolicy();
    const agent = await business.agent();
    const contact = await contactOf(business, agent);
    await contact.isSnoozed(60);
    const { audit, process } = world();
    await audit.runInTransaction((session) =>
      process.presence.followUser(business.scope, { userId: agent.userId, isActive: false }, session),
    );
    const other = await business.agent();
    await passWith([other], 90);
    assert.equal(await contact.agentId(), hex(other));
    await business.assertCounts();
  });

  for (const [situation, addPolicy] of [
    ['a policy by hand', (business: Business) => business.addPolicy({ method: 'manual' })],
    ['no policy', async () => undefined],
  ] as const)
    it(`${situation} › wakes with its agent, who is away`, async () => {
      const business = world().business();
      await addPolicy(business);
      const agent = await business.agent();
      const contact = business.contact();
      await contact.writes();
      await contact.isDecided({ assignedAgentId: agent.userId });
      await agent.choose('away');
      await contact.isSnoozed(60);
      await passWith([agent], 90);
      assert.equal(await contact.agentId(), hex(agent));
      assert.equal((await contact.conversation()).status, 'open');
      assert.equal(await openCountOf(agent), 1);
    });

  it('nobody replies after it woke › returns, as long after as if it were new', async () => {
    const business = world().business();
    await business.addPolicy({ returnAfterSeconds: 120 });
    const agent = await business.agent();
    const contact = await contactOf(business, agent);
    const other = await business.agent();
    await contact.isSnoozed(300);
    await passWith([agent, other], 390);
    assert.deepEqual(await contact.reasons(), ['least-loaded', 'snooze-ended']);
    await passWith([agent, other], 60);
    assert.deepEqual(await contact.reasons(), ['least-loaded', 'snooze-ended', 'no-reply', 'least-loaded']);
    assert.equal(await contact.agentId(), hex(other));
  });

  it('the contact writes at the moment at which it wakes › one of both wakes it, into one slot', async () => {
    const business = world().business();
    await business.addPolicy();
    const agent = await business.agent();
    const contacts = [await contactOf(business, agent), await contactOf(business, agent)];
    for (const contact of contacts) await contact.isSnoozed(60);
    advance(60);
    await agent.beat();
    await Promise.all([settle(), ...contacts.map((contact) => contact.writes())]);
    await settle();
    for (const contact of contacts) {
      const { status, history } = await contact.conversation();
      assert.equal(status, 'open');
      assert.equal(history.filter((entry) => entry.status === 'open').length, 1);
    }
    assert.equal(await openCountOf(agent), 2);
    await business.assertCounts();
  });

  it('a silent conversation closes by itself › its slot goes to the one that waits', async () => {
    const business = world().business();
    await business.addPolicy({ capacity: 1 });
    await business.closesAfter(1);
    const agent = await business.agent();
    const silent = await contactOf(business, agent);
    advance(2);
    await silent.isAnswered();
    const next = business.contact();
    await next.writes();
    await settle();
    assert.equal(await next.agentId(), null);
    advance(hourSeconds + 900);
    await agent.beat();
    await settle();
    const { status, assignment } = await silent.conversation();
    assert.deepEqual([status, assignment], ['closed', undefined]);
    assert.deepEqual(await silent.reasons(), ['least-loaded', 'contact-silent']);
    assert.equal(await next.agentId(), hex(agent));
    assert.equal(await openCountOf(agent), 1);
    await business.assertCounts();
  });
});
