import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { useApi } from '../support/api.ts';
import { addColleague, type Colleague } from '../support/colleagues.ts';
import { threadsOf } from '../support/coexistence.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { hear } from '../support/talk.ts';

interface Sent {
  readonly id: string;
  readonly code: string;
  readonly newerMessageId: string;
  readonly errors?: readonly { readonly path: string }[];
}

const hourMs = 3_600_000;

describe('api › answering what one has seen', function () {
  this.timeout(60_000);
  const api = useApi('newer-message');
  let user: CrmUser;
  let colleague: Colleague;
  let phone: string;
  let question: string;
  let conversationId: string;

  beforeEach(async () => {
    user = await api().signUp();
    colleague = await addColleague(api(), user);
    phone = phoneEndingIn('01');
    question = await say();
    conversationId = (await threadsOf(user))[0]?.id ?? '';
  });

  const say = (agoMs = 0) => hear(api(), user, phone, { agoMs });
  const answer = (fields: object = {}, options: { readonly token?: string; readonly key?: string } = {}) => {
    const { token = user.token, key } = options;
    const body = { conversationId, content: { type: 'text', body: 'Yes' }, ...fields };
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    return user.call<Sent>('/api/messages', { body, token, headers });
  };
  const countAnswers = () =>
    api()
      .collection('messages')
      .countDocuments({ conversationId: new Types.ObjectId(conversationId), direction: 'outbound' });

  const orderOf = async (id: string): Promise<number> => {
    const messages = api().collection<{ _id: Types.ObjectId; ordinal: number }>('messages');
    return (
      (await messages.findOne({ _id: new Types.ObjectId(id) }))?.ordinal ?? assert.fail('no such message')
    );
  };

  it('nothing newer › sent, and its own id is the last one seen for the next answer', async () => {
    const first = await answer({ lastSeenMessageId: question });
    assert.equal(first.status, 201, JSON.stringify(first.body));
    assert.equal((await answer({ lastSeenMessageId: first.body.id })).status, 201);
  });

  it('a colleague answered first › 409 that names the answer, and nothing is stored or counted', async () => {
    const theirs = await answer({}, { token: colleague.token });
    const refused = await answer({ lastSeenMessageId: question });
    assert.deepEqual(
      [refused.status, refused.body.code, refused.body.newerMessageId],
      [409, 'newer-message', theirs.body.id],
    );
    assert.equal(await countAnswers(), 1);
    assert.equal((await answer({ lastSeenMessageId: theirs.body.id })).status, 201);
  });

  it('the contact wrote again, and WhatsApp dates it earlier › 409 that names it', async () => {
    const late = await say(2 * hourMs);
    const refused = await answer({ lastSeenMessageId: question });
    assert.deepEqual([refused.status, refused.body.newerMessageId], [409, late]);
    assert.equal((await answer({ lastSeenMessageId: late })).status, 201);
  });

  it('an answer from before a late message › is not newer than it', async () => {
    await answer();
    const late = await say(2 * hourMs);
    assert.equal((await answer({ lastSeenMessageId: late })).status, 201);
  });

  it('ten who answer at once › one answer, nine times 409 that name it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_value, index) =>
        answer({ lastSeenMessageId: question }, { token: index % 2 === 0 ? user.token : colleague.token }),
      ),
    );
    const sent = answers.filter(({ status }) => status === 201);
    assert.equal(sent.length, 1, JSON.stringify(answers.map(({ body }) => body)));
    for (const { status, body } of answers.filter((one) => one !== sent[0]))
      assert.deepEqual([status, body.code, body.newerMessageId], [409, 'newer-message', sent[0]?.body.id]);
    assert.equal(await countAnswers(), 1);
  });

  it('answers while the contact writes › none is accepted after a message that its writer has not seen', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [said, sent] = await Promise.all([say(), answer({ lastSeenMessageId: question })]);
      const inbound = await orderOf(said);
      const outbound = sent.status === 201 ? await orderOf(sent.body.id) : 0;
      if (sent.status === 201) assert.ok(outbound < inbound, `${outbound} before ${inbound}`);
      else assert.equal(sent.body.code, 'newer-message');
      question = said;
    }
  });

  it('without the field › sent whatever came', async () => {
    await say();
    assert.equal((await answer()).status, 201);
  });

  it('the same key again › the same message, although it is newer itself', async () => {
    const first = await answer({ lastSeenMessageId: question }, { key: 'once' });
    const again = await answer({ lastSeenMessageId: question }, { key: 'once' });
    assert.deepEqual([again.status, again.body.id], [201, first.body.id]);
    const together = await Promise.all(
      Array.from({ length: 4 }, () => answer({ lastSeenMessageId: first.body.id }, { key: 'twice' })),
    );
    assert.deepEqual(new Set(together.map(({ status }) => status)), new Set([201]));
    assert.equal(new Set(together.map(({ body }) => body.id)).size, 1);
  });

  it('the conversation that was seen is closed, and the contact began another › 409 that names its message', async () => {
    const settings = { method: 'PATCH', body: { reopenWithinHours: 0 } };
    await user.call('/api/inbox-settings', settings);
    await user.call(`/api/conversations/${conversationId}`, { method: 'PATCH', body: { status: 'closed' } });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const other = await say();
    const refused = await answer({ lastSeenMessageId: question });
    assert.deepEqual([refused.status, refused.body.newerMessageId], [409, other]);
    assert.equal((await answer({ lastSeenMessageId: other })).status, 201);
  });

  it('a message of another contact, or none › refused with its place', async () => {
    const elsewhere = await hear(api(), user, phoneEndingIn('02'));
    const foreign = await answer({ lastSeenMessageId: elsewhere });
    assert.deepEqual(
      [foreign.status, foreign.body.errors?.map(({ path }) => path)],
      [400, ['body.lastSeenMessageId']],
    );
    assert.equal((await answer({ lastSeenMessageId: '0123456789abcdef01234567' })).status, 404);
  });

  it('a message that an earlier version stored as the last one seen › whatever has a number is newer', async () => {
    await api()
      .collection('messages')
      .updateMany({}, { $unset: { arrival: 1, afterArrival: 1, ordinal: 1 } });
    await api()
      .collection('conversations')
      .updateMany({}, { $unset: { lastArrival: 1, lastOrdinal: 1, readUpTo: 1 } });
    const theirs = await answer({}, { token: colleague.token });
    const refused = await answer({ lastSeenMessageId: question });
    assert.deepEqual([refused.status, refused.body.newerMessageId], [409, theirs.body.id]);
  });
});
