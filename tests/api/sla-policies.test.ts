import assert from 'node:assert/strict';
import { issuePaths } from '../support/http.ts';
import {
  addMember,
  codeOf,
  ifMatch,
  signUpAdmin,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';

const path = '/api/sla-policies';

describe('service levels', function () {
  this.timeout(60_000);
  const running = useMessagingApi('sla-policies');
  let admin: Member;
  let agent: Member;
  let stranger: Member;

  before(async () => {
    [admin, stranger] = await Promise.all([signUpAdmin(running()), signUpAdmin(running())]);
    agent = await addMember(running(), admin);
  });

  let priority = 0;
  const fresh = (fields: object = {}) => ({
    ...{ name: 'Standard', priority: (priority += 1), firstResponseSeconds: 900 },
    ...fields,
  });
  async function make(fields: object = {}) {
    const answer = await admin.post(path, fresh(fields));
    assert.equal(answer.status, 201, answer.text);
    return { answer, id: String(answer.body['id']), at: `${path}/${String(answer.body['id'])}` };
  }
  async function makeHours(): Promise<string> {
    const body = { name: `Office ${priority}`, zone: 'Europe/Berlin', week: { mon: [['09:00', '18:00']] } };
    const answer = await admin.post('/api/business-hours', body);
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body['id']);
  }

  it('create › shows its targets and the default warning, matches all channels, and agents can read it', async () => {
    const { answer, at } = await make({ name: 'Gold' });
    const { id: _id, createdAt: _at, priority: _priority, ...rest } = answer.body;
    assert.deepEqual(rest, {
      ...{ name: 'Gold', match: { channelIds: [] }, warnAt: 0.8, businessHoursId: null },
      ...{ firstResponseSeconds: 900, nextResponseSeconds: null, resolutionSeconds: null },
    });
    assert.deepEqual((await agent.get(at)).body, answer.body);
  });

  it('a body with several faults › names each of them', async () => {
    const answer = await admin.post(path, {
      ...{ name: '', priority: 101, firstResponseSeconds: 59, warnAt: 1 },
      match: { channelIds: ['x'] },
    });
    assert.equal(answer.status, 400);
    assert.deepEqual(issuePaths(answer).toSorted(), [
      'body.firstResponseSeconds',
      'body.match.channelIds.0',
      'body.name',
      'body.priority',
      'body.warnAt',
    ]);
  });

  it('no target, also after a change › refused', async () => {
    const without = await admin.post(path, { name: 'Empty', priority: 99 });
    assert.deepEqual([without.status, issuePaths(without)], [400, ['body']]);
    const { at } = await make();
    const cleared = await admin.patch(at, { firstResponseSeconds: null });
    assert.deepEqual([cleared.status, issuePaths(cleared)], [400, ['body']]);
  });

  it('a channel or hours that do not exist, or belong to another client › refused by name', async () => {
    const other = await stranger.get('/api/channels');
    const [channel] = other.body['items'] as { id: string }[];
    const channels = await admin.post(path, fresh({ match: { channelIds: [channel?.id] } }));
    assert.deepEqual([channels.status, issuePaths(channels)], [400, ['body.match.channelIds.0']]);
    const hours = await stranger.post(path, fresh({ businessHoursId: await makeHours() }));
    assert.deepEqual([hours.status, issuePaths(hours)], [400, ['body.businessHoursId']]);
  });

  it('a priority that is taken › 409 with the id of the other; another client may use it', async () => {
    const { answer, id } = await make();
    const same = { priority: answer.body['priority'] };
    const second = await admin.post(path, fresh(same));
    assert.equal(codeOf(second), '409 already-exists');
    assert.equal(second.body['existingId'], id);
    assert.equal((await stranger.post(path, fresh(same))).status, 201);
    const { at } = await make();
    assert.equal(codeOf(await admin.patch(at, same)), '409 already-exists');
  });

  it('the same priority twice at the same moment › one is stored', async () => {
    const body = fresh();
    const answers = await Promise.all([1, 2, 3, 4].map(() => admin.post(path, body)));
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [201, 409, 409, 409],
    );
  });

  it('list › all of them by priority', async () => {
    await make({ priority: 90 });
    await make({ priority: 80 });
    const { body } = await agent.get(path);
    const priorities = (body['items'] as { priority: number }[]).map((one) => one.priority);
    assert.deepEqual(
      priorities,
      priorities.toSorted((a, b) => a - b),
    );
    assert.ok(priorities.includes(80) && priorities.includes(90));
  });

  it('change › null clears a field; of two on one ETag the second is refused; both are audited', async () => {
    const { answer, id, at } = await make({ nextResponseSeconds: 3_600 });
    const first = await admin.patch(at, { nextResponseSeconds: null, warnAt: null }, ifMatch(answer));
    assert.equal(first.status, 200, first.text);
    assert.deepEqual([first.body['nextResponseSeconds'], first.body['warnAt']], [null, null]);
    assert.equal(codeOf(await admin.patch(at, { name: 'Late' }, ifMatch(answer))), '412 precondition-failed');
    const actions = (await running().auditOf(id)).map((event) => event['action']);
    assert.deepEqual(actions, ['sla-policy.created', 'sla-policy.updated']);
  });

  it('an agent › may not write; another client › finds nothing', async () => {
    const { at } = await make();
    assert.equal((await agent.post(path, fresh())).status, 403);
    assert.equal((await agent.patch(at, { name: 'Mine' })).status, 403);
    assert.equal((await agent.delete(at)).status, 403);
    assert.equal((await stranger.get(at)).status, 404);
    assert.equal((await stranger.delete(at)).status, 404);
  });

  it('delete › is gone, and its priority is free again', async () => {
    const { answer, at } = await make();
    assert.equal((await admin.delete(at)).status, 204);
    assert.equal((await admin.get(at)).status, 404);
    await make({ priority: answer.body['priority'] });
  });

  describe('the business hours of a service level', () => {
    it('are deleted › 409 that names it; once it has no hours, they can be', async () => {
      const businessHoursId = await makeHours();
      const { id, at } = await make({ businessHoursId });
      const refused = await admin.delete(`/api/business-hours/${businessHoursId}`);
      assert.equal(codeOf(refused), '409 in-use');
      assert.match(String(refused.body['detail']), new RegExp(id));
      assert.equal((await admin.patch(at, { businessHoursId: null })).status, 200);
      assert.equal((await admin.delete(`/api/business-hours/${businessHoursId}`)).status, 204);
    });

    it('are deleted at the moment a service level takes them › one of the two is refused', async () => {
      for (let round = 0; round < 10; round += 1) {
        const businessHoursId = await makeHours();
        priority += 1;
        const body = { ...fresh({ businessHoursId, priority: 70 }) };
        const [made, deleted] = await Promise.all([
          admin.post(path, body),
          admin.delete(`/api/business-hours/${businessHoursId}`),
        ]);
        const kept = (await admin.get(`/api/business-hours/${businessHoursId}`)).status === 200;
        assert.deepEqual(
          [made.status === 201, deleted.status === 204, kept],
          kept ? [true, false, true] : [false, true, false],
          `${made.text} ${deleted.text}`,
        );
        if (made.status === 201)
          assert.equal((await admin.delete(`${path}/${String(made.body['id'])}`)).status, 204);
      }
    });
  });
});
