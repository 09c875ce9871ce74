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

describe('business hours', function () {
  this.timeout(60_000);
  const running = useMessagingApi('business-hours');
  let admin: Member;
  let agent: Member;
  let stranger: Member;

  before(async () => {
    [admin, stranger] = await Promise.all([signUpAdmin(running()), signUpAdmin(running())]);
    agent = await addMember(running(), admin);
  });

  let counter = 0;
  const fresh = (fields: object = {}) => ({
    name: `Office ${(counter += 1)}`,
    zone: 'Europe/Berlin',
    week: {
      mon: [
        ['09:00', '12:00'],
        ['13:30', '18:00'],
      ],
      fri: [['20:00', '02:00']],
    },
    ...fields,
  });
  const make = async (fields: object = {}) => {
    const answer = await admin.post('/api/business-hours', fresh(fields));
    assert.equal(answer.status, 201, answer.text);
    return { answer, path: `/api/business-hours/${String(answer.body['id'])}` };
  };

  it('create › every day is shown, a holiday says whether it is closed, and agents can read it', async () => {
    const { answer, path } = await make({
      holidays: [
        { date: '2026-12-25', closed: true, name: 'Christmas' },
        { date: '2026-12-24', intervals: [['09:00', '12:00']] },
      ],
    });
    assert.deepEqual(answer.body['week'], {
      ...{ sun: [], tue: [], wed: [], thu: [], sat: [] },
      mon: [
        ['09:00', '12:00'],
        ['13:30', '18:00'],
      ],
      fri: [['20:00', '02:00']],
    });
    assert.deepEqual(answer.body['holidays'], [
      { date: '2026-12-25', name: 'Christmas', closed: true, intervals: [] },
      { date: '2026-12-24', name: null, closed: false, intervals: [['09:00', '12:00']] },
    ]);
    const read = await agent.get(path);
    assert.deepEqual(read.body, answer.body);
  });

  it('a body with several faults › names each of them', async () => {
    const answer = await admin.post('/api/business-hours', {
      name: 'Bad',
      zone: 'Europe/Atlantis',
      week: {
        mon: [
          ['09:00', '12:00'],
          ['11:00', '13:00'],
        ],
        tue: [['09:00', '09:00']],
        wed: [['24:00', '02:00']],
      },
      holidays: [{ date: '2026-02-29', closed: true }, { date: '2026-12-25' }],
    });
    assert.equal(answer.status, 400);
    for (const path of [
      'body.zone',
      'body.week.mon.1',
      'body.week.tue.0',
      'body.week.wed.0',
      'body.holidays.0.date',
      'body.holidays.1',
    ])
      assert.ok(issuePaths(answer).includes(path), `${path} of ${issuePaths(answer).join(', ')}`);
  });

  it('a name that is taken, in another case › 409, with the id of the other', async () => {
    const { answer } = await make({ name: 'Zürich' });
    const second = await admin.post('/api/business-hours', fresh({ name: 'zurich' }));
    assert.equal(codeOf(second), '409 already-exists');
    assert.equal(second.body['existingId'], answer.body['id']);
    assert.equal((await stranger.post('/api/business-hours', fresh({ name: 'Zürich' }))).status, 201);
  });

  it('change › replaces the week as a whole; of two on one ETag the second is refused', async () => {
    const { answer, path } = await make();
    const change = { week: { sun: [['00:00', '24:00']] } };
    const first = await admin.patch(path, change, ifMatch(answer));
    assert.equal(first.status, 200, first.text);
    assert.deepEqual((first.body['week'] as Record<string, unknown>)['mon'], []);
    assert.equal(
      codeOf(await admin.patch(path, { name: 'Late' }, ifMatch(answer))),
      '412 precondition-failed',
    );
    const id = String(answer.body['id']);
    const actions = (await running().auditOf(id)).map((event) => event['action']);
    assert.deepEqual(actions, ['business-hours.created', 'business-hours.updated']);
  });

  it('an agent › may not write; another client › finds nothing', async () => {
    const { path } = await make();
    assert.equal((await agent.post('/api/business-hours', fresh())).status, 403);
    assert.equal((await agent.patch(path, { name: 'Mine' })).status, 403);
    assert.equal((await agent.delete(path)).status, 403);
    assert.equal((await stranger.get(path)).status, 404);
    assert.equal((await stranger.delete(path)).status, 404);
  });

  it('delete › is gone, and its name is free again', async () => {
    const { answer, path } = await make();
    assert.equal((await admin.delete(path)).status, 204);
    assert.equal((await admin.get(path)).status, 404);
    await make({ name: answer.body['name'] });
  });

  it('list › has a second page, newest first', async () => {
    const [one, two] = [await make(), await make()];
    const first = await agent.get('/api/business-hours?limit=1');
    const next = await agent.get(`/api/business-hours?limit=1&cursor=${String(first.body['nextCursor'])}`);
    const idsOf = ({ body }: { body: Record<string, unknown> }) =>
      (body['items'] as { id: string }[]).map(({ id }) => id);
    assert.deepEqual([...idsOf(first), ...idsOf(next)], [two.answer.body['id'], one.answer.body['id']]);
  });
});
