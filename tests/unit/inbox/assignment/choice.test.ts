import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import {
  connectionMs,
  effectivePresence,
  offlineSince,
  presences,
} from '../../../../src/inbox/assignment/agents/presence.ts';
import { type Candidate, chooseAgent, fairFrom } from '../../../../src/inbox/assignment/queue/choice.ts';

const now = new Date('2026-11-23T09:00:00Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000);
const idOf = (number: number): Types.ObjectId => new Types.ObjectId(number.toString(16).padStart(24, '0'));

const agent = (number: number, fields: Partial<Candidate> = {}): Candidate => ({
  ...{ userId: idOf(number), chosen: 'online', chosenAt: ago(600), openCount: 0, recent: [] },
  ...{ connectedUntil: new Date(now.getTime() + connectionMs), ...fields },
});
const terms: Parameters<typeof chooseAgent>[0] = {
  ...{ method: 'least-loaded', members: null, capacity: 10 },
  fairLimit: { count: 100, perSeconds: 3_600 },
};
const fresh = { queue: { excluded: [] }, now };
const chosen = (choice: ReturnType<typeof chooseAgent>): string =>
  choice.kind === 'assign' ? String(Number(`0x${choice.userId.toHexString()}`)) : choice.because;

describe('presence › effective', () => {
  it('online counts only while connected and enabled', () => {
    const online = agent(1);
    const { connectedUntil: _until, ...never } = online;
    assert.equal(effectivePresence(online, now), 'online');
    assert.equal(effectivePresence({ ...online, chosen: 'away' }, now), 'away');
    assert.equal(effectivePresence({ ...online, connectedUntil: now }, now), 'offline');
    assert.equal(effectivePresence(never, now), 'offline');
    assert.equal(effectivePresence({ ...online, disabledAt: ago(1) }, now), 'offline');
    assert.equal(effectivePresence({ ...online, chosen: 'offline' }, now), 'offline');
  });

  it('offline since › the earliest cause that still holds', () => {
    const gone = agent(1, { connectedUntil: ago(30) });
    assert.equal(offlineSince(agent(1), now), null);
    assert.deepEqual(offlineSince(gone, now), ago(30));
    assert.deepEqual(offlineSince({ ...gone, chosen: 'offline', chosenAt: ago(90) }, now), ago(90));
    assert.deepEqual(offlineSince({ ...gone, disabledAt: ago(60) }, now), ago(60));
    const { connectedUntil: _until, ...never } = gone;
    assert.deepEqual(offlineSince(never, now), ago(600));
  });
});

describe('assignment › the choice of an agent', () => {
  it('least loaded › fewest open, then longest without, then the smaller id', () => {
    assert.equal(
      chosen(chooseAgent(terms, [agent(1, { openCount: 2 }), agent(2, { openCount: 1 })], fresh)),
      '2',
    );
    const even = [agent(1, { lastAssignedAt: ago(5) }), agent(2, { lastAssignedAt: ago(9) }), agent(3)];
    assert.equal(chosen(chooseAgent(terms, even, fresh)), '3');
    assert.equal(chosen(chooseAgent(terms, even.slice(0, 2), fresh)), '2');
    assert.equal(chosen(chooseAgent(terms, [agent(2), agent(1)], fresh)), '1');
  });

  it('round robin › longest without, whatever they have', () => {
    const agents = [agent(1, { lastAssignedAt: ago(5) }), agent(2, { openCount: 9, lastAssignedAt: ago(9) })];
    assert.equal(chosen(chooseAgent({ ...terms, method: 'round-robin' }, agents, fresh)), '2');
  });

  it('nobody › says the obstacle', () => {
    const one = [agent(1)];
    assert.equal(chosen(chooseAgent({ ...terms, method: 'manual' }, one, fresh)), 'manual');
    assert.equal(chosen(chooseAgent(terms, [agent(1, { chosen: 'away' })], fresh)), 'nobody-online');
    assert.equal(chosen(chooseAgent({ ...terms, members: [idOf(2)] }, one, fresh)), 'nobody-online');
    assert.equal(chosen(chooseAgent(terms, one, { queue: { excluded: [idOf(1)] }, now })), 'only-excluded');
    assert.equal(chosen(chooseAgent(terms, [agent(1, { openCount: 10 })], fresh)), 'nobody-free');
    assert.equal(chosen(chooseAgent(terms, [agent(1, { capacity: 0 })], fresh)), 'nobody-free');
  });

  it('only the agent who returned it is there › waits for others for a while, then goes back to them', () => {
    const until = new Date(now.getTime() + 1_000);
    const queue = { excluded: [idOf(1)], excludedUntil: until };
    assert.deepEqual(chooseAgent(terms, [agent(1)], { queue, now }), {
      ...{ kind: 'wait', because: 'only-excluded', retryAt: until },
    });
    assert.equal(chosen(chooseAgent(terms, [agent(1)], { queue, now: until })), '1');
  });

  it('the fair limit is reached › waits until the oldest assignment that counts is old enough', () => {
    const fairLimit = { count: 2, perSeconds: 60 };
    const recent = [ago(10), ago(50), ago(55)];
    assert.deepEqual(fairFrom({ recent }, fairLimit, now), new Date(now.getTime() + 10_000));
    assert.equal(fairFrom({ recent: [ago(10)] }, fairLimit, now), null);
    assert.equal(fairFrom({ recent: [ago(10), ago(60)] }, fairLimit, now), null);
    const busy = [agent(1, { recent }), agent(2, { recent: [ago(1), ago(2)] })];
    assert.deepEqual(chooseAgent({ ...terms, fairLimit }, busy, fresh), {
      ...{ kind: 'wait', because: 'fair-limit', retryAt: new Date(now.getTime() + 10_000) },
    });
    assert.equal(
      chosen(chooseAgent({ ...terms, fairLimit }, [...busy, agent(3, { openCount: 8 })], fresh)),
      '3',
    );
  });

  it('any agents › only one who may get it, the best of those, and nobody only if there is none', () => {
    const someAgent = fc
      .record({
        chosen: fc.constantFrom(...presences),
        connectedFor: fc.integer({ min: -60, max: 60 }),
        openCount: fc.integer({ min: -1, max: 4 }),
        last: fc.option(fc.integer({ min: 0, max: 100 }), { nil: null }),
        recent: fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 4 }),
        isDisabled: fc.boolean(),
      })
      .map(({ chosen: state, connectedFor, openCount, last, recent, isDisabled }) => ({
        ...{ chosen: state, openCount, recent: recent.toSorted((a, b) => a - b).map(ago) },
        connectedUntil: ago(-connectedFor),
        ...(last === null ? {} : { lastAssignedAt: ago(last) }),
        ...(isDisabled ? { disabledAt: ago(1) } : {}),
      }));
    const fairLimit = { count: 2, perSeconds: 60 };
    fc.assert(
      fc.property(
        fc.array(someAgent, { maxLength: 6 }),
        fc.constantFrom('round-robin' as const, 'least-loaded' as const),
        fc.nat(6),
        (fields, method, excludedNumber) => {
          const agents = fields.map((one, index) => agent(index + 1, one));
          const excluded = [idOf(excludedNumber)];
          const mayGet = agents.filter(
            (one) =>
              effectivePresence(one, now) === 'online' &&
              one.openCount < 3 &&
              !one.userId.equals(idOf(excludedNumber)) &&
              one.recent.filter((at) => at > ago(60)).length < 2,
          );
          const queue = { excluded };
          const choice = chooseAgent({ ...terms, method, capacity: 3, fairLimit }, agents, { queue, now });
          if (choice.kind === 'wait') return assert.deepEqual(mayGet, []);
          const best = mayGet.find(({ userId }) => userId.equals(choice.userId));
          assert.ok(best);
          const lastOf = ({ lastAssignedAt }: Candidate) => lastAssignedAt?.getTime() ?? 0;
          for (const other of mayGet) {
            if (method === 'least-loaded') assert.ok(best.openCount <= other.openCount);
            if (method === 'round-robin' || best.openCount === other.openCount)
              assert.ok(lastOf(best) <= lastOf(other));
          }
        },
      ),
    );
  });
});
