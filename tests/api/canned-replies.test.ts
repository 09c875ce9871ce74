import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { issuePaths } from '../support/http.ts';
import {
  addMember,
  codeOf,
  ifMatch,
  signUpAdmin,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';

interface Reply {
  readonly id: string;
  readonly shortCode: string;
}

const path = '/api/canned-replies';

describe('canned replies', function () {
  this.timeout(60_000);
  const api = useMessagingApi('canned-replies');
  let admin: Member;
  let agent: Member;
  let stranger: Member;

  before(async () => {
    [admin, stranger] = await Promise.all([signUpAdmin(api()), signUpAdmin(api())]);
    agent = await addMember(api(), admin);
  });

  let counter = 0;
  async function make(by: Member, fields: object = {}) {
    const answer = await by.post(path, { shortCode: `code${(counter += 1)}`, body: 'Until six.', ...fields });
    assert.equal(answer.status, 201, answer.text);
    return { answer, at: `${path}/${String(answer.body['id'])}` };
  }

  async function codesOf(who: Member, query = ''): Promise<string[]> {
    const codes: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const start: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const answer = await who.get(`${path}?limit=2&${query}${start}`);
      assert.equal(answer.status, 200, answer.text);
      codes.push(...(answer.body['items'] as Reply[]).map(({ shortCode }) => shortCode));
      cursor = answer.body['nextCursor'] as string | null;
    }
    return codes;
  }

  async function talkWith(name?: string): Promise<string> {
    const phoneNumber = `+4915100${String((counter += 1)).padStart(6, '0')}`;
    const made = await admin.post('/api/contacts', { phoneNumber, ...(name === undefined ? {} : { name }) });
    const sent = await admin.post('/api/messages/template', {
      ...{ contactId: made.body['id'], templateName: 'hello_world' },
    });
    assert.equal(sent.status, 201, sent.text);
    return String(sent.body['conversationId']);
  }

  it('create › a shared one is for all, one of an agent for the agent alone', async () => {
    const shared = await make(admin, { shortCode: ' Hours ', body: 'Hi {{contact_name}}!', scope: 'shared' });
    const { id: _id, createdAt: _at, ...shown } = shared.answer.body;
    assert.deepEqual(shown, {
      ...{ shortCode: 'hours', scope: 'shared', body: 'Hi {{contact_name}}!', variables: ['contact_name'] },
    });
    assert.deepEqual((await agent.get(shared.at)).body, shared.answer.body);
    const own = await make(agent);
    assert.equal(own.answer.body['scope'], 'own');
    for (const other of [admin, stranger]) {
      assert.equal((await other.get(own.at)).status, 404);
      assert.equal((await other.patch(own.at, { body: 'Mine' })).status, 404);
      assert.equal((await other.delete(own.at)).status, 404);
      const render = { conversationId: new Types.ObjectId().toHexString() };
      assert.equal((await other.post(`${own.at}/render`, render)).status, 404);
    }
    assert.equal((await stranger.get(shared.at)).status, 404);
  });

  it('an agent › cannot create, change or delete a shared one', async () => {
    const shared = await make(admin, { scope: 'shared' });
    assert.equal(
      codeOf(await agent.post(path, { shortCode: 'x', body: 'y', scope: 'shared' })),
      '403 forbidden',
    );
    assert.equal(codeOf(await agent.patch(shared.at, { body: 'Mine' })), '403 forbidden');
    assert.equal(codeOf(await agent.delete(shared.at)), '403 forbidden');
    assert.equal((await admin.delete(shared.at)).status, 204);
    assert.equal((await admin.get(shared.at)).status, 404);
  });

  it('a code that is taken › 409 with the id of the other; each user and the shared ones have codes of their own', async () => {
    const first = await make(agent, { shortCode: 'bye' });
    const second = await agent.post(path, { shortCode: 'BYE', body: 'Bye.' });
    assert.equal(codeOf(second), '409 already-exists');
    assert.equal(second.body['existingId'], first.answer.body['id']);
    await make(admin, { shortCode: 'bye' });
    await make(admin, { shortCode: 'bye', scope: 'shared' });
    const other = await make(agent);
    assert.equal(codeOf(await agent.patch(other.at, { shortCode: 'bye' })), '409 already-exists');
  });

  it('change › of two on one ETag the second is refused', async () => {
    const { answer, at } = await make(agent);
    const changed = await agent.patch(at, { body: 'Until {{hour}}.' }, ifMatch(answer));
    assert.deepEqual(changed.body['variables'], ['hour']);
    assert.equal(codeOf(await agent.patch(at, { body: 'Late' }, ifMatch(answer))), '412 precondition-failed');
  });

  it('spaces in the code, broken braces, blank and long texts › refused with their paths', async () => {
    for (const shortCode of ['a b', '', 'x'.repeat(41), 'a\u0007'])
      assert.deepEqual(
        new Set(issuePaths(await agent.post(path, { shortCode, body: 'x' }))),
        new Set(['body.shortCode']),
        shortCode,
      );
    for (const body of ['{{contact name}}', 'Hi {{', '}} x', ' ', 'x'.repeat(4_097)])
      assert.deepEqual(issuePaths(await agent.post(path, { shortCode: 'x', body })), ['body.body'], body);
  });

  it('list › by code, and a search best first: the beginning of the code, then the code, then the text', async () => {
    const who = await addMember(api(), admin, { role: 'admin' });
    const fresh = await signUpAdmin(api());
    for (const [shortCode, body] of [
      ['zz-refund', 'x'],
      ['refund-b', 'x'],
      ['bye', 'Your REFUND is on its way.'],
      ['refund-a', 'The refund again.'],
      ['a.c', 'x'],
      ['abc', 'x'],
    ])
      await make(fresh, { shortCode, body });
    await make(fresh, { shortCode: 'm-refund', body: 'x', scope: 'shared' });
    assert.deepEqual(await codesOf(fresh), [
      'a.c',
      'abc',
      'bye',
      'm-refund',
      'refund-a',
      'refund-b',
      'zz-refund',
    ]);
    const found = ['refund-a', 'refund-b', 'm-refund', 'zz-refund', 'bye'];
    assert.deepEqual(await codesOf(fresh, 'q=Refund'), found);
    assert.deepEqual(await codesOf(fresh, 'q=.c'), ['a.c'], 'a sign of patterns is a sign');
    assert.deepEqual(await codesOf(fresh, `q=${encodeURIComponent('^(?!.*[')}`), []);
    assert.ok(!(await codesOf(who)).includes('zz-refund'));
  });

  describe('render', () => {
    it('name, number, agent and business › filled', async () => {
      const conversationId = await talkWith('Ana Souza');
      const body = '{{contact_name}} {{contact_phone}}, {{agent_name}} of {{business_name}}';
      const { at } = await make(admin, { body });
      const answer = await admin.post(`${at}/render`, { conversationId });
      assert.equal(answer.status, 200, answer.text);
      const { body: contact } = await admin.get(`/api/conversations/${conversationId}`);
      const { phoneNumber } = contact['contact'] as { phoneNumber: string };
      const client = await admin.get(`/api/clients/${admin.clientId.toHexString()}`);
      const expected = `Ana Souza ${phoneNumber}, Jane Doe of ${String(client.body['companyName'])}`;
      assert.deepEqual(answer.body, { text: expected, needs: [] });
    });

    it('a contact without a name › the variable is named and no text is given, until the agent gives it', async () => {
      const conversationId = await talkWith();
      const { at } = await make(agent, { body: 'Hello {{contact_name}}, order {{order}}.' });
      const needs = await agent.post(`${at}/render`, { conversationId });
      assert.deepEqual(needs.body, { text: null, needs: ['contact_name', 'order'] });
      const values = { contact_name: 'Ana', order: '1042' };
      const filled = await agent.post(`${at}/render`, { conversationId, values });
      assert.deepEqual(filled.body, { text: 'Hello Ana, order 1042.', needs: [] });
    });

    it('values that the text cannot take › 400 with their paths; an unknown conversation › 404', async () => {
      const conversationId = await talkWith('Ana');
      const { at } = await make(agent, { body: 'Order {{order}}.' });
      const wrong = await agent.post(`${at}/render`, { conversationId, values: { order: ' ', other: 'x' } });
      assert.equal(codeOf(wrong), '400 invalid-input');
      assert.deepEqual(issuePaths(wrong).toSorted(), ['body.values.order', 'body.values.other']);
      const nowhere = { conversationId: new Types.ObjectId().toHexString() };
      assert.equal(codeOf(await agent.post(`${at}/render`, nowhere)), '404 not-found');
    });
  });
});
