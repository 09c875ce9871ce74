import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { atServer, phoneEndingIn, signUp, type CrmUser } from '../support/crm-client.ts';
import { openEvents, type EventStreamClient, type StreamedEvent } from '../support/event-stream.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

const messageCount = 30;

interface StoredEvent {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly seq: number;
}

describe('e2e › live events of two API processes', function () {
  this.timeout(150_000);
  const stack = useStack('live-events');
  let user: CrmUser;
  /** The same user at the second API. */
  let other: CrmUser;
  let firstSequencer: string;

  before(async () => {
    user = await signUp(stack().apiUrl);
    firstSequencer = await waitFor('the first API numbers the events', sequencer);
    await stack().secondApi.start();
    other = atServer(stack().secondApiUrl, user);
  });

  /** The process that holds the lease. */
  async function sequencer(): Promise<string | undefined> {
    const leases = stack().collection<{ _id: string; holder: string }>('leases');
    return (await leases.findOne({ _id: 'event-sequencer' }))?.holder;
  }

  async function open(url: string, lastEventId: string): Promise<EventStreamClient> {
    const stream = await openEvents(url, { token: user.token, lastEventId });
    assert.equal(stream.status, 200, stream.text());
    return stream;
  }

  async function sendAll(): Promise<string[]> {
    const ids: string[] = [];
    while (ids.length < messageCount) ids.push((await other.send({ to: phoneEndingIn('01') })).id);
    return ids;
  }

  const ofClient = () => ({ clientId: new Types.ObjectId(user.clientId) });

  async function untilEverythingIsTold(): Promise<readonly StoredEvent[]> {
    const outbox = stack().collection<StoredEvent>('outbox_events');
    await waitFor(
      'no mark is left, and every event has its number',
      async () => {
        const marked = { ...ofClient(), unpublishedAt: { $exists: true } };
        const counts = await Promise.all([
          stack().collection('messages').countDocuments(marked),
          stack().collection('conversations').countDocuments(marked),
          stack()
            .collection('outbox_events')
            .countDocuments({ ...ofClient(), isPending: true }),
        ]);
        return counts.every((count) => count === 0);
        // A killed process may have left a transaction open, which MongoDB ends after ten seconds.
      },
      { timeoutMs: 40_000 },
    );
    return outbox.find(ofClient()).sort({ seq: 1 }).toArray();
  }

  function assertStory(messageId: string, heard: readonly StreamedEvent[]): void {
    const story = heard.filter(({ entity }) => entity.id === messageId);
    const [first, ...later] = story;
    assert.equal(first?.type, 'message.created');
    assert.ok(later.every(({ type }) => type === 'message.status'));
    assert.equal(story.at(-1)?.view['status'], 'read');
    for (const [index, { version }] of later.entries())
      assert.ok(version > (story[index]?.version ?? 0), 'the versions rise');
  }

  it('kill -9 of the process that numbers and streams › resumed at the other one, nothing is lost and nothing comes twice', async () => {
    const [watching, cut] = [await open(stack().secondApiUrl, '0'), await open(stack().apiUrl, '0')];
    const sending = sendAll();
    await waitFor('the first messages are told', () => cut.events().length > 20);
    await stack().api.kill();
    await cut.untilEnded();
    const resumed = await open(stack().secondApiUrl, cut.lastEventId());
    await stack().api.start();
    const ids = await sending;
    for (const id of ids) await other.waitForStatus(id, ['read'], 60_000);

    const stored = await untilEverythingIsTold();
    assert.deepEqual(
      stored.map(({ seq }) => seq),
      stored.map((_, index) => index + 1),
    );
    const expected = stored.map(({ _id }) => _id.toHexString());
    const heard = () => [...cut.events(), ...resumed.events()];
    await waitFor('both streams are at the end', () =>
      [heard(), watching.events()].every((events) => events.at(-1)?.seq === stored.length),
    );
    assert.deepEqual(
      heard().map(({ id }) => id),
      expected,
    );
    assert.deepEqual(
      watching.events().map(({ id }) => id),
      expected,
    );
    assert.deepEqual([...cut.notices(), ...resumed.notices(), ...watching.notices()], []);
    for (const id of ids) assertStory(id, heard());
    assert.notEqual(await sequencer(), firstSequencer, 'another process numbers the events');
    assert.ok(cut.events().length < stored.length, 'the kill came too late, so this test proves nothing');
    watching.close();
    resumed.close();
  });
});
