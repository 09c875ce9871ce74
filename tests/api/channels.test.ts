import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { Types } from 'mongoose';
import { call, issuePaths, type Answer } from '../support/http.ts';
import {
  addMember,
  codeOf,
  etagOf,
  ifMatch,
  readInPairs,
  signUpAdmin,
  startMessagingApi,
  statusesOf,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';

const secret = (name: string): string => `${name}-${randomBytes(12).toString('hex')}`;

const fresh = (fields: Readonly<Record<string, unknown>> = {}) => ({
  displayNumber: '+1 (555) 000-1000',
  phoneNumberId: randomBytes(8).toString('hex'),
  wabaId: '102290129340398',
  accessToken: secret('token'),
  ...fields,
});

const view = ({ body }: Answer) => body as Record<string, unknown> & { id: string; webhookUrl: string };

describe('channels', () => {
  const api = useMessagingApi('channels');
  let admin: Member;
  let agent: Member;
  let stranger: Member;

  before(async function () {
    this.timeout(20_000);
    admin = await signUpAdmin(api());
    agent = await addMember(api(), admin);
    stranger = await signUpAdmin(api());
  });

  async function addChannel(fields: Readonly<Record<string, unknown>> = {}, who = admin): Promise<Answer> {
    const answer = await who.post('/api/channels', fresh(fields));
    assert.equal(answer.status, 201, answer.text);
    return answer;
  }

  const pathOf = (created: Answer, rest = '') => `/api/channels/${view(created).id}${rest}`;

  const behave = async (fields: Readonly<Record<string, unknown>>) => {
    const { url } = api().sandbox;
    assert.equal((await call(`${url}/sandbox/behaviour`, { method: 'PUT', json: fields })).status, 200);
  };

  describe('create', () => {
    it('a new number › 201 with address, location and version; readable by agents', async () => {
      const body = fresh({ sendsPerSecond: 20 });
      const created = await admin.post('/api/channels', body);
      assert.equal(created.status, 201, created.text);
      const { id, webhookUrl, createdAt, verification, ownership, numberMismatch, ...rest } = view(created);
      assert.match(webhookUrl, /^http:\/\/crm\.test\/webhook\/incoming\/[\w-]{43}$/);
      assert.ok(!Number.isNaN(Date.parse(String(createdAt))));
      assert.deepEqual(rest, {
        displayNumber: '+15550001000',
        phoneNumberId: body.phoneNumberId,
        wabaId: body.wabaId,
        hasAppSecret: false,
        sendsPerSecond: 20,
        state: 'active',
        stateReason: null,
        pause: null,
        restriction: null,
        throughput: 80,
        messagingLimit: 2_000,
        portfolioId: `portfolio-${body.wabaId}`,
        notices: [],
      });
      const { verifiedName, displayNumber } = verification as Record<string, string>;
      assert.equal(verifiedName, 'Sandbox Business');
      assert.equal((numberMismatch as { reported: string }).reported, displayNumber);
      const { checkedAt, ...proved } = ownership as Record<string, unknown>;
      assert.ok(Math.abs(Date.now() - Date.parse(String(checkedAt))) < 60_000);
      assert.deepEqual(proved, { state: 'verified', reason: null, detail: null, endsAt: null });
      assert.equal(created.headers.get('location'), `/api/channels/${id}`);
      assert.equal(etagOf(created), '"1"');
      const read = await agent.get(pathOf(created));
      assert.equal(read.status, 200);
      const { webhookUrl: _shownOnce, ...shown } = created.body;
      assert.deepEqual(read.body, shown);
      const [event] = await api().auditOf(id);
      assert.deepEqual([event?.['action'], event?.['after'].accessToken], ['channel.created', '[secret]']);
    });

    it('a number that is connected already, by this client or another that proves it too › 409', async () => {
      const phoneNumberId = secret('number').slice(0, 20);
      await addChannel({ phoneNumberId });
      const ours = await admin.post('/api/channels', fresh({ phoneNumberId }));
      const theirs = await stranger.post('/api/channels', fresh({ phoneNumberId }));
      assert.deepEqual([codeOf(ours), codeOf(theirs)], ['409 already-exists', '409 already-exists']);
      assert.equal(ours.body['detail'], 'The business already has a channel with this phoneNumberId.');
      assert.match(String(theirs.body['detail']), /^The number is connected already, and the access token/);
      assert.ok(!theirs.text.includes(admin.clientId.toHexString()));
    });

    it('ten at once with one number › one channel', async () => {
      const body = fresh();
      const answers = await Promise.all(Array.from({ length: 10 }, () => admin.post('/api/channels', body)));
      assert.deepEqual(statusesOf(answers), [201, ...Array.from({ length: 9 }, () => 409)]);
    });

    it('everything wrong › 400 naming all of it, without the secrets', async () => {
      const accessToken = `with space ${secret('token')}`;
      const answer = await admin.post('/api/channels', {
        displayNumber: '555',
        phoneNumberId: '../admin',
        accessToken,
        appSecret: 'short',
        sendsPerSecond: 0,
        state: 'active',
      });
      assert.equal(answer.status, 400);
      assert.deepEqual(issuePaths(answer).toSorted(), [
        'body.accessToken',
        'body.appSecret',
        'body.displayNumber',
        'body.phoneNumberId',
        'body.sendsPerSecond',
        'body.state',
        'body.wabaId',
      ]);
      assert.ok(!answer.text.includes(accessToken));
    });
  });

  it('list › same moment of creation › every channel once, in order', async () => {
    const own = await signUpAdmin(api());
    for (let count = 0; count < 4; count += 1) await addChannel({}, own);
    const createdAt = new Date();
    await api().collection('channels').updateMany({ clientId: own.clientId }, { $set: { createdAt } });
    const all = (await own.get('/api/channels')).body['items'] as { id: string }[];
    assert.equal(all.length, 5, 'the sandbox channel and four');
    const seen = await readInPairs<{ id: string }>(own, '/api/channels');
    assert.deepEqual(seen, all);
  });

  describe('change', () => {
    it('some fields › only those; version and audit say so', async () => {
      const created = await addChannel();
      const answer = await admin.patch(pathOf(created), { sendsPerSecond: 5 }, ifMatch(created));
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(
        [answer.body['sendsPerSecond'], answer.body['displayNumber'], etagOf(answer)],
        [5, '+15550001000', '"2"'],
      );
      const events = await api().auditOf(view(created).id);
      assert.deepEqual(events[1]?.['before'], { sendsPerSecond: 80, version: 1 });
      assert.deepEqual(events[1]?.['after'], { sendsPerSecond: 5, version: 2 });
    });

    it('no actual change › nothing is written', async () => {
      const created = await addChannel();
      const answer = await admin.patch(pathOf(created), { displayNumber: '+15550001000' });
      assert.deepEqual([answer.status, etagOf(answer)], [200, '"1"']);
    });

    it('app secret set and cleared › required on the channel’s address, then no longer', async () => {
      const created = await addChannel();
      const address = new URL(view(created).webhookUrl).pathname;
      const send = (headers = {}) => call(`${api().url}${address}`, { raw: '[]', method: 'POST', headers });
      assert.equal((await send()).status, 200);
      const appSecret = secret('app');
      assert.equal((await admin.patch(pathOf(created), { appSecret })).body['hasAppSecret'], true);
      assert.equal(codeOf(await send()), '401 invalid-signature');
      const signature = `sha256=${createHmac('sha256', appSecret).update('[]').digest('hex')}`;
      assert.equal((await send({ 'x-hub-signature-256': signature })).status, 200);
      assert.equal((await admin.patch(pathOf(created), { appSecret: null })).body['hasAppSecret'], false);
      assert.equal((await send()).status, 200);
    });

    it('two admins with the same ETag › one wins, the other gets 412', async () => {
      const created = await addChannel();
      const answers = await Promise.all(
        [5, 6].map((sendsPerSecond) => admin.patch(pathOf(created), { sendsPerSecond }, ifMatch(created))),
      );
      assert.deepEqual(statusesOf(answers), [200, 412]);
      assert.equal((await api().auditOf(view(created).id)).length, 2);
    });

    it('wrong bodies › 400 naming the path', async () => {
      const path = pathOf(await addChannel());
      for (const [body, issue] of [
        [{}, 'body'],
        [{ sendsPerSecond: 1, phoneNumberId: '1' }, 'body.phoneNumberId'],
        [{ accessToken: null }, 'body.accessToken'],
        [{ displayNumber: { $gt: '' } }, 'body.displayNumber'],
        [{ sendsPerSecond: 1.5 }, 'body.sendsPerSecond'],
      ] as const) {
        const answer = await admin.patch(path, body);
        assert.deepEqual([answer.status, issuePaths(answer)], [400, [issue]], JSON.stringify(body));
      }
    });
  });

  describe('states', () => {
    it('pause and resume › repeated without effect', async () => {
      const created = await addChannel();
      for (const [wish, state, reason, version] of [
        ['pause', 'paused', 'Paused by an admin.', '"2"'],
        ['pause', 'paused', 'Paused by an admin.', '"2"'],
        ['resume', 'active', null, '"3"'],
        ['resume', 'active', null, '"3"'],
      ] as const) {
        const answer = await admin.post(pathOf(created, `/${wish}`));
        assert.deepEqual(
          [answer.status, answer.body['state'], answer.body['stateReason'], etagOf(answer)],
          [200, state, reason, version],
        );
      }
      const actions = (await api().auditOf(view(created).id)).map(({ action }) => String(action));
      assert.deepEqual(actions, ['channel.created', 'channel.paused', 'channel.resumed']);
    });

    it('verify with working credentials › active, with the provider’s data', async () => {
      const created = await addChannel();
      const answer = await admin.post(pathOf(created, '/verify'));
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body['state'], 'active');
      const { at, displayNumber, ...rest } = answer.body['verification'] as Record<string, string>;
      assert.ok(Math.abs(Date.now() - Date.parse(at ?? '')) < 60_000);
      assert.match(displayNumber ?? '', /^\+1 555-\d{3}-\d{4}$/);
      assert.deepEqual(rest, { verifiedName: 'Sandbox Business', qualityRating: 'GREEN' });
    });

    it('a display number that the provider contradicts › shown with the right one until it is corrected', async () => {
      const created = await addChannel();
      const reported = String((created.body['verification'] as Record<string, unknown>)['displayNumber']);
      const { detail } = created.body['numberMismatch'] as { detail: string };
      assert.ok(detail.includes(`is ${reported}, not +15550001000.`), detail);
      const corrected = await admin.patch(pathOf(created), { displayNumber: reported });
      assert.deepEqual([corrected.status, corrected.body['numberMismatch']], [200, null]);
      const verified = await admin.post(pathOf(created, '/verify'));
      assert.equal(verified.body['numberMismatch'], null);
    });

    it('verify › its limits and its portfolio, with an opening for messages that wait for the portfolio', async () => {
      const wabaId = randomBytes(8).toString('hex');
      const created = await addChannel({ wabaId });
      await behave({ portfolios: { [wabaId]: '4711' } });
      const { body } = await admin.post(pathOf(created, '/verify'));
      assert.deepEqual(
        {
          portfolioId: body['portfolioId'],
          messagingLimit: body['messagingLimit'],
          throughput: body['throughput'],
          sendsPerSecond: body['sendsPerSecond'],
        },
        { portfolioId: '4711', messagingLimit: 2_000, throughput: 80, sendsPerSecond: 80 },
      );
      const channelId = new Types.ObjectId(view(created).id);
      const openings = await api().collection('gate_openings').find({ channelId }).toArray();
      assert.deepEqual(
        openings.map((opening) => opening['gate']),
        ['portfolio'],
      );
      const stored = await api().collection('channels').findOne({ _id: channelId });
      const inHours = (stored?.['look'].at.getTime() - Date.now()) / 3_600_000;
      assert.ok(inHours > 23 && inHours <= 24, 'the next check is tomorrow');
    });

    it('token expired › disconnected with a reason, sends refused; a new token and verify › active', async () => {
      const accessToken = secret('expired');
      const created = await addChannel({ accessToken });
      await behave({ expiredTokens: [accessToken] });
      const refused = await admin.post(pathOf(created, '/verify'));
      assert.equal(refused.status, 200, refused.text);
      assert.equal(refused.body['state'], 'disconnected');
      assert.match(String(refused.body['stateReason']), /^The access token has expired \(190\)\. /);
      const send = await agent.post('/api/messages/template', {
        to: '+4915112345601',
        templateName: 'hello_world',
        channelId: view(created).id,
      });
      assert.equal(codeOf(send), '409 channel-disconnected');
      for (const wish of ['pause', 'resume'])
        assert.equal(codeOf(await admin.post(pathOf(created, `/${wish}`))), '409 wrong-state');
      const patched = await admin.patch(pathOf(created), { accessToken: secret('token') });
      assert.equal(patched.body['state'], 'disconnected');
      const again = await admin.post(pathOf(created, '/verify'));
      assert.deepEqual([again.body['state'], again.body['stateReason']], ['active', null]);
      await behave({ expiredTokens: [] });
    });

    it('verify while paused › stays paused', async () => {
      const created = await addChannel();
      await admin.post(pathOf(created, '/pause'));
      const answer = await admin.post(pathOf(created, '/verify'));
      assert.deepEqual([answer.body['state'], answer.body['verification'] === null], ['paused', false]);
    });

    it('verify with an old ETag › 412 and the provider is not asked', async () => {
      const accessToken = secret('expired');
      const created = await addChannel({ accessToken });
      await admin.post(pathOf(created, '/pause'));
      await behave({ expiredTokens: [accessToken] });
      const answer = await admin.post(pathOf(created, '/verify'), undefined, ifMatch(created));
      await behave({ expiredTokens: [] });
      assert.equal(codeOf(answer), '412 precondition-failed');
      assert.equal((await admin.get(pathOf(created))).body['state'], 'paused');
    });

    it('provider cannot be reached › 503 with Retry-After, nothing changes', async function () {
      this.timeout(30_000);
      const away = await startMessagingApi('channels_away', { WHATSAPP_API_URL: 'http://127.0.0.1:9' });
      try {
        const own = await signUpAdmin(away);
        const created = await own.post('/api/channels', fresh());
        const answer = await own.post(pathOf(created, '/verify'));
        assert.equal(codeOf(answer), '503 dependency-away');
        assert.equal(answer.headers.get('retry-after'), '30');
        const after = await own.get(pathOf(created));
        assert.deepEqual([after.body['state'], etagOf(after)], ['active', '"1"']);
      } finally {
        await away.close();
      }
    });
  });

  it('webhook key › replaced › the new address works, the old one does not', async () => {
    const created = await addChannel();
    const replaced = await admin.post(pathOf(created, '/webhook-key'));
    assert.deepEqual([replaced.status, etagOf(replaced)], [200, '"2"'], replaced.text);
    const [before, after] = [created, replaced].map((answer) => new URL(view(answer).webhookUrl).pathname);
    assert.notEqual(before, after);
    const send = (path: string | undefined) => call(`${api().url}${path}`, { raw: '[]', method: 'POST' });
    assert.equal((await send(after)).status, 200);
    assert.equal(codeOf(await send(before)), '401 unauthenticated');
  });

  describe('delete', () => {
    const message = (channelId: Types.ObjectId, fields: Readonly<Record<string, unknown>>) => ({
      clientId: admin.clientId,
      channelId,
      conversationId: new Types.ObjectId(),
      contactId: new Types.ObjectId(),
      direction: 'outbound',
      messageType: 'template',
      timestamp: new Date(),
      dispatch: { attempt: 1, isCalling: false, startedAt: new Date(), attempts: [] },
      statusHistory: [],
      ...fields,
    });

    it('unused › 204, gone, its number free for others', async () => {
      const body = fresh();
      const created = await admin.post('/api/channels', body);
      const answer = await admin.delete(pathOf(created), ifMatch(created));
      assert.deepEqual([answer.status, answer.text], [204, '']);
      assert.equal(codeOf(await admin.get(pathOf(created))), '404 not-found');
      assert.equal(codeOf(await admin.delete(pathOf(created))), '404 not-found');
      assert.equal((await stranger.post('/api/channels', body)).status, 201);
      const actions = (await api().auditOf(view(created).id)).map(({ action }) => String(action));
      assert.deepEqual(actions, ['channel.created', 'channel.deleted']);
    });

    it('messages, conversations and templates › 409 until none blocks it', async () => {
      const created = await addChannel();
      const channelId = new Types.ObjectId(view(created).id);
      const messages = api().collection('messages');
      const remove = () => admin.delete(pathOf(created));
      for (const status of ['scheduled', 'queued', 'sending', 'unknown', 'sent']) {
        const { insertedId } = await messages.insertOne(message(channelId, { status }));
        const answer = await remove();
        assert.equal(codeOf(answer), '409 in-use', status);
        assert.match(String(answer.body['detail']), /unfinished messages \(1\)/);
        await messages.deleteOne({ _id: insertedId });
      }
      const longAgo = new Date(Date.now() - 73 * 3_600_000);
      const old = { attempt: 1, isCalling: false, startedAt: longAgo, attempts: [] };
      await messages.insertMany([
        message(channelId, { status: 'delivered' }),
        message(channelId, { status: 'failed' }),
        message(channelId, { status: 'sent', dispatch: old }),
      ]);
      const contacts = api().api.core.contacts;
      const contact = await contacts.findOrCreate(admin, { phoneNumber: '+4915199999999' });
      const key = { channelId, contactId: contact._id };
      const live = await api().api.core.conversations.findOrOpen(admin, key, new Date());
      const template = await admin.post('/api/templates', {
        channelId: view(created).id,
        name: 'blocks_deletion',
        language: 'en',
        category: 'utility',
        components: [{ type: 'BODY', text: 'Hello there.' }],
      });
      const refused = await remove();
      assert.equal(
        refused.body['detail'],
        'The channel still has conversations that are not closed (1), templates (1).',
      );
      await admin.patch(`/api/conversations/${live._id.toHexString()}`, { status: 'closed' });
      assert.equal((await remove()).body['detail'], 'The channel still has templates (1).');
      await admin.delete(`/api/templates/${view(template).id}`);
      assert.equal((await remove()).status, 204);
      assert.equal((await admin.get(`/api/conversations/${live._id.toHexString()}`)).status, 200);
    });

    it('changed since the read › 412 and still there', async () => {
      const created = await addChannel();
      await admin.post(pathOf(created, '/pause'));
      assert.equal(codeOf(await admin.delete(pathOf(created), ifMatch(created))), '412 precondition-failed');
      assert.equal((await admin.get(pathOf(created))).status, 200);
    });
  });

  describe('who may', () => {
    const routes = (id: string) =>
      [
        ['GET', '/api/channels'],
        ['POST', '/api/channels', fresh()],
        ['GET', `/api/channels/${id}`],
        ['PATCH', `/api/channels/${id}`, { sendsPerSecond: 1 }],
        ['DELETE', `/api/channels/${id}`],
        ['POST', `/api/channels/${id}/pause`],
        ['POST', `/api/channels/${id}/resume`],
        ['POST', `/api/channels/${id}/verify`],
        ['POST', `/api/channels/${id}/webhook-key`],
      ] as const;

    const answersFor = (id: string, token?: string) =>
      Promise.all(
        routes(id).map(async ([method, path, json]) => {
          const options = { method, ...(json === undefined ? {} : { json }) };
          const answer = await call(`${api().url}${path}`, {
            ...options,
            ...(token === undefined ? {} : { token }),
          });
          return `${method} ${path.replace(id, ':id')} ${answer.status}`;
        }),
      );

    it('agent › reads, and gets 403 for every write', async () => {
      const { id } = view(await addChannel());
      assert.deepEqual(await answersFor(id, agent.token), [
        'GET /api/channels 200',
        'POST /api/channels 403',
        'GET /api/channels/:id 200',
        'PATCH /api/channels/:id 403',
        'DELETE /api/channels/:id 403',
        'POST /api/channels/:id/pause 403',
        'POST /api/channels/:id/resume 403',
        'POST /api/channels/:id/verify 403',
        'POST /api/channels/:id/webhook-key 403',
      ]);
      assert.equal(etagOf(await admin.get(`/api/channels/${id}`)), '"1"');
    });

    it('admin of another client › 404 for everything about it', async () => {
      const { id } = view(await addChannel());
      const statuses = await answersFor(id, stranger.token);
      assert.deepEqual(
        statuses.filter((line) => line.includes(':id')).map((line) => line.slice(-3)),
        Array.from({ length: 7 }, () => '404'),
      );
      assert.ok(!(await stranger.get('/api/channels?limit=100')).text.includes(id));
      assert.equal(etagOf(await admin.get(`/api/channels/${id}`)), '"1"');
    });

    it('not signed in › 401 everywhere', async () => {
      const { id } = view(await addChannel());
      for (const line of await answersFor(id)) assert.ok(line.endsWith('401'), line);
    });
  });
});
