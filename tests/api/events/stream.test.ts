import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { openEvents, type EventStreamClient } from '../../support/event-stream.ts';
import { newAdmin, newColleague, useIdentityApi, type Person } from '../../support/identity-api.ts';
import { waitFor } from '../../support/wait.ts';

let nextNumber = 1;
const newPhone = (): string => `+4915112${String((nextNumber += 1)).padStart(6, '0')}`;

/** Creates leads one after another; returns their ids. */
async function createLeads(admin: Person, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const answer = await admin.call('/api/leads', { json: { phoneNumber: newPhone() } });
    assert.equal(answer.status, 201, answer.text);
    ids.push(String(answer.body['id']));
  }
  return ids;
}

const leadsOf = (stream: EventStreamClient): string[] =>
  stream
    .events()
    .filter(({ type }) => type === 'lead.created')
    .map(({ entity }) => entity.id);

const seqsOf = (stream: EventStreamClient): number[] => stream.events().map(({ seq }) => seq);

/** Rising by one. */
const isGapless = (seqs: readonly number[]): boolean =>
  seqs.every((seq, index) => index === 0 || seq === (seqs[index - 1] ?? 0) + 1);

describe('api › live events', function () {
  this.timeout(60_000);
  const api = useIdentityApi('live_events', { RATE_LIMIT_PER_MINUTE: '0' });

  async function open(person: Person, lastEventId?: string, url = api().url): Promise<EventStreamClient> {
    const from = lastEventId === undefined ? {} : { lastEventId };
    const stream = await openEvents(url, { token: person.token, ...from });
    assert.equal(stream.status, 200, stream.text());
    await waitFor('the stream begins', () => stream.text().includes('\n\n'));
    return stream;
  }

  async function untilNumbered({ clientId }: Person): Promise<void> {
    const pending = { clientId: new Types.ObjectId(clientId), isPending: true };
    const rows = api().collection('outbox_events');
    await waitFor('every event has its number', async () => (await rows.countDocuments(pending)) === 0);
  }

  it('an open stream › gets what happens from then on, in order, with the id of each', async () => {
    const admin = await newAdmin(api());
    const before = await createLeads(admin, 1);
    await untilNumbered(admin);
    const stream = await open(admin);
    const ids = await createLeads(admin, 3);
    await waitFor('all leads are told', () => leadsOf(stream).length >= 3);
    assert.deepEqual(leadsOf(stream), ids);
    assert.ok(!leadsOf(stream).includes(before[0] ?? ''));
    assert.ok(isGapless(seqsOf(stream)), seqsOf(stream).join());
    assert.match(stream.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.equal(stream.headers.get('x-accel-buffering'), 'no');
    assert.match(stream.headers.get('cache-control') ?? '', /no-transform/);
    assert.match(stream.text(), /^retry: [345]\d{3}\nid: (\d+)\nevent: ready\ndata: \{"seq":\1\}\n\n/);
    stream.close();
  });

  it('cut off and resumed at another process › gets exactly what it missed, in order, once, then what comes', async () => {
    const admin = await newAdmin(api());
    const first = await open(admin);
    const seen = await createLeads(admin, 2);
    await waitFor('both leads are told', () => leadsOf(first).length === 2);
    const last = first.lastEventId();
    first.close();
    const missed = await createLeads(admin, 5);
    const second = await open(admin, last, api().otherUrl);
    const later = await createLeads(admin, 2);
    await waitFor('everything is told', () => leadsOf(second).length >= 7);
    assert.deepEqual(leadsOf(first), seen);
    assert.deepEqual(leadsOf(second), [...missed, ...later]);
    assert.ok(isGapless([...seqsOf(first), ...seqsOf(second)]));
    assert.deepEqual(second.notices(), []);
    second.close();
  });

  it('cut off before its first event › resumes at the place where it began', async () => {
    const admin = await newAdmin(api());
    const first = await open(admin);
    const last = first.lastEventId();
    first.close();
    const missed = await createLeads(admin, 1);
    const second = await open(admin, last);
    await waitFor('the lead is told', () => leadsOf(second).length === 1);
    assert.deepEqual(leadsOf(second), missed);
    second.close();
  });

  it('many streams of one business while it changes › each gets the same events', async () => {
    const admin = await newAdmin(api());
    const streams = await Promise.all(
      Array.from({ length: 8 }, (_, n) => open(admin, undefined, n % 2 === 0 ? api().url : api().otherUrl)),
    );
    const batches = await Promise.all([createLeads(admin, 6), createLeads(admin, 6)]);
    for (const stream of streams) {
      await waitFor('all leads are told', () => leadsOf(stream).length === 12);
      assert.deepEqual(leadsOf(stream).toSorted(), batches.flat().toSorted());
      assert.ok(isGapless(seqsOf(stream)), seqsOf(stream).join());
      stream.close();
    }
    assert.equal(new Set(streams.map((stream) => leadsOf(stream).join())).size, 1);
  });

  for (const [situation, lastEventId] of [
    ['an id that is no number', 'abc'],
    ['a number that no event has yet', '999999'],
  ] as const) {
    it(`${situation} › one reset, never an error; then what comes`, async () => {
      const admin = await newAdmin(api());
      await createLeads(admin, 1);
      const stream = await open(admin, lastEventId);
      await waitFor('the reset', () => stream.notices().length > 0);
      const ids = await createLeads(admin, 1);
      await waitFor('the lead is told', () => leadsOf(stream).includes(ids[0] ?? ''));
      assert.deepEqual(stream.notices(), ['reset']);
      stream.close();
    });
  }

  it('an event that is no longer kept › one reset, then what comes', async () => {
    const admin = await newAdmin(api());
    const first = await open(admin);
    await createLeads(admin, 3);
    await waitFor('the leads are told', () => leadsOf(first).length === 3);
    const begin = seqsOf(first)[0] ?? 0;
    first.close();
    await api()
      .collection('outbox_events')
      .deleteMany({ seq: { $lte: begin + 1 }, view: { $exists: true } });
    const stream = await open(admin, String(begin));
    const ids = await createLeads(admin, 1);
    await waitFor('the lead is told', () => leadsOf(stream).includes(ids[0] ?? ''));
    assert.deepEqual(stream.notices(), ['reset']);
    assert.deepEqual(leadsOf(stream), ids);
    stream.close();
  });

  it('another business › hears nothing of it', async () => {
    const [admin, stranger] = [await newAdmin(api()), await newAdmin(api())];
    const [own, foreign] = [await open(admin), await open(stranger, '0', api().otherUrl)];
    const mine = await createLeads(admin, 3);
    const theirs = await createLeads(stranger, 1);
    await waitFor('the own leads are told', () => leadsOf(own).length === 3);
    await waitFor('the other lead is told', () => leadsOf(foreign).includes(theirs[0] ?? ''));
    assert.deepEqual(leadsOf(own), mine);
    assert.deepEqual(leadsOf(foreign), theirs);
    own.close();
    foreign.close();
  });

  it('an eleventh stream of a user › 429, until one is closed', async () => {
    const admin = await newAdmin(api());
    const streams = await Promise.all(Array.from({ length: 10 }, () => open(admin)));
    const refused = await admin.call('/api/events');
    assert.deepEqual([refused.status, refused.body['code']], [429, 'too-many-streams']);
    streams[0]?.close();
    await waitFor('there is room again', async () => (await admin.call('/api/events')).status === 200);
    for (const stream of streams) stream.close();
  });

  it('forty streams at the same moment › ten stay open', async () => {
    const admin = await newAdmin(api());
    const { token } = admin;
    const answers = await Promise.all(Array.from({ length: 40 }, () => openEvents(api().url, { token })));
    const opened = answers.filter(({ status }) => status === 200);
    const isOpen = () => opened.filter((stream) => !stream.hasEnded()).length;
    await waitFor('the others are closed', () => isOpen() <= 10);
    assert.ok(isOpen() > 0);
    for (const stream of opened) stream.close();
  });

  it('the session ended › the stream is closed within a second', async () => {
    const admin = await newAdmin(api());
    const agent = await newColleague(api(), admin);
    const stream = await open(agent, undefined, api().otherUrl);
    assert.equal((await admin.call(`/api/users/${agent.id}/sessions`, { method: 'DELETE' })).status, 204);
    await stream.untilEnded(1_500);
    assert.deepEqual(stream.notices(), []);
  });

  it('another role, a disabled user › the stream is closed', async () => {
    const admin = await newAdmin(api());
    const agent = await newColleague(api(), admin);
    const patch = (json: object) => admin.call(`/api/users/${agent.id}`, { method: 'PATCH', json });
    const first = await open(agent);
    assert.equal((await patch({ role: 'admin' })).status, 200);
    await first.untilEnded(1_500);
    const second = await open(agent);
    assert.equal((await patch({ status: 'disabled' })).status, 200);
    await second.untilEnded(1_500);
    assert.equal((await agent.call('/api/events')).status, 401);
  });

  it('a ticket › opens one stream, for its user, once', async () => {
    const admin = await newAdmin(api());
    const { body } = await admin.call('/api/events/ticket', { method: 'POST' });
    const ticket = String(body['ticket']);
    const stream = await openEvents(api().otherUrl, { ticket });
    assert.equal(stream.status, 200);
    await waitFor('the stream begins', () => stream.text() !== '');
    const ids = await createLeads(admin, 1);
    await waitFor('the lead is told', () => leadsOf(stream).length === 1);
    assert.deepEqual(leadsOf(stream), ids);
    stream.close();
    for (const used of [ticket, `${ticket}x`, 'no ticket', `${'0'.repeat(24)}${ticket.slice(24)}`])
      assert.equal((await openEvents(api().url, { ticket: used })).status, 401);
    assert.equal((await openEvents(api().url, {})).status, 401);
  });

  it('a ticket older than 30 seconds, or of an ended session › 401', async () => {
    const admin = await newAdmin(api());
    const late = await admin.call('/api/events/ticket', { method: 'POST' });
    await api()
      .collection('event_tickets')
      .updateMany({}, { $set: { expiresAt: new Date(Date.now() - 1) } });
    assert.equal((await openEvents(api().url, { ticket: String(late.body['ticket']) })).status, 401);
    const agent = await newColleague(api(), admin);
    const ended = await agent.call('/api/events/ticket', { method: 'POST' });
    assert.equal((await admin.call(`/api/users/${agent.id}/sessions`, { method: 'DELETE' })).status, 204);
    assert.equal((await openEvents(api().url, { ticket: String(ended.body['ticket']) })).status, 401);
  });
});
