import assert from 'node:assert/strict';
import type {
  Change,
  ClockState,
  Commit,
  ConversationState,
  Decision,
  Listened,
  NumberedFact,
  StormFacts,
} from '../../proofs/inbox-storm/facts.ts';
import { judgeStorm } from '../../proofs/inbox-storm/judge/judge.ts';

const shown = {
  ...{ status: 'closed', assignedAgentId: 'eve', queuedSince: null, unreadCount: 1 },
  lastMessageAt: '2026-11-29T08:00:00.000Z',
};

const conversation = (
  id: string,
  state: Partial<ConversationState>,
  decision: Decision | null = null,
): Change => ({ kind: 'conversation', id, status: 'open', agentId: null, queue: null, ...state, decision });

const wait = (sinceMs: number, excluded: readonly string[] = [], excludedUntilMs: number | null = null) => ({
  queue: { sinceMs, excluded, excludedUntilMs },
});
const agent = (openCount: number, id = 'eve'): Change => ({ kind: 'agent', id, openCount });
const by = (reason: string, atMs: number, agentId = 'eve'): Decision => ({ reason, atMs, agentId });
const assign = (id: string, atMs: number, openCount: number): Commit => ({
  atMs,
  changes: [conversation(id, { agentId: 'eve' }, by('least-loaded', atMs)), agent(openCount)],
});
const close = (id: string, atMs: number, openCount: number): Commit => ({
  atMs,
  changes: [conversation(id, { status: 'closed', agentId: 'eve' }), agent(openCount)],
});
const lease = (atMs: number, holder: string | null): Commit => ({
  atMs,
  changes: [{ kind: 'queue', holder }],
});
const one = (atMs: number, ...changes: readonly Change[]): Commit => ({ atMs, changes });

const clock = (deadline: ClockState['deadline'], state: Partial<ClockState> = {}): Change => {
  const targetMs = deadline === 'resolution' ? 120_000 : 60_000;
  return {
    ...{
      kind: 'clock',
      id: `${deadline} ${state.cycle ?? 1}`,
      conversationId: 'one',
      cycle: 1,
      deadline,
      round: 1,
    },
    ...{ state: 'running', startedAtMs: 0, dueAtMs: targetMs, warnAtMs: targetMs * 0.8 },
    ...{ endedAtMs: null, warnedAtMs: null, breachedAtMs: null, pausedMs: 0, ...state },
  };
};
const met = (deadline: ClockState['deadline'], endedAtMs: number): Change =>
  clock(deadline, { state: 'met', endedAtMs });

/** Two conversations wait; each is served in order and closed. */
const course: readonly Commit[] = [
  one(1_000, conversation('one', wait(500)), clock('first-response'), clock('resolution')),
  one(1_100, conversation('two', wait(900))),
  lease(1_200, 'drainer'),
  assign('one', 1_300, 1),
  assign('two', 1_400, 2),
  lease(1_500, null),
  one(9_000, met('first-response', 8_900)),
  one(9_500, met('resolution', 9_500)),
  close('one', 9_600, 1),
  close('two', 9_700, 0),
];

const told = (seq: number, fields: Partial<NumberedFact> = {}): NumberedFact => ({
  ...{ seq, id: `event ${seq}`, entity: 'conversation:one', version: seq, audience: 'everyone', view: shown },
  ...fields,
});
const events = [
  told(1),
  told(2, { entity: 'conversation:two' }),
  told(3, { audience: 'admins', entity: 'x:1' }),
  told(4),
];
const listener = (fields: Partial<Listened> = {}): Listened => ({
  ...{ name: 'agent 1', role: 'agent', from: 1, resets: 0, connections: 3 },
  events: [told(2, { entity: 'conversation:two' }), told(4)],
  ...fields,
});

const stored = (id: string) => ({
  ...{
    id,
    contactId: `contact ${id}`,
    status: 'closed' as const,
    reopenings: 0,
    isFromAd: id === 'one',
    shown,
  },
});
const good: StormFacts = {
  posted: [
    { wamid: 'a', from: '491', sha256: 'hash', isFromAd: true },
    { wamid: 'b', from: '492', sha256: null, isFromAd: false },
  ],
  messages: [
    { wamid: 'a', conversationId: 'one', contactId: 'contact one' },
    { wamid: 'b', conversationId: 'two', contactId: 'contact two' },
  ],
  contacts: [
    { id: 'contact one', phone: '491' },
    { id: 'contact two', phone: '492' },
  ],
  conversations: [stored('one'), stored('two')],
  files: [{ wamid: 'a', state: 'stored', sha256: 'hash' }],
  accepted: [{ id: 'reply', conversationId: 'one' }],
  replies: [{ id: 'reply', conversationId: 'one', taken: 1 }],
  commits: [
    ...course,
    // The second conversation has deadlines, too.
    one(
      9_800,
      {
        ...clock('first-response'),
        ...{ id: 'f2', conversationId: 'two', state: 'met', endedAtMs: 9_000 },
      } as Change,
      {
        ...clock('resolution'),
        ...{ id: 'r2', conversationId: 'two', state: 'met', endedAtMs: 9_000 },
      } as Change,
    ),
  ],
  events,
  listened: [listener(), listener({ name: 'admin 1', role: 'admin', events: events.slice(1) })],
  assignment: { capacity: 2, fairLimit: { count: 2, perSeconds: 60 } },
  service: { firstResponseSeconds: 60, nextResponseSeconds: 60, resolutionSeconds: 120, warnAt: 0.8 },
  endedAtMs: 200_000,
};

const judged = (changes: Partial<StormFacts>): readonly string[] => judgeStorm({ ...good, ...changes });

/** The course with other commits after its beginning, in which both conversations wait and nobody has one. */
const after = (...commits: readonly Commit[]): Partial<StormFacts> => ({
  commits: [...course.slice(0, 2), ...commits],
});

function finds(changes: Partial<StormFacts>, says: RegExp): void {
  const violations = judged(changes);
  assert.ok(
    violations.some((violation) => says.test(violation)),
    `${String(says)} is not among\n${violations.join('\n')}`,
  );
}

describe('inbox-storm › the judge of messages and files', () => {
  it('all as it should be › nothing is found', () => {
    assert.deepEqual(judged({}), []);
  });

  it('a message that is lost, doubled, or from nowhere › a violation each', () => {
    const [first, ...others] = good.messages;
    assert.ok(first);
    finds({ messages: others }, /message a is stored 0 times/);
    finds({ messages: [first, ...good.messages] }, /message a is stored 2 times/);
    finds(
      { messages: [...good.messages, { ...first, wamid: 'z' }] },
      /message z is stored and was never accepted/,
    );
  });

  it('a message in no conversation, in that of another, or of another contact › a violation each', () => {
    const withFirst = (fields: object) => ({
      messages: good.messages.map((m, i) => (i === 0 ? { ...m, ...fields } : m)),
    });
    finds(withFirst({ conversationId: 'gone' }), /message a is in no conversation/);
    finds(withFirst({ conversationId: 'two' }), /in the conversation of another contact/);
    finds(withFirst({ contactId: 'contact two' }), /message a belongs to 492 and not to 491/);
  });

  it('a contact twice, two live conversations, a lost advertisement › a violation each', () => {
    finds({ contacts: [...good.contacts, { id: 'again', phone: '491' }] }, /contact 491 is stored 2 times/);
    const live = { ...stored('one'), status: 'open' as const };
    finds({ conversations: [live, { ...live, id: 'three' }] }, /contact one has 2 live conversations/);
    finds(
      { conversations: [{ ...stored('one'), isFromAd: false }, stored('two')] },
      /lost the advertisement/,
    );
  });

  it('a file that is pending, missing, or has other bytes › a violation each', () => {
    finds({ files: [{ wamid: 'a', state: 'pending', sha256: null }] }, /the file of message a is pending/);
    finds({ files: [] }, /the file of message a is not there/);
    finds({ files: [{ wamid: 'a', state: 'stored', sha256: 'other' }] }, /has other bytes/);
  });

  it('an answer that is lost, sent twice, elsewhere, or nobody’s › a violation each', () => {
    const reply = { id: 'reply', conversationId: 'one', taken: 1 };
    finds({ replies: [] }, /answer reply was accepted and is not stored/);
    finds({ replies: [{ ...reply, taken: 2 }] }, /answer reply was sent 2 times/);
    finds({ replies: [{ ...reply, conversationId: 'two' }] }, /in another conversation/);
    finds({ replies: [reply, { ...reply, id: 'x' }] }, /answer x is stored and no agent knows it/);
  });
});

describe('inbox-storm › the judge of assignments', () => {
  it('one more than the capacity, automatically › a violation; by hand › none', () => {
    const third = conversation('three', wait(950));
    const rest = [one(1_150, third), lease(1_200, 'd'), assign('one', 1_300, 1), assign('two', 1_400, 2)];
    const fair = { assignment: { capacity: 2, fairLimit: { count: 9, perSeconds: 60 } } };
    finds(
      { ...after(...rest, assign('three', 1_500, 3)), ...fair },
      /agent eve has 3 conversations with three/,
    );
    const taken = one(1_500, conversation('three', { agentId: 'eve' }, by('taken', 1_500)), agent(3));
    const violations = judged({ ...after(...rest, taken), ...fair });
    assert.ok(!violations.some((violation) => violation.includes('more than 2')), violations.join('\n'));
  });

  it('more than the fair limit › a violation', () => {
    const limit = { assignment: { capacity: 2, fairLimit: { count: 1, perSeconds: 60 } } };
    finds(limit, /agent eve got 2 conversations within 100 ms/);
  });

  it('a later one is served first › a violation', () => {
    finds(
      after(lease(1_200, 'd'), assign('two', 1_300, 1)),
      /two was served before one, which waits 400 ms longer/,
    );
  });

  it('an older one comes while the drainer works › none; by its next turn › a violation', () => {
    const late = one(1_250, conversation('late', wait(100)));
    const served = [assign('one', 1_300, 1), assign('two', 1_400, 2)];
    const orders = (commits: Partial<StormFacts>) =>
      judged(commits).filter((found) => found.includes('served before'));
    assert.deepEqual(orders(after(lease(1_200, 'd'), late, ...served)), []);
    assert.equal(
      orders(after(lease(1_200, 'd'), late, lease(1_260, null), lease(1_270, 'e'), ...served)).length,
      2,
    );
  });

  it('the turn of a killed drainer, whose lease another one took › its look counts until its transaction is over', () => {
    const late = one(1_250, conversation('late', wait(100)));
    const overtaken = after(lease(1_200, 'dead'), late, lease(6_300, 'next'), assign('one', 6_400, 1));
    assert.ok(!judged(overtaken).some((found) => found.includes('served before')));
    finds(
      after(lease(1_200, 'dead'), late, lease(6_300, 'next'), assign('one', 30_000, 1)),
      /one was served before late/,
    );
  });

  it('the older one was returned by this agent › none; its exclusion is over, or is of another › a violation', () => {
    const withOlder = (older: ReturnType<typeof wait>) =>
      after(one(1_150, conversation('older', older)), lease(1_200, 'd'), assign('one', 1_300, 1));
    const orders = (facts: Partial<StormFacts>) =>
      judged(facts).filter((found) => found.includes('before older'));
    assert.deepEqual(orders(withOlder(wait(1, ['eve'], 9_000))), []);
    assert.equal(orders(withOlder(wait(1, ['eve'], 1_150))).length, 1);
    assert.equal(orders(withOlder(wait(1, ['ben'], 9_000))).length, 1);
  });

  it('a reopened one goes back to its agent past those who wait › none', () => {
    const reopened = one(1_300, conversation('old', { agentId: 'eve' }, by('last-agent', 1_300)), agent(1));
    assert.ok(!judged(after(lease(1_200, 'd'), reopened)).some((found) => found.includes('served before')));
  });

  it('given without having waited, left in nobody’s hands, still waiting › a violation each', () => {
    finds(
      after(one(1_300, conversation('x', {})), assign('x', 1_400, 1)),
      /x was given to agent eve and did not wait/,
    );
    finds(after(one(1_300, conversation('one', {}))), /one is open, has no agent and does not wait/);
    finds(after(), /conversation one still waits/);
    finds(
      after(one(1_300, conversation('one', { ...wait(500), status: 'closed' }))),
      /one waits and is closed/,
    );
  });

  it('a conversation that was not followed to its end, or not at all › a violation', () => {
    finds({ commits: course.slice(0, -1) }, /two is closed and was followed until it was open/);
    finds(
      { conversations: [...good.conversations, stored('x')] },
      /x is closed and was followed until it was never seen/,
    );
  });

  it('a count that differs from the conversations after any commit › a violation', () => {
    finds(after(lease(1_200, 'd'), assign('one', 1_300, 2)), /eve has 1 open conversations and a count of 2/);
    finds(after(one(1_300, agent(1))), /eve has 0 open conversations and a count of 1/);
    const kept = [
      lease(1_200, 'd'),
      assign('one', 1_300, 1),
      one(1_400, conversation('one', { status: 'closed' })),
    ];
    finds(after(...kept), /eve has 0 open conversations and a count of 1/);
  });
});

describe('inbox-storm › the judge of deadlines', () => {
  const first = (state: Partial<ClockState>) => clock('first-response', state);
  const breached = first({ state: 'breached', breachedAtMs: 60_000 });
  const then = (...commits: readonly Commit[]) => ({ commits: [...course.slice(0, 1), ...commits] });

  it('a breach that nobody told, or a warning › a violation each', () => {
    finds(then(), /first-response 1 was missed and nobody told it/);
    finds({ ...then(), endedAtMs: 59_000 }, /first-response 1 was never warned of/);
    finds(then(one(61_000, first({ state: 'met', endedAtMs: 61_000 }))), /ended too late and counts as met/);
  });

  it('a breach twice, undone, too early, or of what is in time › a violation each', () => {
    const again = one(63_000, first({ state: 'breached', breachedAtMs: 62_000 }));
    finds(then(one(61_000, breached), again), /breachedAtMs was 60000 and is 62000/);
    finds(then(one(61_000, breached), one(62_000, first({}))), /breachedAtMs was 60000 and is null/);
    finds(then(one(50_000, breached)), /was breached before its deadline/);
    finds(then(one(61_000, { ...breached, endedAtMs: 30_000 } as Change)), /was breached and is in time/);
    finds(then(one(61_000, first({ breachedAtMs: 60_000 }))), /is running with breach 60000/);
  });

  it('a warning twice or too early › a violation each', () => {
    const warned = (warnedAtMs: number) => first({ warnedAtMs });
    finds(
      then(one(49_000, warned(48_000)), one(50_000, warned(49_000))),
      /warnedAtMs was 48000 and is 49000/,
    );
    finds(then(one(20_000, warned(48_000))), /was warned of too early/);
  });

  it('two clocks for one wait, none at all, or one with other times › a violation each', () => {
    finds(
      then(one(2_000, { ...first({}), id: 'again' } as Change)),
      /cycle 1 first-response 1 has two clocks/,
    );
    finds({ commits: course }, /conversation two has no deadline for its first answer/);
    finds({ conversations: [{ ...stored('one'), reopenings: 1 }] }, /no deadline for its end in cycle 2/);
    finds(then(one(2_000, first({ dueAtMs: 70_000 }))), /is due 70000 ms after its start/);
    finds(then(one(2_000, first({ warnAtMs: 20_000 }))), /warns 20000 ms after its start/);
  });
});

describe('inbox-storm › the judge of live events', () => {
  const heard = (...seqs: readonly number[]) => ({
    listened: [listener({ events: seqs.map((seq) => events[seq - 1] ?? told(seq)) })],
  });

  it('a gap, a number twice, a version that does not rise › a violation each', () => {
    finds({ events: [told(1), told(3)] }, /event 2 is missing or there twice/);
    finds({ events: [told(1), told(1)] }, /event 2 is missing or there twice/);
    finds({ events: [told(1), told(2, { id: 'event 1' })] }, /event event 1 is numbered twice/);
    finds({ events: [told(1), told(2, { version: 1 })] }, /conversation:one has version 1 after 1/);
  });

  it('a client that missed one, got one twice, or in another order › a violation each', () => {
    finds(heard(2), /agent 1 missed event 4/);
    finds(heard(2, 2, 4), /agent 1 got event 2 twice/);
    finds(heard(4, 2), /agent 1 got event 2 after 4/);
  });

  it('an event that it may not see, or that differs, or a reset › a violation each', () => {
    finds(heard(2, 3, 4), /agent 1 got event 3, which it may not see/);
    finds({ listened: [listener({ events: [told(2), told(4)] })] }, /agent 1 got another event as 2/);
    finds({ listened: [listener({ resets: 1 })] }, /agent 1 was reset 1 times/);
  });

  it('the last event of a conversation is not its state, or there is none › a violation each', () => {
    finds(
      { events: [told(1, { view: { ...shown, status: 'open' } })] },
      /status was last told as open and is closed/,
    );
    finds({ events: [told(1)] }, /conversation two was never told/);
  });
});
