import assert from 'node:assert/strict';
import { chooseAct, planShift } from '../../proofs/inbox-storm/agent-rules.ts';
import { countFigures } from '../../proofs/inbox-storm/figures.ts';
import { createHistory, type StoredChange } from '../../proofs/inbox-storm/history.ts';
import { readStormOptions } from '../../proofs/inbox-storm/options.ts';
import { planStorm } from '../../proofs/inbox-storm/plan.ts';
import { addToPage } from '../../proofs/inbox-storm/report.ts';
import type { StormReport } from '../../proofs/inbox-storm/run.ts';
import { createRandom } from '../../proofs/shared/random.ts';

const options = { seed: 7, conversations: 500, agents: 6, minutes: 2, page: null };

describe('inbox-storm › the plan', () => {
  it('the same seed › the same webhooks; another › others', () => {
    assert.deepEqual(planStorm(options), planStorm(options));
    assert.notDeepEqual(planStorm(options), planStorm({ ...options, seed: 8 }));
  });

  it('500 contacts › each writes; some webhooks twice, some shuffled, some three days late, some with files and ads', () => {
    const { messages, posts } = planStorm(options);
    const posted = posts.flatMap((post) => post.messages);
    assert.equal(new Set(messages.map(({ from }) => from)).size, 500);
    assert.deepEqual(new Set(posted.map(({ wamid }) => wamid)), new Set(messages.map(({ wamid }) => wamid)));
    assert.ok(posted.length > messages.length * 1.05, 'some are posted twice');
    const times = posts.map(({ afterMs }) => afterMs);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    const inOrder = posted.map(({ postedAfterMs }) => postedAfterMs);
    assert.notDeepEqual(
      inOrder,
      inOrder.toSorted((a, b) => a - b),
    );
    assert.ok(messages.some(({ lagMs }) => lagMs === 3 * 24 * 60 * 60 * 1_000));
    assert.ok(messages.some(({ file }) => file !== null));
    assert.ok(messages.some(({ isFromAd }) => isFromAd));
  });

  it('an agent after the storm › closes; in a short storm › snoozes nothing for a minute', () => {
    const random = createRandom(7);
    const acts = (seen: object) =>
      new Set(
        Array.from({ length: 500 }, () =>
          chooseAct({ isAnswered: false, isFinishing: false, hasTime: true, ...seen }, random),
        ),
      );
    assert.deepEqual([...acts({})].toSorted(), [
      ...['close', 'give-back', 'nothing', 'reply', 'snooze', 'snooze-until-reply'],
    ]);
    assert.ok(!acts({ hasTime: false }).has('snooze'));
    assert.deepEqual([...acts({ isFinishing: true })], ['close']);
    const leaves = new Set(Array.from({ length: 100 }, () => planShift(1_000, random).leaves));
    assert.deepEqual([...leaves].toSorted(), ['away', 'offline', 'without-a-word']);
  });

  it('options › read with defaults, and refused in words', () => {
    const { conversations, agents, page } = readStormOptions(['--seed', '5']);
    assert.deepEqual({ conversations, agents, page }, { conversations: 5_000, agents: 50, page: null });
    assert.equal(readStormOptions(['--page', 'x.md']).page, 'x.md');
    assert.throws(() => readStormOptions(['--agents', '81']), /--agents/);
  });
});

describe('inbox-storm › the history of documents', () => {
  const at = new Date('2026-11-29T08:00:00.000Z');
  let clock = 0;
  const change = (coll: string, fields: Partial<StoredChange>, clusterTime = (clock += 1)): StoredChange => ({
    ...{ operationType: 'update', ns: { coll }, documentKey: { _id: 'c' }, wallTime: at, clusterTime },
    ...fields,
  });
  const conversation = {
    ...{ _id: 'c', status: 'open', history: [], queue: { since: at, excluded: ['ben'], rounds: 0 } },
  };

  it('a document is inserted, changed in parts and replaced › each version that differs, with what a transaction changed at once', () => {
    const history = createHistory();
    history.add(change('conversations', { operationType: 'insert', fullDocument: conversation }, 0.5));
    history.add(change('agent_states', { fullDocument: { userId: 'eve', openCount: 0 } }, 0.5));
    history.add(change('conversations', { updateDescription: { updatedFields: { unreadCount: 2 } } }));
    const entry = { at, reason: 'last-agent', assignedAgentId: 'eve' };
    const updateDescription = {
      updatedFields: { 'history.0': entry, assignedAgentId: 'eve' },
      removedFields: ['queue'],
    };
    history.add(change('conversations', { updateDescription }));
    const { commits } = history;
    assert.deepEqual(
      commits.map(({ changes }) => changes.map(({ kind }) => kind)),
      [['conversation', 'agent'], ['conversation']],
    );
    const [waiting] = commits[0]?.changes ?? [];
    assert.deepEqual(waiting, {
      ...{ kind: 'conversation', id: 'c', status: 'open', agentId: null, decision: null },
      queue: { sinceMs: at.getTime(), excluded: ['ben'], excludedUntilMs: null },
    });
    assert.deepEqual(commits[1]?.changes, [
      {
        ...{ kind: 'conversation', id: 'c', status: 'open', agentId: 'eve', queue: null },
        decision: { atMs: at.getTime(), reason: 'last-agent', agentId: 'eve' },
      },
    ]);
  });

  it('a lease is taken, taken over and released › each once, and its renewal not at all', () => {
    const history = createHistory();
    const lease = (fields: Partial<StoredChange>) => history.add(change('leases', fields));
    lease({ operationType: 'insert', fullDocument: { holder: 'a', until: at } });
    lease({ updateDescription: { updatedFields: { until: new Date() } } });
    lease({ updateDescription: { updatedFields: { holder: 'b' } } });
    lease({ operationType: 'delete' });
    assert.deepEqual(
      history.commits.flatMap(({ changes }) => changes),
      ['a', 'b', null].map((holder) => ({ kind: 'queue', holder })),
    );
  });

  it('a course of the queue › its length, the waits and the decisions are counted', () => {
    const queue = { sinceMs: 0, excluded: [], excludedUntilMs: null };
    const state = { kind: 'conversation', id: 'c', status: 'open' } as const;
    const decision = { atMs: 90, reason: 'least-loaded', agentId: 'eve' };
    const figures = countFigures({
      commits: [
        { atMs: 10, changes: [{ ...state, agentId: null, queue, decision: null }] },
        { atMs: 90, changes: [{ ...state, agentId: 'eve', queue: null, decision }] },
      ],
      ...{ conversations: [], events: [], listened: [] },
    });
    assert.deepEqual(
      { ...figures, decisions: [...figures.decisions] },
      {
        ...{ decisions: [['least-loaded', 1]], waitsMs: [80], longestQueue: 1, warnings: 0, breaches: 0 },
        ...{ reopenings: 0, events: 0, connections: 0 },
      },
    );
  });
});

describe('inbox-storm › the page', () => {
  const report = (seed: number, violations: readonly string[] = []): StormReport => ({
    ...{
      options: { ...options, seed },
      posting: { posts: 3, repeats: 1 },
      messages: 4,
      files: 1,
      replies: 2,
    },
    ...{ acts: new Map([['close', 2]]), kills: [], postingMs: 1_000, totalMs: 2_000, violations },
    figures: {
      ...{
        decisions: new Map([['least-loaded', 2]]),
        waitsMs: [20],
        longestQueue: 1,
        warnings: 0,
        breaches: 0,
      },
      ...{ reopenings: 0, events: 9, connections: 4 },
    },
  });
  const seedsOn = (page: string) => [...page.matchAll(/^## Seed (\d+)$/gm)].map(([, seed]) => seed);

  it('storm after storm › the latest three, each seed once, with its violations', () => {
    let page = '';
    for (const seed of [1, 2, 3, 4, 3])
      page = addToPage(page, report(seed, seed === 4 ? ['a was lost'] : []));
    assert.deepEqual(seedsOn(page), ['3', '4', '2']);
    assert.match(page, /\| violations +\| 1 +\|/);
    assert.match(page, /^- a was lost$/m);
    assert.equal(addToPage(page, report(3)), page, 'a page that is written again stays as it is');
  });
});
