import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Types, type mongo } from 'mongoose';
import {
  createContactGroupRepository,
  createTagRepository,
} from '../../src/people/contact-sets/repository.ts';
import { createCustomFieldRepository } from '../../src/people/custom-fields/repository.ts';
import { createSegmentFilters } from '../../src/people/segments/filters.ts';
import { createTransactions } from '../../src/platform/transaction.ts';
import { createTimerRepository } from '../../src/timers/repository.ts';
import { createTimerRunner } from '../../src/timers/runner.ts';
import { issuePaths, type Answer } from '../support/http.ts';
import {
  addMember,
  codeOf,
  etagOf,
  ifMatch,
  readInPairs,
  signUpAdmin,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';
import { useWorkerCore } from '../support/worker-core.ts';

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly contactCount: number;
  readonly isCountExact: boolean;
}

describe('tags and contact groups', function () {
  this.timeout(60_000);
  const api = useMessagingApi('tags_and_groups');
  const worker = useWorkerCore(api);
  let admin: Member;
  let agent: Member;
  let stranger: Member;
  let serial = 0;

  beforeEach(async () => {
    [admin, stranger] = await Promise.all([signUpAdmin(api()), signUpAdmin(api())]);
    agent = await addMember(api(), admin);
  });

  const contacts = () => api().collection<mongo.Document>('contacts');
  const at = (id: string): string => `/api/contacts/${id}`;

  async function create(path: string, body: object, by = admin): Promise<string> {
    const answer = await by.post(path, body);
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body['id']);
  }

  const person = (tags: readonly string[] = [], by = admin): Promise<string> => {
    serial += 1;
    return create('/api/contacts', { phoneNumber: `+491512${String(serial).padStart(7, '0')}`, tags }, by);
  };

  async function listed(path: string, by = admin): Promise<Listed[]> {
    const answer = await by.get(path);
    assert.equal(answer.status, 200, answer.text);
    return answer.body['items'] as Listed[];
  }

  const idsIn = async (query: string, by = admin): Promise<string[]> =>
    (await listed(`/api/contacts?${query}`, by)).map(({ id }) => id);

  const namesOf = async (path: string, by = admin): Promise<string[]> =>
    (await listed(path, by)).map(({ name }) => name);

  const idOf = async (name: string, by = admin): Promise<string> =>
    (await listed('/api/tags', by)).find((tag) => tag.name === name)?.id ?? assert.fail(`no tag ${name}`);

  const bulk = (ids: readonly string[], action: object, by = agent): Promise<Answer> =>
    by.post('/api/contacts/bulk', { ids, action });

  const tagsOf = async (id: string): Promise<unknown> => (await admin.get(at(id))).body['tags'];

  /** What the worker does some minutes from now. */
  async function fireTimers(minutes = 0): Promise<void> {
    const { mongo: connection, areas } = worker();
    const clock = { now: () => new Date(Date.now() + minutes * 60_000) };
    const runner = createTimerRunner({
      ...{ timers: createTimerRepository(connection), handlers: areas.people.timerHandlers, clock },
      ...{ logger: api().log.logger, onAttempt: () => undefined },
    });
    await runner.fireDue();
  }

  for (const [path, names] of [
    ['/api/tags', ['Größe', 'GROSSE']],
    ['/api/contact-groups', ['Messe', 'messé']],
  ] as const) {
    const [name, folded] = names;
    it(`${path} › create, read, list by name, rename and delete; each is audited`, async () => {
      const made = await admin.post(path, { name: ` ${name} ` });
      const { id, createdAt: _at, ...shown } = made.body;
      assert.deepEqual(
        [made.status, shown, made.headers.get('location')],
        [201, { name, contactCount: 0, isCountExact: true }, `${path}/${String(id)}`],
      );
      const own = `${path}/${String(id)}`;
      assert.deepEqual((await agent.get(own)).body, made.body);
      const twice = await admin.post(path, { name: folded });
      assert.deepEqual(
        [codeOf(twice), issuePaths(twice), twice.body['existingId']],
        ['409 already-exists', ['body.name'], id],
      );
      const other = await create(path, { name: 'Other' });
      await create(path, { name: 'Änne' });
      assert.equal(codeOf(await admin.patch(`${path}/${other}`, { name: folded })), '409 already-exists');
      const pages = await readInPairs<Listed>(agent, path);
      assert.deepEqual(
        pages.map((set) => set.name),
        [name, 'Änne', 'Other'].toSorted((a, b) => a.localeCompare(b, 'de')),
      );
      const renamed = await admin.patch(own, { name: folded }, ifMatch(made));
      assert.deepEqual([renamed.status, renamed.body['name'], etagOf(renamed)], [200, folded, '"2"']);
      assert.equal(
        codeOf(await admin.patch(own, { name: 'Late' }, ifMatch(made))),
        '412 precondition-failed',
      );
      assert.equal((await admin.delete(own)).status, 204);
      assert.equal((await agent.get(own)).status, 404);
      const kind = path === '/api/tags' ? 'tag' : 'contact-group';
      assert.deepEqual(
        (await api().auditOf(String(id))).map(({ action }) => action),
        ['created', 'updated', 'deleted'].map((verb) => `${kind}.${verb}`),
      );
    });

    it(`${path} › agents read, admins write, others see nothing`, async () => {
      const own = `${path}/${await create(path, { name })}`;
      assert.equal((await agent.get(own)).status, 200);
      assert.equal((await agent.post(path, { name: 'Mine' })).status, 403);
      assert.equal((await agent.patch(own, { name: 'Mine' })).status, 403);
      assert.equal((await agent.delete(own)).status, 403);
      for (const answer of [
        await stranger.get(own),
        await stranger.patch(own, { name: 'Theirs' }),
        await stranger.delete(own),
      ])
        assert.equal(answer.status, 404);
      await create(path, { name }, stranger);
    });
  }

  it('tags of contacts › are found by folded names, made when they are new, and renamed in one write', async () => {
    const ana = await person(['Größe', 'VIP']);
    const ben = await person();
    const patched = await agent.patch(at(ben), { tags: ['GROSSE', 'new', 'New'] });
    assert.deepEqual(patched.body['tags'], ['Größe', 'new']);
    assert.deepEqual(await namesOf('/api/tags'), ['Größe', 'new', 'VIP']);
    const id = await idOf('Größe');
    const before = await contacts().findOne({ _id: new Types.ObjectId(ben) });
    assert.equal((await admin.patch(`/api/tags/${id}`, { name: 'Size' })).status, 200);
    assert.deepEqual(
      [await tagsOf(ana), await tagsOf(ben)],
      [
        ['Size', 'VIP'],
        ['Size', 'new'],
      ],
    );
    assert.deepEqual(await contacts().findOne({ _id: new Types.ObjectId(ben) }), before);
    assert.deepEqual(await idsIn('tag=SIZE'), [ben, ana]);
    assert.deepEqual(await idsIn('tag=size&limit=1'), [ben]);
    assert.deepEqual([await idsIn('tag=Größe'), await idsIn('tag=size', stranger)], [[], []]);
    const counts = (await listed('/api/tags')).map(({ name, contactCount }) => [name, contactCount]);
    assert.deepEqual(counts, [
      ['new', 1],
      ['Size', 2],
      ['VIP', 1],
    ]);
  });

  it('a stored contact › keeps an empty list of names, without which the version before fails', async () => {
    const id = await person(['vip']);
    const _id = new Types.ObjectId(id);
    assert.deepEqual((await contacts().findOne({ _id }))?.['tags'], []);
    await contacts().updateOne({ _id }, { $set: { tags: ['old'] } });
    assert.deepEqual((await agent.patch(at(id), { name: 'Ana' })).body['tags'], ['vip']);
    assert.deepEqual((await contacts().findOne({ _id }))?.['tags'], []);
  });

  it('adding and removing › leaves the other tags; repeating changes nothing; with `tags` it is refused', async () => {
    const id = await person(['a', 'b']);
    const added = await agent.patch(at(id), { addTags: ['B', 'c'], removeTags: ['A', 'never'] });
    assert.deepEqual([added.body['tags'], etagOf(added)], [['b', 'c'], '"2"']);
    assert.equal(etagOf(await agent.patch(at(id), { addTags: ['C'], removeTags: ['a'] })), '"2"');
    const both = await agent.patch(at(id), { tags: [], addTags: ['d'] });
    assert.deepEqual([codeOf(both), issuePaths(both)], ['400 invalid-input', ['body.tags']]);
    assert.deepEqual(await namesOf('/api/tags'), ['a', 'b', 'c'], 'what is refused or unknown makes no tag');
    assert.deepEqual((await agent.patch(at(id), { tags: [] })).body['tags'], []);
    const full = Array.from({ length: 50 }, (_value, index) => `t${index}`);
    assert.equal((await agent.patch(at(id), { tags: full })).status, 200);
    const beyond = await agent.patch(at(id), { addTags: ['one more'] });
    assert.deepEqual([codeOf(beyond), issuePaths(beyond)], ['400 invalid-input', ['body.addTags']]);
    assert.equal((await namesOf('/api/tags?limit=100')).includes('one more'), false);
  });

  it('the same new tag, or another, for several contacts and from an admin at once › one tag for each name', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => person()));
    for (const round of [1, 2, 3]) {
      const answers = await Promise.all([
        ...ids.map((id, index) =>
          agent.patch(at(id), { addTags: [`Twice ${round}`, `own ${round} ${index}`] }),
        ),
        ...[1, 2].map((other) => admin.post('/api/tags', { name: `new ${round} ${other}` })),
      ]);
      assert.deepEqual(
        answers.map(({ status }) => status),
        [...ids.map(() => 200), 201, 201],
      );
      assert.equal((await idsIn(`tag=twice ${round}`)).length, 6);
    }
    assert.equal((await namesOf('/api/tags')).length, 3 * 9);
  });

  it('a business with 1,000 tags › gets no more, by itself or by a contact', async () => {
    await api()
      .collection<mongo.Document>('tags')
      .insertMany(
        Array.from({ length: 1_000 }, (_value, slot) => ({
          ...{ clientId: admin.clientId, name: `t${slot}`, nameKey: `t${slot}`, slot },
          ...{ createdAt: new Date(), version: 1 },
        })),
      );
    const id = await person(['t7']);
    assert.deepEqual(issuePaths(await admin.post('/api/tags', { name: 'x' })), ['body.name']);
    assert.deepEqual(issuePaths(await agent.patch(at(id), { addTags: ['x'] })), ['body.addTags']);
    const { body } = await bulk([id], { type: 'add-tags', tags: ['x'] });
    assert.deepEqual(body, {
      ...{ changed: [] },
      skipped: [{ id, code: 'invalid-input', detail: 'A business has at most 1000 tags.' }],
    });
    assert.equal((await admin.delete(`/api/tags/${await idOf('t0')}`)).status, 204);
    await create('/api/tags', { name: 'x' });
  });

  it('many contacts at once › each outcome is named, and other clients’ contacts are unknown', async () => {
    const [ana, ben, foreign] = [await person(['a']), await person(), await person([], stranger)];
    const added = await bulk([ana, foreign, ben], { type: 'add-tags', tags: ['A', 'fair'] });
    assert.deepEqual([added.status, added.body['changed']], [200, [ana, ben]]);
    assert.deepEqual(added.body['skipped'], [
      { id: foreign, code: 'not-found', detail: 'There is no such contact.' },
    ]);
    assert.deepEqual(
      [await tagsOf(ana), await tagsOf(ben)],
      [
        ['a', 'fair'],
        ['a', 'fair'],
      ],
    );
    assert.equal((await bulk([ana, ben], { type: 'remove-tags', tags: ['FAIR'] })).status, 200);
    assert.deepEqual([await tagsOf(ana), await tagsOf(ben)], [['a'], ['a']]);
    const many = Array.from({ length: 101 }, () => new Types.ObjectId().toHexString());
    assert.deepEqual(issuePaths(await bulk(many, { type: 'add-tags', tags: ['x'] })), ['body.ids']);
    assert.deepEqual(issuePaths(await bulk([ana, ana], { type: 'add-tags', tags: [] })), [
      'body.ids.1',
      'body.action.tags',
    ]);
  });

  it('a group › has members by hand, lists and counts them; a deleted contact leaves it', async () => {
    const groupId = await create('/api/contact-groups', { name: 'Fair' });
    const ids = [await person(), await person(), await person()];
    const [ana = '', ben = '', cem = ''] = ids;
    assert.deepEqual((await bulk(ids, { type: 'add-to-group', groupId })).body['changed'], ids);
    assert.deepEqual((await agent.get(at(ana))).body['groupIds'], [groupId]);
    assert.equal(etagOf(await agent.get(at(ana))), '"2"');
    await bulk([ana], { type: 'add-to-group', groupId });
    assert.equal(etagOf(await agent.get(at(ana))), '"2"', 'a member is not added again');
    const first = await agent.get(`/api/contacts?groupId=${groupId}&limit=2`);
    assert.deepEqual(
      (first.body['items'] as Listed[]).map(({ id }) => id),
      [cem, ben],
    );
    assert.deepEqual(await idsIn(`groupId=${groupId}&cursor=${String(first.body['nextCursor'])}`), [ana]);
    await bulk([cem], { type: 'remove-from-group', groupId });
    assert.equal((await admin.delete(at(ben))).status, 204);
    const { contactCount, isCountExact } = (await admin.get(`/api/contact-groups/${groupId}`)).body;
    assert.deepEqual([contactCount, isCountExact], [1, true]);
    assert.deepEqual(await idsIn(`groupId=${groupId}`, stranger), []);
    const theirs = await create('/api/contact-groups', { name: 'Fair' }, stranger);
    for (const type of ['add-to-group', 'remove-from-group']) {
      const refused = await bulk([ana], { type, groupId: theirs });
      assert.deepEqual([codeOf(refused), issuePaths(refused)], ['404 not-found', ['body.action.groupId']]);
    }
  });

  it('segments › find by tags and groups, survive a new name, and keep both from being deleted', async () => {
    const groupId = await create('/api/contact-groups', { name: 'Fair' });
    const [ana, ben] = [await person(['vip', 'old']), await person(['vip'])];
    await person();
    await bulk([ben], { type: 'add-to-group', groupId });
    const [vip, old] = [await idOf('vip'), await idOf('old')];
    const count = async (filter: object): Promise<unknown> => {
      const answer = await agent.post('/api/segments/preview', { filter });
      assert.equal(answer.status, 200, answer.text);
      return answer.body['count'];
    };
    const tags = (op: string, ...value: string[]) => ({ field: 'tags', op, value });
    const grouped = { field: 'groups', op: 'has', value: [groupId] };
    assert.deepEqual(
      [
        await count(tags('has', vip, old)),
        await count(tags('has-all', vip, old)),
        await count(tags('has-none', old)),
        await count({ all: [grouped, tags('has', vip)] }),
        await count({ not: grouped }),
      ],
      [2, 1, 2, 1, 2],
    );
    const filter = { any: [tags('has-all', vip, old), grouped] };
    const id = await create('/api/segments', { name: 'Guests', filter });
    assert.equal((await admin.patch(`/api/tags/${vip}`, { name: 'Very important' })).status, 200);
    assert.deepEqual((await agent.get(`/api/segments/${id}`)).body['invalid'], []);
    for (const path of [`/api/tags/${old}`, `/api/contact-groups/${groupId}`]) {
      const refused = await admin.delete(path);
      assert.deepEqual([codeOf(refused), refused.body['segmentIds']], ['409 in-use', [id]]);
      assert.match(refused.text, /“Guests”/);
    }
    assert.equal((await admin.patch(`/api/segments/${id}`, { filter: tags('has', vip) })).status, 200);
    for (const path of [`/api/tags/${old}`, `/api/contact-groups/${groupId}`])
      assert.equal((await admin.delete(path)).status, 204);
    const late = await admin.patch(`/api/segments/${id}`, { filter });
    assert.deepEqual(issuePaths(late), ['body.filter.any.0.value.1', 'body.filter.any.1.value.0']);
    assert.equal((await bulk([ana], { type: 'add-to-group', groupId })).status, 404);
    const foreign = await stranger.post('/api/segments/preview', { filter: tags('has', vip) });
    assert.deepEqual(issuePaths(foreign), ['body.filter.value.0']);
  });

  for (const kind of ['tags', 'groups'] as const) {
    it(`one of the ${kind} that a segment begins to name meanwhile › the deletion waits, and is refused`, async () => {
      const path = kind === 'tags' ? '/api/tags' : '/api/contact-groups';
      const id = await create(path, { name: 'Fair' });
      const always = { field: 'optInStatus', op: 'eq', value: 'opted-in' };
      const segment = await create('/api/segments', { name: 'Guests', filter: always });
      const { connection } = api();
      const filters = createSegmentFilters({
        customFields: createCustomFieldRepository(connection),
        tags: createTagRepository(connection),
        groups: createContactGroupRepository(connection),
      });
      const filter = { field: kind, op: 'has', value: [id] };
      let deleted: ReturnType<Member['delete']> | undefined;
      await createTransactions(connection)(async (session) => {
        const references = await filters.hold(admin, filter, session);
        deleted ??= admin.delete(`${path}/${id}`);
        await sleep(200);
        await api()
          .collection<mongo.Document>('segments')
          .updateOne({ _id: new Types.ObjectId(segment) }, { $set: { filter, references } }, { session });
      });
      const answer = await deleted;
      assert.ok(answer);
      assert.deepEqual([codeOf(answer), answer.body['segmentIds']], ['409 in-use', [segment]]);
    });
  }

  it('a deleted tag › is no longer shown, then taken from all contacts, also from one that got it meanwhile', async () => {
    const [ana, ben] = [await person(['gone', 'stays']), await person(['gone'])];
    const late = await person();
    const tagId = new Types.ObjectId(await idOf('gone'));
    assert.equal((await admin.delete(`/api/tags/${tagId.toHexString()}`)).status, 204);
    assert.deepEqual([await tagsOf(ana), await tagsOf(ben)], [['stays'], []]);
    const left = () => contacts().countDocuments({ clientId: admin.clientId, tagIds: tagId });
    assert.equal(await left(), 2);
    await fireTimers();
    assert.equal(await left(), 0);
    // As a transaction that read the tag before it was deleted.
    await contacts().updateOne({ _id: new Types.ObjectId(late) }, { $set: { tagIds: [tagId] } });
    await fireTimers(1);
    assert.equal(await left(), 1);
    assert.deepEqual([await tagsOf(late), await namesOf('/api/tags')], [[], ['stays']]);
    await fireTimers(3);
    assert.equal(await left(), 0);
    assert.deepEqual((await agent.patch(at(late), { addTags: ['gone'] })).body['tags'], ['gone']);
    assert.notEqual(await idOf('gone'), tagId.toHexString());
  });

  it('thousands of contacts › leave a deleted group over several firings', async () => {
    const groupId = new Types.ObjectId(await create('/api/contact-groups', { name: 'Big' }));
    const many = Array.from({ length: 5_100 }, (_value, index) => ({
      ...{ clientId: admin.clientId, groupIds: [groupId], identityKeys: [`contact:big-${index}`] },
      ...{ optInStatus: 'unknown', customFields: {}, consentLog: [], createdAt: new Date(0), version: 1 },
    }));
    await contacts().insertMany(many);
    const { isCountExact, contactCount } = (await listed('/api/contact-groups'))[0] ?? {};
    assert.deepEqual([contactCount, isCountExact], [1_000, false]);
    const path = `/api/contact-groups/${groupId.toHexString()}`;
    assert.equal((await admin.get(path)).body['contactCount'], 5_100);
    assert.equal((await admin.delete(path)).status, 204);
    const left = () => contacts().countDocuments({ clientId: admin.clientId, groupIds: groupId });
    await fireTimers();
    assert.equal(await left(), 100);
    await fireTimers();
    assert.equal(await left(), 0);
    await contacts().deleteMany({ clientId: admin.clientId });
  });
});
